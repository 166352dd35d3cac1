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

/// Options behind a pointer that compares by value; plain applications, of which there are
/// thousands, pay for the pointer alone.
class SharedOptions {
  public:
    SharedOptions() = default;
    explicit SharedOptions(Options options);
    [[nodiscard]] const Options& operator*() const;
    [[nodiscard]] const Options* operator->() const { return &**this; }
    /// Whether anything is said at all.
    [[nodiscard]] explicit operator bool() const { return said_ != nullptr; }
    friend bool operator==(const SharedOptions& a, const SharedOptions& b) {
        return a.said_ == b.said_ || *a == *b;
    }
    friend std::strong_ordering operator<=>(const SharedOptions& a, const SharedOptions& b) {
        return a.said_ == b.said_ ? std::strong_ordering::equal : *a <=> *b;
    }

  private:
    std::shared_ptr<const Options> said_;  ///< Null: nothing is said.
};

}  // namespace scrimp::service
