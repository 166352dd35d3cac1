#include "proxy/nginx.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "proxy/fingerprint.h"
#include "proxy/nginx_challenge.h"
#include "proxy/nginx_domains.h"
#include "proxy/nginx_generation.h"
#include "proxy/nginx_location.h"
#include "proxy/nginx_note.h"
#include "proxy/nginx_path.h"
#include "proxy/nginx_servers.h"
#include "proxy/nginx_sticky.h"
#include "proxy/nginx_tls.h"
#include "proxy/nginx_variables.h"
#include "proxy/nginx_word.h"
#include "proxy/text.h"

namespace scrimp::proxy {
namespace {

constexpr std::string_view unknown_generation = "0000000000000000";

class Renderer {
  public:
    Renderer(const service::RoutingTable& table, const RenderOptions& options, NginxTls tls)
        : table_(table), options_(options), tls_(std::move(tls)), domains_(nginx_domains(table)) {
        domains_.shared[options.https_port];  // Whether an application is there or not.
        name_upstreams();
    }

    [[nodiscard]] Rendered render() {
        text_.reserve(8192 + 256 * table_.routes.size());  // As the text usually turns out.
        text_.line("# Written by Scrimp LB and overwritten with the next change: do not edit.");
        line_of_generation(generation_words, ".");
        tls_.write_facts(text_);
        text_.blank();
        write_variables(text_);
        if (!variable_ends_.empty()) write_sticky_variables(text_);
        hash_bucket();
        domain_maps();
        if (options_.http_port != 0) plain_server();
        for (const auto& [port, leads] : domains_.shared) {
            if (port != options_.http_port) tls_servers(port, leads);
        }
        for (const auto& [paths, names] : domains_.own) own_servers(paths, names);
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
        std::set<std::string> ends;
        for (std::size_t i = 0; i < table_.routes.size(); ++i) {
            if (!is_sticky(i)) continue;
            std::string name = application(i).name.folded();
            std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-'; }, '_');
            std::string unique = name;
            for (int n = 2; !ends.insert(unique).second; ++n)
                unique = fmt::format("{}_{}", name, n);
            variable_ends_[i] = std::move(unique);
        }
    }

    void line_of_generation(std::string_view before, std::string_view after) {
        text_.line(fmt::format("{}{}{}", before, unknown_generation, after));
        generation_at_.push_back(text_.size() - 1 - after.size() - generation_digits);
    }

    [[nodiscard]] const service::Application& application(std::size_t route) const {
        return table_.routes[route].application;
    }

    [[nodiscard]] std::string address_of(std::size_t route) const {
        return fmt::format("{}://{}", service::name_of(application(route).protocol),
                           upstream_names_[route]);
    }

    [[nodiscard]] bool is_sticky(std::size_t route) const {
        return !application(route).options->sticky_cookie.empty();
    }

    [[nodiscard]] NginxSticky sticky(std::size_t route) const {
        return {.upstream = upstream_names_[route], .key = variable_ends_.at(route)};
    }

    /// Set only when needed: an operator who has it in nginx.conf too would meet a duplicate.
    void hash_bucket() {
        std::size_t longest = 0;
        for (const auto& [paths, names] : domains_.own) {
            for (const auto* domain : names) longest = std::max(longest, domain->text().size());
        }
        if (longest <= domain_bytes_in_default_bucket) return;
        std::size_t bucket = 128;
        while (bucket < longest + 32) bucket *= 2;  // The name, its padding and two pointers.
        text_.line(fmt::format("server_names_hash_bucket_size {};", bucket));
    }

    /// Which upstream a domain leads to.
    void domain_maps() {
        for (const auto& [port, leads] : domains_.shared) {
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
    void server_names(const NginxLeads& leads) {
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

    [[nodiscard]] std::string redirect_to_tls() const {
        const auto port =
            options_.https_port == 443 ? std::string() : fmt::format(":{}", options_.https_port);
        return fmt::format("return 301 https://$host{}$request_uri;", port);
    }

    [[nodiscard]] bool has_challenges() const { return !options_.challenge_socket.empty(); }

    void challenges() {
        if (has_challenges()) write_challenges(text_, options_.challenge_socket);
    }

    void only_line(std::string_view location, std::string_view line) {
        text_.open(fmt::format("location {}", location));
        text_.line(line);
        text_.close();
    }

    void plain_server() {
        const auto redirect = redirect_to_tls();
        text_.open("server");
        listen(options_.http_port, " default_server");
        const auto found = domains_.shared.find(options_.http_port);
        server_names(found == domains_.shared.end() ? NginxLeads() : found->second);
        text_.line("server_tokens off;");
        generation_location();
        challenges();
        if (found != domains_.shared.end()) {
            const auto to = fmt::format("$scrimp_on_{}", options_.http_port);
            write_proxying(text_, to, redirect, true);
            if (has_challenges()) write_forwarding(text_, not_ours_location, to, redirect);
        } else {
            only_line("/", redirect);
            if (has_challenges()) only_line(not_ours_location, redirect);
        }
        text_.close();
        text_.blank();
    }

    void tls_servers(std::uint16_t port, const NginxLeads& leads) {
        std::vector<const service::Domain*> shared;
        for (const auto& [domain, route] : leads) shared.push_back(domain);
        std::vector<const service::Domain*> own;
        for (const auto& [paths, names] : domains_.own) {
            if (application(paths.front().second).listen_port != port) continue;
            own.insert(own.end(), names.begin(), names.end());
        }
        tls_.write_rejecting_server(text_, port);
        for (const auto& group : tls_.groups(port, shared, own)) tls_server(port, group);
    }

    void tls_server(std::uint16_t port, const NginxTls::Group& group) {
        text_.open("server");
        tls_.write_listen(text_, port, group.is_default);
        if (group.names.empty()) text_.line("server_name _;");
        for (const auto* name : group.names) {
            text_.line(fmt::format("server_name {};", name->text()));
        }
        text_.line("server_tokens off;");
        tls_.write(text_, group.certificate);
        write_proxying(text_, fmt::format("$scrimp_on_{}", port), "return 503;", false);
        text_.close();
        text_.blank();
    }

    /// All of one port, since an application has one.
    void own_servers(const NginxPaths& paths, const std::vector<const service::Domain*>& names) {
        const bool plain = is_plain(application(paths.front().second));
        std::map<NginxTls::Choice, std::vector<const service::Domain*>> by_certificate;
        for (const auto* name : names) {
            by_certificate[plain ? std::nullopt : tls_.choose(*name)].push_back(name);
        }
        for (const auto& [certificate, group] : by_certificate) {
            own_server(paths, group, certificate);
        }
    }

    void own_server(const NginxPaths& paths, const std::vector<const service::Domain*>& names,
                    NginxTls::Choice certificate) {
        const auto& first = application(paths.front().second);
        const bool plain = is_plain(first);
        text_.open("server");
        if (plain) {
            listen(first.listen_port, "");
        } else {
            tls_.write_listen(text_, first.listen_port, false);
        }
        std::string list;
        for (const auto* name : names) list += " " + name->text();
        text_.line(fmt::format("server_name{};", list));
        text_.line("server_tokens off;");
        if (plain) {
            generation_location();
            challenges();
        } else {
            tls_.write(text_, certificate);
        }
        if (paths.size() == 1 && paths.front().first == "/" && !needs_own_location(first)) {
            const auto to = address_of(paths.front().second);
            write_proxying(text_, to, "", plain);
            if (plain && has_challenges()) write_forwarding(text_, not_ours_location, to, "");
        } else {
            places(paths, plain);
            if (plain && has_challenges()) not_ours(paths);
        }
        text_.close();
        text_.blank();
    }

    void places(const NginxPaths& paths, bool plain) {
        for (std::size_t i = 0; i < paths.size(); ++i) place(paths[i], plain, i);
        if (paths.back().first != "/") {
            text_.open("location /");
            text_.line(plain ? redirect_to_tls() : "return 503;");
            if (!plain) write_if_unavailable(text_);
            text_.close();
        }
        write_unavailable(text_);
    }

    /// Where the paths would have led.
    void not_ours(const NginxPaths& paths) {
        const auto longest = std::ranges::find_if(
            paths, [](const auto& each) { return challenge_path.starts_with(each.first); });
        if (longest == paths.end()) return only_line(not_ours_location, redirect_to_tls());
        place({not_ours_location, longest->second}, true, paths.size());
    }

    void place(const NginxPath& path, bool plain, std::size_t number) {
        const std::size_t route = path.second;
        std::string to = address_of(route);
        std::string set_cookie;
        if (is_sticky(route)) {
            to = fmt::format("{}://{}", service::name_of(application(route).protocol),
                             sticky(route).to());
            set_cookie = sticky(route).set();
        }
        write_place(text_, {.application = application(route),
                            .path = path.first,
                            .to = to,
                            .set_cookie = set_cookie,
                            .ca = nginx_quoted(options_.backend_ca_path),
                            .plain = plain,
                            .number = number});
    }

    void upstream(std::size_t route) {
        write_note(text_, application(route));
        text_.open(fmt::format("upstream {}", upstream_names_[route]));
        text_.line(zone(route));
        const auto balance = application(route).options->balance;
        write_servers(text_, balance.value_or(service::Balance::RoundRobin),
                      table_.routes[route].upstreams);
        text_.close();
        if (is_sticky(route)) {
            write_sticky(text_, sticky(route), application(route).options->sticky_cookie,
                         !is_plain(application(route)), table_.routes[route].upstreams);
        }
    }

    /// Workers share what they learn of a backend, all upstreams in one zone: one of its own takes
    /// 64 kB at least. A server and an upstream take less than 1 kB each. The first tells the size.
    [[nodiscard]] std::string zone(std::size_t route) const {
        if (route > 0) return "zone scrimp_upstreams;";
        std::size_t kilobytes = 64 + table_.routes.size();
        for (std::size_t i = 0; i < table_.routes.size(); ++i) {
            const std::size_t upstreams = table_.routes[i].upstreams.size();
            kilobytes += upstreams;
            if (is_sticky(i)) kilobytes += upstreams + sticky_servers(upstreams);
        }
        return fmt::format("zone scrimp_upstreams {}k;", kilobytes);
    }

    const service::RoutingTable& table_;
    const RenderOptions& options_;
    NginxTls tls_;
    NginxDomains domains_;
    std::vector<std::string> upstream_names_;           ///< One a route.
    std::map<std::size_t, std::string> variable_ends_;  ///< Of sticky routes.
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
    auto tls = NginxTls::of(options);
    if (!tls) return tl::unexpected(tls.error());
    return Renderer(table, options, *std::move(tls)).render();
}

}  // namespace scrimp::proxy
