#include "proxy/nginx.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

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

/// Escaped, a path doubles at most, and nginx refuses a parameter of more than 4096 bytes.
constexpr std::size_t path_bytes_max = 2000;

/// nginx's default hash bucket is one cache line, 64 bytes: a pointer, a length of two bytes with
/// the name, and a closing pointer, padded to eights. Longer names need a larger bucket.
constexpr std::size_t domain_bytes_in_default_bucket = 46;

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

/// Indented lines and the blocks around them.
class Text {
  public:
    void line(std::string_view text) { out_.append(depth_ * 4, ' ').append(text).append("\n"); }
    void blank() { out_.append("\n"); }
    void open(std::string_view head) {
        line(fmt::format("{} {{", head));
        ++depth_;
    }
    void close() {
        --depth_;
        line("}");
    }
    [[nodiscard]] std::string take() { return std::exchange(out_, {}); }

  private:
    std::string out_;
    std::size_t depth_ = 0;
};

/// FNV-1a, 64 bits: it names a text for comparison with the one before; nothing hangs on it being
/// hard to forge.
std::string hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return fmt::format("{:016x}", hash);
}

/// The path as a quoted nginx parameter.
Result<std::string> quote_path(std::string_view what, std::string_view path) {
    if (path.empty()) return fail(fmt::format("{} is empty; nginx needs it to speak TLS", what));
    if (path.size() > path_bytes_max) {
        return fail(fmt::format("{} is longer than {} bytes", what, path_bytes_max));
    }
    // nginx takes these for no path at all.
    if (path.starts_with("data:") || path.starts_with("engine:")) {
        return fail(fmt::format("{} '{}' is not the path of a file", what, path));
    }
    std::string quoted = "\"";
    for (const char c : path) {
        // nginx reads $ in a certificate's path as a variable and knows no way to escape it.
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '$') {
            return fail(
                fmt::format("{} holds a control character or '$', which nginx cannot "
                            "read in a path; give the file a plainer name",
                            what));
        }
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

class Renderer {
  public:
    Renderer(const service::RoutingTable& table, const RenderOptions& options, std::string chain,
             std::string key)
        : table_(table), options_(options), chain_(std::move(chain)), key_(std::move(key)) {
        name_upstreams();
    }

    [[nodiscard]] std::string render(std::string_view generation) {
        text_.line("# Written by Scrimp LB and overwritten with the next change: do not edit.");
        text_.line(fmt::format("# Generation {}.", generation));
        text_.blank();
        variables();
        if (options_.http_port != 0) redirect_server(generation);
        default_server();
        for (std::size_t i = 0; i < table_.routes.size(); ++i) {
            upstream(table_.routes[i], upstream_names_[i]);
            server(table_.routes[i], upstream_names_[i], generation);
        }
        return text_.take();
    }

  private:
    /// No TLS is spoken on the port of the redirect: nginx cannot do both on one.
    [[nodiscard]] bool is_plain(const service::Application& application) const {
        return options_.http_port != 0 && application.listen_port == options_.http_port;
    }

    /// nginx compares names of upstreams without regard to case, and nothing here relies on names
    /// in a table being unique: what would be the same gets a number.
    void name_upstreams() {
        std::set<std::string> used;
        for (const auto& route : table_.routes) {
            std::string name = "scrimp_" + route.application.name.text();
            std::transform(name.begin(), name.end(), name.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
            std::string unique = name;
            for (int n = 2; !used.insert(unique).second; ++n) {
                unique = fmt::format("{}_{}", name, n);
            }
            upstream_names_.push_back(std::move(unique));
        }
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
        hash_bucket();
        text_.blank();
    }

    /// Set only when needed: an operator who has it in nginx.conf too would meet a duplicate.
    void hash_bucket() {
        std::size_t longest = 0;
        for (const auto& route : table_.routes) {
            for (const auto& domain : route.application.domains) {
                longest = std::max(longest, domain.text().size());
            }
        }
        if (longest <= domain_bytes_in_default_bucket) return;
        std::size_t bucket = 128;
        while (bucket < longest + 32) bucket *= 2;  // The name, its padding and two pointers.
        text_.line(fmt::format("server_names_hash_bucket_size {};", bucket));
    }

    void listen(std::uint16_t port, std::string_view parameters) {
        text_.line(fmt::format("listen {}{};", port, parameters));
        if (options_.ipv6) text_.line(fmt::format("listen [::]:{}{};", port, parameters));
    }

    void generation_location(std::string_view generation) {
        text_.open(fmt::format("location = {}", generation_path));
        // `return` acts before allow and deny are looked at, so they would keep nobody out.
        text_.open("if ($scrimp_local = 0)");
        text_.line("return 404;");
        text_.close();
        text_.line("access_log off;");
        text_.line("default_type text/plain;");
        text_.line(fmt::format("return 200 \"{}\\n\";", generation));
        text_.close();
    }

    void redirect_server(std::string_view generation) {
        text_.open("server");
        listen(options_.http_port, " default_server");
        text_.line("server_name _;");
        text_.line("server_tokens off;");
        generation_location(generation);
        text_.open("location /");
        const auto port =
            options_.https_port == 443 ? std::string() : fmt::format(":{}", options_.https_port);
        text_.line(fmt::format("return 301 https://$host{}$request_uri;", port));
        text_.close();
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

    void answer_unavailable() {
        text_.line("default_type text/html;");
        text_.line(fmt::format("add_header Retry-After {} always;", retry_after_seconds));
        text_.line("add_header Cache-Control no-store always;");
        text_.line(fmt::format("return 503 '{}';", unavailable_page));
    }

    void default_server() {
        std::set<std::uint16_t> ports = {options_.https_port};
        for (const auto& route : table_.routes) {
            if (!is_plain(route.application)) ports.insert(route.application.listen_port);
        }
        text_.open("server");
        for (const std::uint16_t port : ports) listen(port, " ssl http2 default_server");
        text_.line("server_name _;");
        text_.line("server_tokens off;");
        tls();
        text_.open("location /");
        answer_unavailable();
        text_.close();
        text_.close();
        text_.blank();
    }

    void upstream(const service::Route& route, const std::string& name) {
        text_.open(fmt::format("upstream {}", name));
        // Workers share what they learn of a backend. A server takes less than 1 kB of the zone.
        text_.line(fmt::format("zone {} {}k;", name, 64 + route.upstreams.size()));
        for (const auto& backend : route.upstreams) {
            // Three failures, not one: a backend that closes idle connections earns some by chance.
            text_.line(
                fmt::format("server {} max_fails=3 fail_timeout=1s;", backend.endpoint.text()));
        }
        text_.line("keepalive 16;");
        // Below the 5 s of Node.js and Apache, so that it is us who closes an idle connection.
        text_.line("keepalive_timeout 4s;");
        text_.close();
    }

    void server(const service::Route& route, const std::string& name, std::string_view generation) {
        const bool plain = is_plain(route.application);
        text_.open("server");
        listen(route.application.listen_port, plain ? "" : " ssl http2");
        std::string domains;
        for (const auto& domain : route.application.domains) domains += " " + domain.text();
        text_.line(fmt::format("server_name{};", domains));
        text_.line("server_tokens off;");
        if (!plain) tls();
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
        // Whatever domain an application claims, the question for the generation finds its answer.
        if (plain) generation_location(generation);
        proxy_location(route.application.protocol, name);
        text_.open("location @scrimp_unavailable");
        answer_unavailable();
        text_.close();
        text_.close();
        text_.blank();
    }

    void proxy_location(service::Protocol protocol, const std::string& name) {
        text_.open("location /");
        text_.line(fmt::format("proxy_pass {}://{};", service::name_of(protocol), name));
        if (protocol == service::Protocol::Https) {
            text_.line("proxy_ssl_server_name on;");
            text_.line("proxy_ssl_name $host;");
        }
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
        text_.line("proxy_next_upstream_tries 3;");
        // Time for two hosts that vanished; a slow answer (60 s by default) is not asked for twice.
        text_.line("proxy_next_upstream_timeout 6s;");
        text_.line("error_page 502 504 =503 @scrimp_unavailable;");
        text_.close();
    }

    const service::RoutingTable& table_;
    const RenderOptions& options_;
    std::string chain_;
    std::string key_;
    std::vector<std::string> upstream_names_;  ///< One a route.
    Text text_;
};

}  // namespace

Result<Rendered> render_nginx(const service::RoutingTable& table, const RenderOptions& options) {
    if (options.https_port == 0) return fail("nginx needs an https-port, 1 to 65535");
    if (options.http_port == options.https_port) {
        return fail(fmt::format("http-port and https-port are both {}; they must differ",
                                options.http_port));
    }
    const auto chain = quote_path("the path of the TLS chain", options.tls_chain_path);
    if (!chain) return tl::unexpected(chain.error());
    const auto key = quote_path("the path of the TLS key", options.tls_key_path);
    if (!key) return tl::unexpected(key.error());
    // The text names its own generation, so the hash is of the text without it.
    Renderer renderer(table, options, *chain, *key);
    const std::string generation = hash_of(renderer.render(""));
    return Rendered{.text = renderer.render(generation), .generation = generation};
}

}  // namespace scrimp::proxy
