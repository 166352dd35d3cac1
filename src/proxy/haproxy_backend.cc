#include "proxy/haproxy_backend.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "proxy/haproxy_rules.h"

namespace scrimp::proxy {
namespace {

using service::Options;
using service::Protocol;

/// A WebSocket may be silent for as long, however short an answer's pauses must be.
constexpr Duration tunnel_timeout = std::chrono::hours{1};

/// Each of these knows weights, and their changes while it runs.
std::string_view algorithm_of(std::optional<service::Balance> balance) {
    switch (balance.value_or(service::Balance::RoundRobin)) {
        case service::Balance::RoundRobin:
            return "roundrobin";
        case service::Balance::LeastConnections:
            return "leastconn";
        case service::Balance::IpHash:
            return "source";
        case service::Balance::RandomTwo:
            return "random(2)";
    }
    return "roundrobin";
}

/// How TLS to the backend is spoken. The name it is asked for, and with `required` must show, is
/// one of the application's domains: others do not get here.
std::string tls_to_backend(const Options& options, std::string_view ca_path) {
    std::string verify = "none";
    if (options.verify_backend.value_or(false)) {
        verify = fmt::format("required ca-file {}", ca_path);
    }
    return fmt::format(" ssl verify {} sni req.hdr(host),host_only", verify);
}

class BackendWriter {
  public:
    BackendWriter(Text& text, const HaproxyBackend& backend)
        : text_(text),
          backend_(backend),
          application_(backend.route.application),
          options_(*application_.options),
          stream_(application_.protocol == Protocol::Tcp) {}

    void write() {
        write_haproxy_users(text_, backend_.name, options_);
        text_.blank();
        text_.line(fmt::format("backend {} from {}", backend_.name, defaults()));
        rule(fmt::format("balance {}", algorithm_of(options_.balance)));
        // Of many backends, few clients change theirs when one comes or goes.
        if (options_.balance == service::Balance::IpHash) rule("hash-type consistent");
        cookie();
        timeouts();
        if (stream_) {
            write_haproxy_stream_rules(text_, options_);
        } else {
            write_haproxy_rules(text_, backend_.name, application_, backend_.tls);
        }
        servers();
    }

  private:
    void rule(std::string_view words) { text_.line(fmt::format("    {}", words)); }

    [[nodiscard]] std::string_view defaults() const {
        if (stream_) return haproxy_stream;
        return options_.compression.value_or(true) ? haproxy_compressed : haproxy_defaults;
    }

    /// Its value is made of the server's address: places change theirs while HAProxy runs, and
    /// another balancer, or this one after a reload, must lead the same cookie to the same backend.
    void cookie() {
        if (options_.sticky_cookie.empty()) return;
        rule(fmt::format("cookie {} insert indirect nocache httponly{} attr SameSite=Lax dynamic",
                         haproxy_quoted(options_.sticky_cookie), backend_.tls ? " secure" : ""));
        rule(fmt::format("dynamic-cookie-key {}", backend_.name));
    }

    void timeouts() {
        if (options_.connect_timeout) {
            rule(fmt::format("timeout connect {}", haproxy_duration(*options_.connect_timeout)));
        }
        if (!options_.read_timeout) return;
        rule(fmt::format("timeout server {}", haproxy_duration(*options_.read_timeout)));
        if (*options_.read_timeout > tunnel_timeout) {
            rule(fmt::format("timeout tunnel {}", haproxy_duration(*options_.read_timeout)));
        }
    }

    [[nodiscard]] std::string connection() const {
        std::string words;
        switch (application_.protocol) {
            case Protocol::Https:
                words = tls_to_backend(options_, backend_.ca_path);
                break;
            case Protocol::Grpc:
                words = " proto h2";
                break;
            case Protocol::Grpcs:
                words = tls_to_backend(options_, backend_.ca_path) + " alpn h2";
                break;
            case Protocol::Http:
            case Protocol::Tcp:
            case Protocol::Udp:
                break;
        }
        if (options_.proxy_protocol.value_or(false)) words += " send-proxy-v2";
        return words;
    }

    void servers() {
        const std::string words = connection();
        if (!stream_) {
            // Idle connections go within the 5 s after which Node.js and Apache close them.
            rule("default-server pool-purge-delay 2s" + words);
        } else if (!words.empty()) {
            rule("default-server" + words);
        }
        std::size_t place = 0;
        for (const auto& upstream : backend_.route.upstreams) {
            rule(fmt::format("server s{} {} weight {}", ++place, upstream.endpoint.text(),
                             upstream.weight));
        }
        rule(fmt::format("server-template s {}-{} 127.0.0.1:1 disabled", place + 1,
                         place + backend_.spare_places));
    }

    Text& text_;
    const HaproxyBackend& backend_;
    const service::Application& application_;
    const Options& options_;
    bool stream_;
};

/// What there is to say of a connection whose bytes are nobody's business.
constexpr std::array<std::string_view, 7> stream_keys = {
    service::option_key::balance,      service::option_key::connect_timeout,
    service::option_key::read_timeout, service::option_key::proxy_protocol,
    service::option_key::allow,        service::option_key::deny,
    service::option_key::canary,
};

}  // namespace

std::string haproxy_duration(Duration duration) {
    return fmt::format("{}ms",
                       std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

void write_haproxy_backend(Text& text, const HaproxyBackend& backend) {
    BackendWriter(text, backend).write();
}

std::optional<std::string> lacks_haproxy(const service::Application& application) {
    const Options& options = *application.options;
    if (application.protocol == Protocol::Udp) return "protocol: haproxy does not carry udp";
    if (application.protocol == Protocol::Tcp) {
        for (const std::string_view key : service::said_keys(options)) {
            if (std::ranges::find(stream_keys, key) == stream_keys.end()) {
                return std::string(key) + ": of tcp, haproxy knows no requests";
            }
        }
    }
    if (options.send_timeout) {
        return std::string(service::option_key::send_timeout) +
               ": haproxy has one timeout for what goes to a backend and what comes from it; "
               "say read-timeout";
    }
    const bool grpc =
        application.protocol == Protocol::Grpc || application.protocol == Protocol::Grpcs;
    if (grpc && options.body_limit_bytes.value_or(0) != 0) {
        return std::string(service::option_key::body_limit) +
               ": haproxy cannot bound what has no length, as requests of grpc";
    }
    return std::nullopt;
}

}  // namespace scrimp::proxy
