#include "proxy/nginx.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "proxy/fingerprint.h"
#include "proxy/nginx_generation.h"
#include "proxy/nginx_path.h"
#include "proxy/nginx_servers.h"
#include "proxy/text.h"

namespace scrimp::proxy {
namespace {

/// Stands between single quotes in nginx's syntax: no quote, no backslash and no dollar in it.
constexpr std::string_view unavailable_page =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<title>Temporarily unavailable</title>"
    "<style>body{font:1.1em/1.6 system-ui,sans-serif;max-width:32em;margin:20vh auto;"
    "padding:0 1.5em;color:#223;background:#fafafa}h1{font-size:1.5em}"
    "@media(prefers-color-scheme:dark){body{color:#dde;background:#16181d}}</style></head>"
    "<body><h1>Temporarily unavailable</h1>"
    "<p>No server can answer this request right now. Please try again in a moment.</p>"
    "</body></html>";

/// Long enough not to be hammered by polite clients, short beside any repair.
constexpr int retry_after_seconds = 10;

/// Mozilla's guideline 6.0, "intermediate".
constexpr std::string_view tls_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// nginx's default hash bucket is one cache line, 64 bytes: a pointer, a length of two bytes with
/// the name, and a closing pointer, padded to eights. Longer names need a larger bucket.
constexpr std::size_t domain_bytes_in_default_bucket = 46;

constexpr std::string_view unknown_generation = "0000000000000000";

/// A header that is added only if the application does not send it itself.
struct DefaultHeader {
    std::string_view name;
    std::string_view upstream_variable;
    std::string_view variable;
    std::string_view value;
    bool tls_only;
};
constexpr std::array<DefaultHeader, 4> default_headers = {{
    // Two years as Mozilla advises; subdomains and preload lists are the owner's to decide.
    {"Strict-Transport-Security", "$upstream_http_strict_transport_security", "$scrimp_hsts",
     "max-age=63072000", true},
    {"X-Content-Type-Options", "$upstream_http_x_content_type_options", "$scrimp_type_options",
     "nosniff", false},
    {"X-Frame-Options", "$upstream_http_x_frame_options", "$scrimp_frame_options", "SAMEORIGIN",
     false},
    {"Referrer-Policy", "$upstream_http_referrer_policy", "$scrimp_referrer_policy",
     "strict-origin-when-cross-origin", false},
}};

class Renderer {
  public:
    Renderer(const service::RoutingTable& table, const RenderOptions& options, std::string chain,
             std::string key)
        : table_(table), options_(options), chain_(std::move(chain)), key_(std::move(key)) {
        name_upstreams();
        sort_domains();
    }

    [[nodiscard]] Rendered render() {
        text_.reserve(8192 + 256 * table_.routes.size());  // As the text usually turns out.
        text_.line("# Written by Scrimp LB and overwritten with the next change: do not edit.");
        line_of_generation(generation_words, ".");
        text_.blank();
        variables();
        hash_bucket();
        domain_maps();
        if (options_.http_port != 0) plain_server();
        for (const auto& [port, leads] : domains_) {
            if (port != options_.http_port) tls_server(port, leads);
        }
        for (const auto& [route, names] : long_names_) own_server(route, names);
        for (std::size_t i = 0; i < table_.routes.size(); ++i) upstream(i);
        // The text names its own generation, so the fingerprint is of the text with zeros there.
        Rendered rendered{.text = text_.take(), .generation = {}};
        rendered.generation = fingerprint(rendered.text).substr(0, generation_digits);
        for (const std::size_t at : generation_at_) {
            rendered.text.replace(at, generation_digits, rendered.generation);
        }
        return rendered;
    }

  private:
    /// A domain and the route it leads to.
    using Lead = std::pair<const service::Domain*, std::size_t>;
    using Leads = std::vector<Lead>;

    /// No TLS is spoken on the port of the redirect: nginx cannot do both on one.
    [[nodiscard]] bool is_plain(const service::Application& application) const {
        return options_.http_port != 0 && application.listen_port == options_.http_port;
    }

    /// nginx compares names of upstreams without regard to case, and nothing here relies on names
    /// in a table being unique: what would be the same gets a number.
    void name_upstreams() {
        std::set<std::string> used;
        for (const auto& route : table_.routes) {
            const std::string name = "scrimp_" + route.application.name.folded();
            std::string unique = name;
            for (int n = 2; !used.insert(unique).second; ++n) {
                unique = fmt::format("{}_{}", name, n);
            }
            upstream_names_.push_back(std::move(unique));
        }
    }

    /// A domain claimed twice on a port, which a Registry rules out, is the first one's: a map with
    /// both would be refused.
    void sort_domains() {
        domains_[options_.https_port];  // Whether an application is there or not.
        for (std::size_t i = 0; i < table_.routes.size(); ++i) {
            const auto& application = table_.routes[i].application;
            Leads& leads = domains_[application.listen_port];
            for (const auto& domain : application.domains) {
                if (domain.text().size() > domain_bytes_in_default_bucket) {
                    long_names_[i] += " " + domain.text();
                } else {
                    leads.emplace_back(&domain, i);
                }
            }
        }
        for (auto& [port, leads] : domains_) {
            std::ranges::sort(leads, [](const Lead& a, const Lead& b) {
                return std::pair(std::string_view(a.first->text()), a.second) <
                       std::pair(std::string_view(b.first->text()), b.second);
            });
            const auto repeated = std::ranges::unique(
                leads, [](const Lead& a, const Lead& b) { return *a.first == *b.first; });
            leads.erase(repeated.begin(), repeated.end());
        }
    }

    void line_of_generation(std::string_view before, std::string_view after) {
        text_.line(fmt::format("{}{}{}", before, unknown_generation, after));
        generation_at_.push_back(text_.size() - 1 - after.size() - generation_digits);
    }

    [[nodiscard]] std::string address_of(std::size_t route) const {
        const auto protocol = table_.routes[route].application.protocol;
        return fmt::format("{}://{}", service::name_of(protocol), upstream_names_[route]);
    }

    void variables() {
        // An empty Connection, not "close", keeps connections to the backends open.
        text_.open("map $http_upgrade $scrimp_connection");
        text_.line("default upgrade;");
        text_.line("'' '';");
        text_.close();
        // $host is checked by nginx and free of the port; clients that named one get it back.
        text_.open("map $http_host $scrimp_port");
        text_.line("default '';");
        text_.line("\"~(?<scrimp_named_port>:[0-9]+)$\" $scrimp_named_port;");
        text_.close();
        for (const auto& header : default_headers) {
            text_.open(fmt::format("map {} {}", header.upstream_variable, header.variable));
            text_.line("default '';");
            text_.line(fmt::format("'' \"{}\";", header.value));
            text_.close();
        }
        text_.open("geo $scrimp_local");
        text_.line("default 0;");
        text_.line("127.0.0.0/8 1;");
        text_.line("::1 1;");
        text_.close();
    }

    /// Set only when needed: an operator who has it in nginx.conf too would meet a duplicate.
    void hash_bucket() {
        std::size_t longest = 0;
        for (const auto& [route, names] : long_names_) {
            for (const auto& domain : table_.routes[route].application.domains) {
                longest = std::max(longest, domain.text().size());
            }
        }
        if (longest == 0) return;
        std::size_t bucket = 128;
        while (bucket < longest + 32) bucket *= 2;  // The name, its padding and two pointers.
        text_.line(fmt::format("server_names_hash_bucket_size {};", bucket));
    }

    /// Which upstream a domain leads to.
    void domain_maps() {
        for (const auto& [port, leads] : domains_) {
            text_.blank();
            text_.open(fmt::format("map $host $scrimp_on_{}", port));
            text_.line("hostnames;");
            text_.line("default '';");
            for (const auto& [domain, route] : leads) {
                const std::string& name = domain->text();
                // Words of nginx's own in this place.
                const bool reserved = name == "default" || name == "include";
                text_.line(fmt::format("{}{} {};", reserved ? "\\" : "", name, address_of(route)));
            }
            text_.close();
        }
        text_.blank();
    }

    /// An exact name of ours stands against a wildcard of the operator's; the map would not.
    void server_names(const Leads& leads) {
        if (leads.empty()) text_.line("server_name _;");
        for (const auto& [domain, route] : leads) {
            text_.line(fmt::format("server_name {};", domain->text()));
        }
    }

    void listen(std::uint16_t port, std::string_view parameters) {
        text_.line(fmt::format("listen {}{};", port, parameters));
        if (options_.ipv6) text_.line(fmt::format("listen [::]:{}{};", port, parameters));
    }

    /// Whatever domain an application claims, the question for the generation finds its answer.
    void generation_location() {
        text_.open(fmt::format("location = {}", generation_path));
        // `return` acts before allow and deny are looked at, so they would keep nobody out.
        text_.open("if ($scrimp_local = 0)");
        text_.line("return 404;");
        text_.close();
        text_.line("access_log off;");
        text_.line("default_type text/plain;");
        line_of_generation("return 200 \"", "\\n\";");
        text_.close();
    }

    void plain_server() {
        const auto port =
            options_.https_port == 443 ? std::string() : fmt::format(":{}", options_.https_port);
        const auto redirect = fmt::format("return 301 https://$host{}$request_uri;", port);
        text_.open("server");
        listen(options_.http_port, " default_server");
        const auto found = domains_.find(options_.http_port);
        server_names(found == domains_.end() ? Leads() : found->second);
        text_.line("server_tokens off;");
        generation_location();
        if (found != domains_.end()) {
            proxy(fmt::format("$scrimp_on_{}", options_.http_port), redirect, true);
        } else {
            text_.open("location /");
            text_.line(redirect);
            text_.close();
        }
        text_.close();
        text_.blank();
    }

    void tls_server(std::uint16_t port, const Leads& leads) {
        text_.open("server");
        listen(port, " ssl http2 default_server");
        server_names(leads);
        text_.line("server_tokens off;");
        tls();
        proxy(fmt::format("$scrimp_on_{}", port), "return 503;", false);
        text_.close();
        text_.blank();
    }

    /// For the long domains of an application.
    void own_server(std::size_t route, const std::string& names) {
        const auto& application = table_.routes[route].application;
        const bool plain = is_plain(application);
        text_.open("server");
        listen(application.listen_port, plain ? "" : " ssl http2");
        text_.line(fmt::format("server_name{};", names));
        text_.line("server_tokens off;");
        if (plain) {
            generation_location();
        } else {
            tls();
        }
        proxy(address_of(route), "", plain);
        text_.close();
        text_.blank();
    }

    void tls() {
        text_.line(fmt::format("ssl_certificate {};", chain_));
        text_.line(fmt::format("ssl_certificate_key {};", key_));
        text_.line("ssl_protocols TLSv1.2 TLSv1.3;");
        text_.line(fmt::format("ssl_ciphers {};", tls_ciphers));
        text_.line("ssl_prefer_server_ciphers off;");
        text_.line("ssl_ecdh_curve X25519:prime256v1:secp384r1;");
        // 10 MB hold some 40,000 sessions; the keys of tickets would not rotate before nginx 1.23.
        text_.line("ssl_session_cache shared:scrimp_tls:10m;");
        text_.line("ssl_session_timeout 1d;");
        text_.line("ssl_session_tickets off;");
    }

    /// Answers from the upstream that `to` names or, where that is empty, does `otherwise`.
    void proxy(std::string_view to, std::string_view otherwise, bool plain) {
        for (const auto& header : default_headers) {
            if (plain && header.tls_only) continue;
            text_.line(fmt::format("add_header {} {} always;", header.name, header.variable));
        }
        text_.line("gzip on;");
        text_.line("gzip_vary on;");
        text_.line("gzip_proxied any;");
        text_.line("gzip_min_length 1024;");  // Below, it saves no packet.
        text_.line(
            "gzip_types text/plain text/css text/xml text/javascript application/javascript"
            " application/json application/manifest+json application/xml application/rss+xml"
            " application/wasm image/svg+xml;");
        text_.open("location /");
        if (!otherwise.empty()) {
            text_.open(fmt::format("if ({} = '')", to));
            text_.line(otherwise);
            text_.close();
        }
        text_.line(fmt::format("proxy_pass {};", to));
        text_.line("proxy_ssl_server_name on;");
        text_.line("proxy_ssl_name $host;");
        text_.line("proxy_http_version 1.1;");
        text_.line("proxy_set_header Host $host$scrimp_port;");
        text_.line("proxy_set_header Connection $scrimp_connection;");
        text_.line("proxy_set_header Upgrade $http_upgrade;");
        text_.line("proxy_set_header X-Real-IP $remote_addr;");
        text_.line("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;");
        text_.line("proxy_set_header X-Forwarded-Proto $scheme;");
        text_.line("proxy_set_header X-Forwarded-Host $host$scrimp_port;");
        text_.line("proxy_set_header X-Request-ID $request_id;");
        // A private network connects in milliseconds; 2 s allow for one lost SYN.
        text_.line("proxy_connect_timeout 2s;");
        text_.line("proxy_next_upstream error timeout;");
        text_.line("proxy_next_upstream_tries 0;");
        // Time for two hosts that vanished; a slow answer (60 s by default) is not asked for twice.
        text_.line("proxy_next_upstream_timeout 6s;");
        text_.line("error_page 502 503 504 =503 @scrimp_unavailable;");
        text_.close();
        text_.open("location @scrimp_unavailable");
        text_.line("default_type text/html;");
        text_.line(fmt::format("add_header Retry-After {} always;", retry_after_seconds));
        text_.line("add_header Cache-Control no-store always;");
        text_.line(fmt::format("return 503 '{}';", unavailable_page));
        text_.close();
    }

    void upstream(std::size_t route) {
        text_.open(fmt::format("upstream {}", upstream_names_[route]));
        text_.line(zone(route));
        write_servers(text_, table_.routes[route].upstreams);
        text_.close();
    }

    /// Workers share what they learn of a backend, all upstreams in one zone: one of its own takes
    /// 64 kB at least. A server and an upstream take less than 1 kB each. The first tells the size.
    [[nodiscard]] std::string zone(std::size_t route) const {
        if (route > 0) return "zone scrimp_upstreams;";
        std::size_t kilobytes = 64 + table_.routes.size();
        for (const auto& each : table_.routes) kilobytes += each.upstreams.size();
        return fmt::format("zone scrimp_upstreams {}k;", kilobytes);
    }

    const service::RoutingTable& table_;
    const RenderOptions& options_;
    std::string chain_;
    std::string key_;
    std::vector<std::string> upstream_names_;        ///< One a route.
    std::map<std::uint16_t, Leads> domains_;         ///< By port, sorted, but for:
    std::map<std::size_t, std::string> long_names_;  ///< A route's that fit in no map.
    Text text_;
    std::vector<std::size_t> generation_at_;  ///< Where the text names its generation.
};

}  // namespace

Result<Rendered> render_nginx(const service::RoutingTable& table, const RenderOptions& options) {
    if (options.https_port == 0) return fail("nginx needs an https-port, 1 to 65535");
    if (options.http_port == options.https_port) {
        return fail(fmt::format("http-port and https-port are both {}; they must differ",
                                options.http_port));
    }
    const auto chain = quote_nginx_path("the path of the TLS chain", options.tls_chain_path);
    if (!chain) return tl::unexpected(chain.error());
    const auto key = quote_nginx_path("the path of the TLS key", options.tls_key_path);
    if (!key) return tl::unexpected(key.error());
    return Renderer(table, options, *chain, *key).render();
}

}  // namespace scrimp::proxy
