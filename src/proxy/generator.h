// One kind of proxy, as a row of facts: a further proxy is one file with one pure function and one
// row in generator.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proxy/certificates.h"
#include "proxy/difference.h"
#include "service/registry.h"

namespace scrimp::proxy {

/// Mozilla's guideline for TLS on servers: 1.2 and 1.3, or 1.3 alone.
enum class TlsProfile : std::uint8_t { Intermediate, Modern };

struct RenderOptions {
    std::string tls_chain_path;
    std::string tls_key_path;
    std::uint16_t http_port = 80;    ///< Redirects to HTTPS and answers for the generation.
    std::uint16_t https_port = 443;  ///< Answers 503 where no application does.
    bool ipv6 = true;                ///< Whether this host can listen on IPv6.
    /// Of the daemon, which answers ACME challenges there (app/config_challenges.h); empty: none.
    std::string challenge_socket = {};
    /// Of the authorities that sign the certificates of backends, where they are verified.
    std::string backend_ca_path = "/etc/ssl/certs/ca-certificates.crt";
    TlsProfile tls_profile = TlsProfile::Intermediate;
    /// Null: nobody has looked at any, and the fallback is for every name.
    std::shared_ptr<const Certificates> certificates = nullptr;
    /// 1025001 is nginx 1.25.1. Unless it can be asked: that of Debian 12.
    std::uint32_t nginx_version = 1'022'001;
    std::string target_path = {};    ///< Where the text will stand, for who must say it.
    /// Where the running proxy takes changes, likewise; empty: where it does by itself.
    std::string runtime_socket = {};
    std::string template_text = {};  ///< The operator's, for the generator custom.
};

struct Rendered {
    std::string text;
    /// Names the text's contents: equal texts, equal generations. The proxy serves it at
    /// generation_path, so that a reload can be confirmed.
    std::string generation;
    friend bool operator==(const Rendered&, const Rendered&) = default;
};

inline constexpr std::string_view generation_path = "/.well-known/scrimplb/generation";

/// An argument list in which {candidate} and {target} stand for paths; empty: the step is off.
using Command = std::vector<std::string>;

/// Carries a change of servers into the running proxy without a reload, as a dialogue of requests
/// and answers over its socket.
class Patch {
  public:
    virtual ~Patch() = default;
    /// The next request, a line without its newline; nothing when all is done.
    [[nodiscard]] virtual std::optional<std::string> next() = 0;
    /// The answer to it. An error, in words: the proxy must be reloaded.
    virtual Result<void> handle_answer(std::string_view answer) = 0;
};

/// What a Patch is made from: both tables, and the text that the later one was rendered to.
struct PatchPlan {
    const Routes& before;
    const Routes& after;
    const std::string& target_path;
    const std::string& generation;
};

struct Generator {
    std::string_view name;
    /// Deterministic: equal tables and options give equal bytes.
    Result<Rendered> (*render)(const service::RoutingTable&, const RenderOptions&);
    Command default_check_command;
    Command default_reload_command;
    /// Whether the running proxy answers at generation_path.
    bool serves_generation;
    /// The generation that a text of render's names, empty if it is none; where the proxy answers.
    std::string (*generation_in)(std::string_view text) = nullptr;
    /// Whether each reload leaves workers behind that serve what they had begun.
    bool counts_old_workers = false;
    service::Lacks lacks = nullptr;  ///< Null: whatever an application asks, it can do.
    /// Null if every change needs a reload. Returns null if this one does.
    std::unique_ptr<Patch> (*patch)(const PatchPlan&) = nullptr;
    /// Where the proxy listens for what a Patch asks.
    std::string_view default_runtime_socket = {};
};

/// Case-insensitive; null if there is none of that name.
[[nodiscard]] const Generator* find_generator(std::string_view name);
[[nodiscard]] std::span<const Generator> generators();

}  // namespace scrimp::proxy
