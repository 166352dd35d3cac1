// What an application asks of the proxy beyond where it is reached: how its requests are spread,
// bounded, guarded and changed on their way. Announced beside the five keys of the original, which
// passes over them, and overridden by name on a balancer.
//
// Every value is plain enough to be printed into any proxy's configuration: parse_options() is the
// only way text becomes one. What is not said is left to the proxy's defaults (docs/options.md);
// whether a proxy can do what is asked, its generator says (proxy/generator.h).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/network.h"
#include "base/time.h"

namespace scrimp::service {

/// Which of the backends gets the next request.
enum class Balance : std::uint8_t { RoundRobin, LeastConnections, IpHash, RandomTwo };

/// Whether a domain's `www.` is added or taken away by a redirect.
enum class Www : std::uint8_t { Add, Remove };

/// A request under `from`, an exact path, is sent to `to`, a path or an absolute URL.
struct Redirect {
    std::string from;
    std::string to;
    std::uint16_t status = 301;  ///< 301, 302, 307 or 308.
    friend auto operator<=>(const Redirect&, const Redirect&) = default;
};

/// A header that is set, or with an empty value removed. The name is an HTTP token of letters,
/// digits and '-'; the value holds no quote, backslash, dollar, percent sign or brace.
struct Header {
    std::string name;
    std::string value;
    friend auto operator<=>(const Header&, const Header&) = default;
};

/// Who may come in with a password: its hash as crypt(3) writes it.
struct Credential {
    std::string user;
    std::string hash;
    friend auto operator<=>(const Credential&, const Credential&) = default;
};

/// Backends that announce `label` get `share` of the traffic together.
struct Canary {
    std::string label;
    std::uint8_t share = 0;  ///< In percent, 1 to 99.
    friend auto operator<=>(const Canary&, const Canary&) = default;
};

/// An empty list or optional: not said. Lists are sorted and unique unless told otherwise.
struct Options {
    std::optional<Balance> balance{};
    std::string sticky_cookie{};       ///< An HTTP token; sent back, it leads to one backend.
    std::vector<std::string> paths{};  ///< Prefixes that are ours of the domains: "/api".
    std::optional<std::uint64_t> body_limit_bytes{};  ///< Zero: none.
    std::optional<Duration> connect_timeout{};        ///< Until a backend has taken a connection.
    std::optional<Duration> read_timeout{};           ///< Between two pieces of an answer.
    std::optional<Duration> send_timeout{};           ///< Between two pieces of a request.
    std::optional<bool> verify_backend{};  ///< TLS to the backend: held against the balancer's CA.
    std::optional<bool> proxy_protocol{};  ///< The backend is told the client's address that way.
    std::vector<Network> allow{};          ///< Nobody else may come in.
    std::vector<Network> deny{};           ///< These may not, whatever `allow` says.
    std::vector<Credential> basic_auth{};
    std::optional<Www> www{};
    std::vector<Redirect> redirects{};
    std::vector<Header> request_headers{};
    std::vector<Header> response_headers{};
    std::optional<bool> compression{};
    std::optional<bool> hsts{};
    std::optional<bool> security_headers{};  ///< The further ones that docs/nginx.md lists.
    std::optional<Canary> canary{};
    friend auto operator<=>(const Options&, const Options&) = default;
};

/// A value behind a pointer that compares by value; plain applications, of which there are
/// thousands, pay for the pointer alone.
template <class Value>
class Shared {
  public:
    Shared() = default;
    explicit Shared(Value value) {
        if (value != Value{}) said_ = std::make_shared<const Value>(std::move(value));
    }
    [[nodiscard]] const Value& operator*() const {
        static const Value nothing_said;
        return said_ ? *said_ : nothing_said;
    }
    [[nodiscard]] const Value* operator->() const { return &**this; }
    /// Whether anything is said at all.
    [[nodiscard]] explicit operator bool() const { return said_ != nullptr; }
    friend bool operator==(const Shared& a, const Shared& b) {
        return a.said_ == b.said_ || *a == *b;
    }
    friend std::strong_ordering operator<=>(const Shared& a, const Shared& b) {
        return a.said_ == b.said_ ? std::strong_ordering::equal : *a <=> *b;
    }

  private:
    std::shared_ptr<const Value> said_;  ///< Null: the value of nothing said.
};
using SharedOptions = Shared<Options>;

/// The keys under which options stand in JSON.
namespace option_key {
inline constexpr std::string_view balance = "balance";
inline constexpr std::string_view sticky_cookie = "sticky-cookie";
inline constexpr std::string_view paths = "paths";
inline constexpr std::string_view body_limit = "body-limit";
inline constexpr std::string_view connect_timeout = "connect-timeout";
inline constexpr std::string_view read_timeout = "read-timeout";
inline constexpr std::string_view send_timeout = "send-timeout";
inline constexpr std::string_view verify_backend = "verify-backend";
inline constexpr std::string_view proxy_protocol = "proxy-protocol";
inline constexpr std::string_view allow = "allow";
inline constexpr std::string_view deny = "deny";
inline constexpr std::string_view basic_auth = "basic-auth";
inline constexpr std::string_view www = "www";
inline constexpr std::string_view redirects = "redirects";
inline constexpr std::string_view request_headers = "request-headers";
inline constexpr std::string_view response_headers = "response-headers";
inline constexpr std::string_view compression = "compression";
inline constexpr std::string_view hsts = "hsts";
inline constexpr std::string_view security_headers = "security-headers";
inline constexpr std::string_view canary = "canary";
}  // namespace option_key

/// The keys of what is said, in the order of the members.
[[nodiscard]] std::vector<std::string_view> said_keys(const Options& options);

}  // namespace scrimp::service
