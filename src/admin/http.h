// What is asked of the admin socket and what is answered, as values: who carries them
// (runtime/http_server.h) knows nothing of their meaning, who answers nothing of sockets.
//
// The interface is versioned by its paths, /v1/… A failure is an RFC 9457 problem: an object with
// `type`, `title`, `status` and `detail`, the sentence for a person.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace scrimp::admin {

enum class Method : std::uint8_t { Get, Post };

struct Request {
    Method method = Method::Get;
    std::string path{};  ///< "/v1/members": decoded, without the query.
    /// Decoded; of a name that is given twice, the first.
    std::map<std::string, std::string> query{};
    std::string body{};
    /// Who asks, by the kernel's word; nothing where it does not know.
    std::optional<std::uint32_t> user{};
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body{};
    /// All was answered, and what was told is not well: `scrimplb status` exits with 3.
    bool degraded = false;
};

inline constexpr std::string_view text_type = "text/plain; charset=utf-8";
inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";
/// One JSON object a line, each when it is known.
inline constexpr std::string_view lines_type = "application/x-ndjson";

/// "Not Found" for 404; empty for a status that we never give.
[[nodiscard]] std::string_view title_of(int status);

/// `detail`: a sentence; made printable here.
[[nodiscard]] Response problem(int status, std::string_view detail);

enum class Format : std::uint8_t { Json, Text };
/// Of the query's `format`, "json" unless given; the error names the word that is neither.
[[nodiscard]] Result<Format> format_of(const Request& request);

}  // namespace scrimp::admin
