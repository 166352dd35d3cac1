#include "proxy/nginx_tls.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "proxy/nginx_path.h"

namespace scrimp::proxy {
namespace {

/// Mozilla's guideline 6.0, "intermediate".
constexpr std::string_view tls_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// nginx's versions as it writes them itself, NGINX_VERSION in nginx.h: 1.25.1 is 1025001.
constexpr std::uint32_t rejects_handshakes_since = 1'019'004;

constexpr std::string_view certificate_words = "# Certificate ";
constexpr std::string_view fallback_words = "# Fallback certificate ";

std::string line_of(std::string_view words, const Certificate& certificate) {
    std::string line(words);
    if (!certificate.name.empty()) line += certificate.name + " ";
    line += fmt::format("{} until {} for", certificate.fingerprint, certificate.not_after);
    for (const service::Domain& domain : certificate.domains) line += " " + domain.text();
    return line;
}

/// Whether nginx takes a server of this name for `name`: its `*` stands for several labels too.
bool leads_to(const service::Domain& wildcard, const service::Domain& name) {
    return wildcard.text().starts_with("*.") && name.text().ends_with(wildcard.text().substr(1));
}

std::string_view take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

constexpr std::string_view keep_lately_used = "keepalive_min_timeout 5s;";

/// What the profile says, and how sessions are resumed.
void write_tls_profile(Text& text, TlsProfile profile) {
    if (profile == TlsProfile::Modern) {
        text.line("ssl_protocols TLSv1.3;");
    } else {
        text.line("ssl_protocols TLSv1.2 TLSv1.3;");
        text.line(fmt::format("ssl_ciphers {};", tls_ciphers));
    }
    text.line("ssl_prefer_server_ciphers off;");
    text.line("ssl_ecdh_curve X25519:prime256v1:secp384r1;");
    // 10 MB hold some 40,000 sessions; the keys of tickets would not rotate before nginx 1.23.
    text.line("ssl_session_cache shared:scrimp_tls:10m;");
    text.line("ssl_session_timeout 1d;");
    text.line("ssl_session_tickets off;");
}

}  // namespace

std::optional<Certificate> read_certificate_line(std::string_view line) {
    Certificate read;
    if (line.starts_with(certificate_words)) {
        line.remove_prefix(certificate_words.size());
        read.name = take_word(line);
    } else if (line.starts_with(fallback_words)) {
        line.remove_prefix(fallback_words.size());
    } else {
        return std::nullopt;
    }
    read.fingerprint = take_word(line);
    if (take_word(line) != "until") return std::nullopt;
    const std::string_view digits = take_word(line);
    std::from_chars(digits.data(), digits.data() + digits.size(), read.not_after);
    if (take_word(line) != "for") return std::nullopt;
    while (!line.empty()) {
        auto domain = service::Domain::parse(take_word(line));
        if (!domain) return std::nullopt;
        read.domains.push_back(*std::move(domain));
    }
    return read;
}

Result<NginxTls> NginxTls::of(const RenderOptions& options) {
    NginxTls made(options);
    const auto quoted = [](const std::string& chain, const std::string& key) -> Result<Files> {
        auto chain_path = quote_nginx_path("the path of the TLS chain", chain);
        if (!chain_path) return tl::unexpected(chain_path.error());
        auto key_path = quote_nginx_path("the path of the TLS key", key);
        if (!key_path) return tl::unexpected(key_path.error());
        return Files{*std::move(chain_path), *std::move(key_path)};
    };
    auto fallback = quoted(options.tls_chain_path, options.tls_key_path);
    if (!fallback) return tl::unexpected(fallback.error());
    made.fallback_ = *std::move(fallback);
    if (!options.certificates) return made;
    for (const Certificate& certificate : options.certificates->all()) {
        auto files = quoted(certificate.chain_path, certificate.key_path);
        if (!files) return tl::unexpected(files.error());
        made.files_.push_back(*std::move(files));
    }
    return made;
}

bool NginxTls::rejects() const {
    return options_.certificates && options_.nginx_version >= rejects_handshakes_since;
}

void NginxTls::write_facts(Text& text) const {
    if (!options_.certificates) return;
    if (const auto& fallback = options_.certificates->fallback()) {
        text.line(line_of(fallback_words, *fallback));
    }
    for (const Certificate& certificate : options_.certificates->all()) {
        text.line(line_of(certificate_words, certificate));
    }
}

NginxTls::Choice NginxTls::choose(const service::Domain& domain) const {
    return options_.certificates ? options_.certificates->find(domain) : std::nullopt;
}

std::vector<NginxTls::Group> NginxTls::groups(std::uint16_t port, const Domains& shared,
                                              const Domains& own) const {
    // By name, so that each is in one group only, and in order.
    std::map<service::Domain, std::pair<Choice, const service::Domain*>> chosen;
    for (const auto* domain : shared) chosen.try_emplace(*domain, choose(*domain), domain);
    const auto offer = [&](const service::Domain& name, Choice certificate) {
        const auto covers_name = [&name](const auto* domain) { return covers(*domain, name); };
        const bool wanted = port == options_.https_port || std::ranges::any_of(shared, covers_name);
        // What a server of its own answers must not come here first.
        const auto leads_to_name = [&name](const auto* domain) {
            return *domain == name || leads_to(*domain, name);
        };
        if (!wanted || name.text().size() > known_name_bytes_max ||
            std::ranges::any_of(own, leads_to_name)) {
            return;
        }
        chosen.try_emplace(name, certificate, &name);
    };
    if (options_.certificates) {
        for (const auto& [name, at] : options_.certificates->names()) offer(name, at);
        if (const auto& fallback = options_.certificates->fallback()) {
            for (const service::Domain& name : fallback->domains) offer(name, choose(name));
        }
    }
    std::map<Choice, std::vector<const service::Domain*>> by_certificate;
    // Who cannot reject an unknown name answers it with the fallback.
    if (!rejects()) by_certificate[std::nullopt];
    for (const auto& [name, choice] : chosen) {
        by_certificate[choice.first].push_back(choice.second);
    }
    std::vector<Group> all;
    for (auto& [certificate, names] : by_certificate) {
        all.push_back({certificate, !rejects() && !certificate, std::move(names)});
    }
    return all;
}

void NginxTls::write_rejecting_server(Text& text, std::uint16_t port) const {
    if (!rejects()) return;
    text.open("server");
    write_listen(text, port, true);
    text.line("server_name _;");
    text.line("ssl_reject_handshake on;");
    // Before it knows the name, a handshake is held by what stands here.
    write_tls_profile(text, options_.tls_profile);
    text.close();
    text.blank();
}

void NginxTls::write_listen(Text& text, std::uint16_t port, bool is_default) const {
    const bool directive = options_.nginx_version >= nginx_with_http2_directive;
    const std::string rest = fmt::format("{} ssl{}{};", port, directive ? "" : " http2",
                                         is_default ? " default_server" : "");
    text.line("listen " + rest);
    if (options_.ipv6) text.line("listen [::]:" + rest);
    if (directive) text.line("http2 on;");
}

void NginxTls::write(Text& text, Choice certificate) const {
    const Files& files = certificate ? files_[*certificate] : fallback_;
    text.line(fmt::format("ssl_certificate {};", files.chain));
    text.line(fmt::format("ssl_certificate_key {};", files.key));
    if (options_.nginx_version >= nginx_keeping_idle) text.line(keep_lately_used);
    write_tls_profile(text, options_.tls_profile);
}

}  // namespace scrimp::proxy
