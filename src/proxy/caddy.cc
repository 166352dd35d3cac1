#include "proxy/caddy.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "proxy/caddy_route.h"
#include "proxy/caddy_tls.h"
#include "proxy/fingerprint.h"
#include "proxy/json_text.h"
#include "proxy/nginx_generation.h"

namespace scrimp::proxy {
namespace {

constexpr std::string_view zero_generation = "0000000000000000";

/// How every text begins. Applications' names have an underscore in the hyphen's place.
constexpr std::string_view caddy_head = "{\n  \"@id\": \"scrimp-generation-";

/// What a long download may take that a new configuration finds under way. A Caddy that is told to
/// stop waits as long, if the service manager lets it.
constexpr std::string_view grace_period = "\"1h\"";

/// Caddy goes through up to 100 names of a matcher one by one, and bisects more: so many routes
/// make a group, and half of one is gone through at the most.
constexpr std::size_t group_size = 128;

/// Of a port: the names under which a path of theirs leads to a route.
struct Way {
    std::string_view suffix;         ///< Of a wildcard, ".example"; empty: names of their own.
    std::vector<std::string> hosts;  ///< Then these.
    std::string_view path;           ///< "/" if all are.
    std::size_t route;
};

class CaddyRenderer {
  public:
    CaddyRenderer(const service::RoutingTable& table, const RenderOptions& options,
                  std::string tls_app)
        : table_(table), options_(options), tls_app_(std::move(tls_app)) {
        find_ways();
    }

    [[nodiscard]] Rendered render() {
        json_.reserve(8192 + 3072 * table_.routes.size());  // As the text usually turns out.
        json_.value("@id", fmt::format("\"scrimp-generation-{}\"", zero_generation));
        generation_at_.push_back(caddy_head.size());
        json_.value("admin", fmt::format(R"({{"listen": {}, "config": {{"persist": false}}}})",
                                         json_string(admin_address())));
        json_.object("apps");
        json_.value("tls", tls_app_);
        json_.object("http");
        json_.value("grace_period", grace_period);
        json_.object("servers");
        if (options_.http_port != 0) server(options_.http_port);
        for (const auto& [port, ways] : ways_) {
            if (port != options_.http_port) server(port);
        }
        // The text names its own generation, so the fingerprint is of the text with zeros there.
        Rendered rendered{.text = json_.take(), .generation = {}};
        rendered.generation = fingerprint(rendered.text).substr(0, generation_digits);
        for (const std::size_t at : generation_at_) {
            rendered.text.replace(at, generation_digits, rendered.generation);
        }
        return rendered;
    }

  private:
    void find_ways() {
        ways_[options_.https_port];  // Whether an application is there or not.
        for (std::size_t i = 0; i < table_.routes.size(); ++i) {
            const auto& application = table_.routes[i].application;
            std::vector<std::string> hosts;
            std::vector<std::string_view> suffixes;
            for (const auto& domain : application.domains) {
                domains_[application.listen_port].push_back(domain);
                if (domain.text().starts_with('*')) {
                    suffixes.push_back(std::string_view(domain.text()).substr(1));
                } else {
                    hosts.push_back(domain.text());
                }
            }
            std::vector<std::string_view> paths(application.options->paths.begin(),
                                                application.options->paths.end());
            if (paths.empty()) paths.emplace_back("/");
            auto& ways = ways_[application.listen_port];
            for (const std::string_view path : paths) {
                if (!hosts.empty()) ways.push_back({"", hosts, path, i});
                for (const auto suffix : suffixes) ways.push_back({suffix, {}, path, i});
            }
        }
        for (auto& [port, ways] : ways_) {
            std::ranges::sort(ways, [](const Way& a, const Way& b) {
                const auto rank = [](const Way& way) {
                    const std::size_t wild = way.suffix.empty() ? SIZE_MAX : way.suffix.size();
                    return std::tuple(~wild, way.suffix, ~way.path.size(), way.path, way.route);
                };
                return rank(a) < rank(b);
            });
        }
    }

    void server(std::uint16_t port) {
        const bool plain = port == options_.http_port;
        json_.object(fmt::format("scrimp_{}", port));
        json_.value("listen", fmt::format("[\":{}\"]", port));
        json_.value("automatic_https", R"({"disable": true})");
        json_.value("protocols", plain ? R"(["h1"])" : R"(["h1", "h2"])");
        json_.value("read_header_timeout", "\"60s\"");
        json_.value("idle_timeout", "\"75s\"");
        if (!plain) {
            json_.value("tls_connection_policies", caddy_tls_policies(options_, domains_[port]));
        }
        json_.list("routes");
        if (plain) generation();
        if (plain && !options_.challenge_socket.empty()) challenges();
        if (const auto found = ways_.find(port); found != ways_.end()) {
            routes(found->second, plain);
        }
        // Whoever is nobody's: to HTTPS, or the page.
        json_.item(fmt::format(R"({{"handle": [{}]}})", plain ? to_https() : caddy_page()));
        json_.end();
        json_.value(
            "errors",
            fmt::format(R"({{"routes": [{{"match": [{{"vars": {{"{{http.error.status_code}}": )"
                        R"(["502", "503", "504"]}}}}], "handle": [{}]}}]}})",
                        caddy_page()));
        json_.end();
    }

    /// Whatever domain an application claims, the question for the generation finds its answer.
    void generation() {
        const std::string_view asked = generation_path;
        const std::string lead =
            fmt::format(R"({{"match": [{{"path": ["{}"], "remote_ip": {{"ranges": ["127.0.0.0/8", )"
                        R"("::1/128"]}}}}], "handle": [{{"handler": "static_response", "headers": )"
                        R"({{"Content-Type": ["text/plain"]}}, "body": ")",
                        asked);
        json_.item(lead + std::string(zero_generation) + R"(\n"}], "terminal": true})");
        constexpr std::string_view rest = R"(\n"}], "terminal": true})";
        generation_at_.push_back(json_.size() - rest.size() - generation_digits);
        json_.item(fmt::format(R"({{"match": [{{"path": ["{}"]}}], "handle": [{{"handler": )"
                               R"("static_response", "status_code": 404}}], "terminal": true}})",
                               asked));
    }

    /// The daemon answers for every domain, whichever node asked for a certificate.
    void challenges() {
        json_.item(
            fmt::format(R"({{"match": [{{"path": ["/.well-known/acme-challenge/*"]}}], "handle": )"
                        R"([{{"handler": "reverse_proxy", "upstreams": [{{"dial": {}}}]}}], )"
                        R"("terminal": true}})",
                        json_string("unix/" + options_.challenge_socket)));
    }

    [[nodiscard]] std::string admin_address() const {
        const std::string& given = options_.runtime_socket;
        return given.empty() ? "localhost:2019" : given.starts_with('/') ? "unix/" + given : given;
    }

    [[nodiscard]] std::string to_https() const {
        const auto port =
            options_.https_port == 443 ? std::string() : fmt::format(":{}", options_.https_port);
        return fmt::format(
            R"({{"handler": "static_response", "status_code": 301, "headers": {{"Location": )"
            R"(["https://{{http.request.host}}{}{{http.request.uri}}"]}}}})",
            port);
    }

    void routes(const std::vector<Way>& ways, bool plain) {
        const auto first_wild =
            std::ranges::find_if(ways, [](const Way& way) { return !way.suffix.empty(); });
        const std::span<const Way> own(ways.begin(), first_wild);
        const std::span<const Way> wild(first_wild, ways.end());
        for (std::size_t at = 0; at < own.size(); at += group_size) {
            group(own.subspan(at, std::min(group_size, own.size() - at)), own.size() > group_size,
                  plain);
        }
        homeless(own, plain);
        for (std::size_t i = 0; i < wild.size(); ++i) {
            route(wild[i], plain);
            const bool last = i + 1 == wild.size() || wild[i + 1].suffix != wild[i].suffix;
            if (last && wild[i].path != "/") nobody(matcher(wild[i], false), plain);
        }
    }

    void group(std::span<const Way> ways, bool behind_names, bool plain) {
        if (behind_names) {
            std::set<std::string> names;
            for (const Way& way : ways) names.insert(way.hosts.begin(), way.hosts.end());
            json_.object();
            json_.value("match", fmt::format(R"([{{"host": {}}}])",
                                             json_strings({names.begin(), names.end()})));
            json_.list("handle");
            json_.object();
            json_.value("handler", "\"subroute\"");
            json_.list("routes");
        }
        for (const Way& way : ways) route(way, plain);
        if (behind_names) {
            for (int level = 0; level < 4; ++level) json_.end();
        }
    }

    /// A name that has an owner of some of its paths is not a wildcard's.
    void homeless(std::span<const Way> ways, bool plain) {
        std::set<std::string> names;
        std::set<std::string> housed;
        for (const Way& way : ways) {
            (way.path == "/" ? housed : names).insert(way.hosts.begin(), way.hosts.end());
        }
        for (const auto& name : housed) names.erase(name);
        if (names.empty()) return;
        nobody(fmt::format(R"("host": {})", json_strings({names.begin(), names.end()})), plain);
    }

    void nobody(const std::string& match, bool plain) {
        json_.item(fmt::format(R"({{"match": [{{{}}}], "handle": [{}], "terminal": true}})", match,
                               plain ? to_https() : caddy_page()));
    }

    [[nodiscard]] static std::string matcher(const Way& way, bool with_path) {
        std::string match =
            way.suffix.empty()
                ? fmt::format(R"("host": {})", json_strings(way.hosts))
                // A host matcher's star stands for one label, ours for one or more.
                : fmt::format(R"("vars_regexp": {{"{{http.request.host}}": {{"pattern": {}}}}})",
                              json_string("(?i)^.+" + caddy_pattern(way.suffix) + "$"));
        if (with_path && way.path != "/") {
            const std::string_view end = way.path.ends_with('/') ? "" : "(/|$)";
            match += fmt::format(R"(, "path_regexp": {{"pattern": {}}})",
                                 json_string("^" + caddy_pattern(way.path) + std::string(end)));
        }
        return match;
    }

    void route(const Way& way, bool plain) {
        const service::Route& leads_to = table_.routes[way.route];
        json_.object();
        json_.value("@id", json_string(name_of(leads_to)));
        json_.value("match", fmt::format("[{{{}}}]", matcher(way, true)));
        json_.list("handle");
        write_caddy_handlers(json_, leads_to, options_.backend_ca_path, plain);
        json_.end();
        json_.value("terminal", "true");
        json_.end();
    }

    /// Routes have one each, or Caddy would show but the last of those that share one.
    [[nodiscard]] std::string name_of(const service::Route& route) {
        const std::string name = "scrimp_" + route.application.name.text();
        std::string unique = name;
        for (int n = 2; !names_.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
        return unique;
    }

    const service::RoutingTable& table_;
    const RenderOptions& options_;
    std::string tls_app_;
    std::map<std::uint16_t, std::vector<Way>> ways_;  ///< By port, in the order of precedence.
    std::map<std::uint16_t, std::vector<service::Domain>> domains_;  ///< By port.
    std::set<std::string> names_;  ///< Of routes, as far as they are written.
    JsonText json_;
    std::vector<std::size_t> generation_at_;  ///< Where the text names its generation.
};

}  // namespace

Result<Rendered> render_caddy(const service::RoutingTable& table, const RenderOptions& options) {
    if (options.https_port == 0) return fail("https-port: caddy needs one, 1 to 65535");
    if (options.http_port == options.https_port) {
        return fail(fmt::format("http-port and https-port are both {}; they must differ",
                                options.http_port));
    }
    auto tls_app = caddy_tls_app(options);
    if (!tls_app) return tl::unexpected(tls_app.error());
    return CaddyRenderer(table, options, *std::move(tls_app)).render();
}

std::string generation_in_caddy(std::string_view text) {
    if (!text.starts_with(caddy_head)) return {};
    const std::string_view said = text.substr(caddy_head.size(), generation_digits);
    const bool whole = said.size() == generation_digits &&
                       said.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return whole ? std::string(said) : std::string();
}

}  // namespace scrimp::proxy
