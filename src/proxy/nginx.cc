#include "proxy/nginx.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "proxy/fingerprint.h"
#include "proxy/nginx_generation.h"
#include "proxy/nginx_location.h"
#include "proxy/nginx_path.h"
#include "proxy/nginx_servers.h"
#include "proxy/nginx_tls.h"
#include "proxy/nginx_variables.h"
#include "proxy/text.h"

namespace scrimp::proxy {
namespace {

/// nginx's default hash bucket is one cache line, 64 bytes: a pointer, a length of two bytes with
/// the name, and a closing pointer, padded to eights. Longer names need a larger bucket.
constexpr std::size_t domain_bytes_in_default_bucket = 46;

constexpr std::string_view unknown_generation = "0000000000000000";

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
        write_variables(text_);
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
            write_proxying(text_, fmt::format("$scrimp_on_{}", options_.http_port), redirect, true);
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
        write_tls(text_, chain_, key_);
        write_proxying(text_, fmt::format("$scrimp_on_{}", port), "return 503;", false);
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
            write_tls(text_, chain_, key_);
        }
        write_proxying(text_, address_of(route), "", plain);
        text_.close();
        text_.blank();
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
