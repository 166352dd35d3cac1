#include "proxy/nginx_reading.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "proxy/nginx.h"
#include "proxy/nginx_generation.h"
#include "proxy/nginx_note.h"
#include "proxy/nginx_tls.h"

namespace scrimp::proxy {
namespace {

constexpr std::string_view upstream_prefix = "scrimp_";

/// Far above any table that a registry makes; each costs some hundred bytes here.
constexpr std::size_t applications_most = 100'000;

/// Of a line in a sentence.
constexpr std::size_t shown_line_bytes_max = 80;

/// Takes the prefix away, if it is there.
bool skip(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// Up to the next space, which goes too; all that is left if there is none.
std::string_view next_word(std::string_view& text) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

class TextLines {
  public:
    explicit TextLines(std::string_view text) : rest_(text) {}
    [[nodiscard]] bool is_done() const { return rest_.empty(); }
    std::string_view next() {
        const std::size_t end = rest_.find('\n');
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        return line;
    }

  private:
    std::string_view rest_;
};

std::string_view unindented(std::string_view line) {
    const std::size_t from = line.find_first_not_of(' ');
    return from == std::string_view::npos ? std::string_view() : line.substr(from);
}

/// What the text says of one upstream, from wherever it says it.
struct Found {
    std::optional<std::uint16_t> listen_port;
    service::Protocol protocol = service::Protocol::Http;
    std::vector<service::Domain> domains;
    std::vector<service::Upstream> upstreams;
    bool defined = false;  ///< There was an upstream of this name.
    std::optional<service::Application> noted{};
};

class TextReader {
  public:
    explicit TextReader(std::string_view text) : lines_(text) {}

    /// A table that may render to the text; nothing if none can.
    std::optional<service::RoutingTable> read(std::uint16_t port_of_nobody) {
        while (!lines_.is_done()) {
            std::string_view line = unindented(lines_.next());
            bool read = true;
            if (skip(line, nginx_note_mark)) {
                note_ += line;
            } else if (skip(line, "map $host $scrimp_on_")) {
                read = read_map(line);
            } else if (skip(line, "upstream ")) {
                read = read_upstream(line);
            } else if (skip(line, "listen ")) {
                read_listen(line);
            } else if (skip(line, "server_name ")) {
                names_ = line;
            } else if (skip(line, "proxy_pass http")) {
                read = read_own_server(line);
            }
            if (!read || order_.size() > applications_most) return std::nullopt;
        }
        return make_table(port_of_nobody);
    }

  private:
    /// "443 {", then domains.
    bool read_map(std::string_view head) {
        const auto port = parse_port(next_word(head));
        if (!port) return false;
        while (!lines_.is_done()) {
            std::string_view line = unindented(lines_.next());
            if (line == "}") return true;
            if (line == "hostnames;" || line == "default '';") continue;
            skip(line, "\\");
            auto domain = service::Domain::parse(next_word(line));
            const bool tls = skip(line, "https://");
            if (!domain || (!tls && !skip(line, "http://")) || !line.ends_with(';')) return false;
            Found& found = found_[line.substr(0, line.size() - 1)];
            found.listen_port = *port;
            found.protocol = tls ? service::Protocol::Https : service::Protocol::Http;
            found.domains.push_back(*std::move(domain));
        }
        return false;
    }

    /// "scrimp_web {", then servers. Its application's note was before it.
    bool read_upstream(std::string_view head) {
        const std::string_view name = next_word(head);
        const std::string note = std::exchange(note_, {});
        // One that a cookie leads to is made from its application.
        if (!name.starts_with(upstream_prefix)) return true;
        Found& found = found_[name];
        if (!note.empty()) {
            auto application = read_note(note);
            if (!application) return false;
            found.noted = *std::move(application);
        }
        if (std::exchange(found.defined, true)) return false;
        order_.push_back(name);
        while (!lines_.is_done()) {
            std::string_view line = unindented(lines_.next());
            if (line == "}") return true;
            if (!skip(line, "server ")) continue;
            const auto endpoint = parse_endpoint(next_word(line));
            if (!endpoint) return false;
            service::Upstream& upstream = found.upstreams.emplace_back();
            upstream.endpoint = *endpoint;
            if (skip(line, "weight=")) {
                const std::string_view digits = next_word(line);
                std::from_chars(digits.data(), digits.data() + digits.size(), upstream.weight);
            }
        }
        return false;
    }

    /// "443 ssl http2;" or "8080;": the first of a server, the second is the same for IPv6.
    void read_listen(std::string_view line) {
        const auto port = parse_port(line.substr(0, line.find_first_of(" ;")));
        if (port) port_ = *port;
    }

    /// A server beside the maps, for an application's long domains.
    bool read_own_server(std::string_view line) {
        const bool tls = skip(line, "s");
        if (!skip(line, "://") || !line.ends_with(';') || !names_.ends_with(';')) return false;
        Found& found = found_[line.substr(0, line.size() - 1)];
        found.listen_port = port_;
        found.protocol = tls ? service::Protocol::Https : service::Protocol::Http;
        std::string_view names = names_.substr(0, names_.size() - 1);
        while (!names.empty()) {
            auto domain = service::Domain::parse(next_word(names));
            if (!domain) return false;
            found.domains.push_back(*std::move(domain));
        }
        return true;
    }

    std::optional<service::RoutingTable> make_table(std::uint16_t port_of_nobody) {
        service::RoutingTable table;
        for (std::string_view name : order_) {
            Found& found = found_[name];
            if (!skip(name, upstream_prefix)) return std::nullopt;
            auto parsed = service::Name::parse(name);
            if (!parsed) return std::nullopt;
            std::ranges::sort(found.domains);
            if (found.noted) {
                table.routes.push_back({.application = *std::move(found.noted),
                                        .upstreams = std::move(found.upstreams)});
                continue;
            }
            table.routes.push_back(
                {.application = {.name = *std::move(parsed),
                                 .listen_port = found.listen_port.value_or(port_of_nobody),
                                 .application_port = 0,
                                 .protocol = found.protocol,
                                 .domains = std::move(found.domains)},
                 .upstreams = std::move(found.upstreams)});
        }
        return table;
    }

    TextLines lines_;
    std::map<std::string_view, Found> found_;  ///< By the upstream's name.
    std::vector<std::string_view> order_;
    std::uint16_t port_ = 0;    ///< Of the server that is being read.
    std::string_view names_{};  ///< The last server_name.
    std::string note_;          ///< What stands before the next upstream.
};

/// What the text says of the fallback, whose files are the configuration's; null if it says that
/// nobody has looked. Other certificates have files that are not, so none of them is taken.
std::shared_ptr<const Certificates> read_fallback(std::string_view text) {
    if (text.find("\n    ssl_reject_handshake on;\n") == std::string_view::npos) return nullptr;
    TextLines lines(text);
    while (!lines.is_done()) {
        const std::string_view line = lines.next();
        if (!line.starts_with('#')) break;
        auto certificate = read_certificate_line(line);
        if (!certificate || !certificate->name.empty()) continue;
        return std::make_shared<const Certificates>(std::vector<Certificate>(), *certificate);
    }
    return std::make_shared<const Certificates>();
}

/// Where two texts part, but for the generation, which differs if anything does.
std::string first_difference(std::string text, const Rendered& made) {
    const std::string said = generation_in_nginx(text);
    for (auto at = text.find(said); !said.empty() && at != std::string::npos;
         at = text.find(said, at + said.size())) {
        text.replace(at, said.size(), made.generation);
    }
    const std::string_view rendered = made.text;
    const auto parts = std::ranges::mismatch(text, rendered);
    const auto at = static_cast<std::size_t>(parts.in1 - text.begin());
    const auto here = std::string_view(text).substr(0, at);
    const auto number = std::ranges::count(here, '\n') + 1;
    const std::size_t newline = here.rfind('\n');
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const std::string_view line =
        std::string_view(text).substr(begin, text.find('\n', begin) - begin);
    return "line " + std::to_string(number) + " is none that the generator writes: '" +
           printable(unindented(line), shown_line_bytes_max) + "'";
}

}  // namespace

Result<void> check_nginx_rendering(std::string_view text, RenderOptions options) {
    const auto table = TextReader(text).read(options.https_port);
    options.ipv6 = text.find("listen [::]:") != std::string_view::npos;
    if (text.find("\n    http2 on;\n") != std::string_view::npos) {
        const bool later = text.find("\n    keepalive_min_timeout ") != std::string_view::npos;
        options.nginx_version = later ? nginx_keeping_idle : nginx_with_http2_directive;
    }
    options.certificates = read_fallback(text);
    const auto rendered = render_nginx(table.value_or(service::RoutingTable()), options);
    if (!rendered) return tl::unexpected(rendered.error());
    if (rendered->text == text) return {};
    return fail(first_difference(std::string(text), *rendered));
}

}  // namespace scrimp::proxy
