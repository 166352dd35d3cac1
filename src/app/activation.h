// The protocol between a daemon that is not root and scrimplb-activate, which is: one request and
// one answer over a Unix socket, each a line and as many bytes as the line says.
//
//   scrimplb 1 check BYTES       would the proxy take this text?
//   scrimplb 1 activate BYTES    put it into the target's place and have the proxy reload
//   scrimplb 1 status 0          what stands there
//
//   scrimplb 1 done BYTES        with what the commands said
//   scrimplb 1 refused BYTES     nothing was changed: who asks or what is asked may not be
//   scrimplb 1 failed BYTES      a command or a file said no; docs/activation.md tells what is left
//
// What it leaves out on purpose: anything else. No path, no command, no option travels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace scrimp::app {

/// Five thousand applications are 1.2 MB.
inline constexpr std::size_t activation_text_bytes_max = std::size_t{16} << 20;
inline constexpr std::size_t activation_head_bytes_max = 64;
/// Of what commands say, and then some.
inline constexpr std::size_t activation_answer_bytes_max = std::size_t{64} * 1024;

enum class ActivationVerb : std::uint8_t { Check, Activate, Status };

struct ActivationHead {
    ActivationVerb verb{};
    std::size_t bytes = 0;  ///< Of the text that follows; 0 for Status.
    friend bool operator==(const ActivationHead&, const ActivationHead&) = default;
};

enum class ActivationFate : std::uint8_t { Done, Refused, Failed };

struct ActivationAnswer {
    ActivationFate fate{};
    std::string text;
    friend bool operator==(const ActivationAnswer&, const ActivationAnswer&) = default;
};

[[nodiscard]] std::string_view name_of(ActivationVerb verb);
[[nodiscard]] Result<ActivationVerb> parse_activation_verb(std::string_view word);

/// With its newline.
[[nodiscard]] std::string encode_activation_head(const ActivationHead& head);
/// Of a line without its newline. The error is printable.
[[nodiscard]] Result<ActivationHead> parse_activation_head(std::string_view line);

/// Cut to activation_answer_bytes_max.
[[nodiscard]] std::string encode_activation_answer(const ActivationAnswer& answer);
/// Of all that came until the end of the stream.
[[nodiscard]] Result<ActivationAnswer> parse_activation_answer(std::string_view bytes);

}  // namespace scrimp::app
