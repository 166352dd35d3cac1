// What a backend serves, in values that are safe to print into any proxy's configuration.
//
// Hostile text cannot become a value: parse() is the only maker of a Name or a Domain, so a
// generator never meets an unchecked string. parse_application() reads the object that stands both
// in configuration files and in node metadata, in the form the original writes.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "service/options.h"

namespace scrimp::service {

/// An application's name: [A-Za-z0-9._-], 1 to 63 characters, starting with a letter or digit.
class Name {
  public:
    [[nodiscard]] static Result<Name> parse(std::string_view text);
    [[nodiscard]] const std::string& text() const { return text_; }
    /// In small letters: names that differ in capitals only are one name to nginx.
    [[nodiscard]] std::string folded() const;
    friend auto operator<=>(const Name&, const Name&) = default;

  private:
    explicit Name(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// A host name as a browser sends it: labels of [a-z0-9-] (underscores tolerated), at most 63
/// characters each and 253 in all, lower-cased, no label starting or ending with a hyphen. The
/// first label may be `*` if others follow. No final dot; other scripts in punycode only.
class Domain {
  public:
    [[nodiscard]] static Result<Domain> parse(std::string_view text);
    [[nodiscard]] const std::string& text() const { return text_; }
    friend auto operator<=>(const Domain&, const Domain&) = default;

  private:
    explicit Domain(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// How the balancer talks to the backend. gRPC is HTTP/2, in clear or by TLS; of TCP and UDP the
/// balancer passes on what comes to the listen port, whatever the domain.
enum class Protocol : std::uint8_t { Http, Https, Grpc, Grpcs, Tcp, Udp };
/// "http", "https", "grpc", "grpcs", "tcp", "udp".
[[nodiscard]] std::string_view name_of(Protocol protocol);
/// One of these names, in whatever letters: nginx, fed by the original, did not mind.
[[nodiscard]] Result<Protocol> parse_protocol(std::string_view text);

/// Bounds of one announcement, each far above honest use: they keep a hostile one small.
inline constexpr std::size_t applications_max = 1000;
inline constexpr std::size_t domains_max = 100;

/// Who announces no weight has this one, the most there is.
inline constexpr std::uint8_t announced_weight_max = 100;

/// Equal if all parts are equal. What makes two of them one application: same_pool().
struct Application {
    Name name;
    std::uint16_t listen_port = 0;       ///< Where the balancer listens, 1 to 65535.
    std::uint16_t application_port = 0;  ///< Where the backend listens, 1 to 65535.
    Protocol protocol = Protocol::Http;
    /// Of the backend that announces it: its share beside the others', 1 to announced_weight_max.
    std::uint8_t weight = announced_weight_max;
    std::vector<Domain> domains;  ///< Sorted, unique, 1 to domains_max.
    SharedOptions options{};
    Shared<std::string> label{};  ///< Of the backend that announces it, for a canary.
    friend auto operator<=>(const Application&, const Application&) = default;
};

/// Whether backends of both are one pool: name, ports, protocol and domains are equal, and so is
/// what the options claim or how the backend is spoken to. All else may differ while a change of
/// options goes from backend to backend. pool_order() is zero if so.
[[nodiscard]] std::strong_ordering pool_order(const Application& a, const Application& b);
[[nodiscard]] inline bool same_pool(const Application& a, const Application& b) {
    return pool_order(a, b) == 0;
}

/// The keys that every application's object has; options_json.h has those that it may have.
inline constexpr std::string_view application_keys[] = {"name", "listen-port", "application-port",
                                                        "protocol", "domains"};

/// From a JSON value as parse_json() returns it. Ports may be strings or numbers. Keys that are not
/// known are passed over: whether they are mistakes is for the caller. The error names
/// the key at fault and holds printable ASCII only.
[[nodiscard]] Result<Application> parse_application(const nlohmann::json& value);

}  // namespace scrimp::service
