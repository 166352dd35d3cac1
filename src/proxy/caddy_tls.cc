#include "proxy/caddy_tls.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "proxy/json_text.h"

namespace scrimp::proxy {
namespace {

/// Mozilla's guideline 6.0, "intermediate"; 1.3's suites are Go's own.
constexpr std::string_view caddy_ciphers =
    R"(, "cipher_suites": ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", )"
    R"("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", )"
    R"("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", )"
    R"("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", )"
    R"("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"])";

Result<std::string> caddy_path(std::string_view key, std::string_view path) {
    constexpr std::size_t path_bytes_max = 2000;
    const bool readable = std::ranges::none_of(path, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '{' || c == '}';
    });
    if (path.empty()) return fail(fmt::format("{} is empty; caddy needs it to speak TLS", key));
    if (!readable || path.size() > path_bytes_max) {
        return fail(
            fmt::format("{}: for caddy a path must have no brace, no control character and at "
                        "most {} bytes; give the file a plainer name",
                        key, path_bytes_max));
    }
    return json_string(path);
}

/// With the fingerprint, so that a renewal changes the text. No certificate's name is empty.
std::string tag_of(const Certificate& certificate) {
    return "scrimp-" + certificate.name + "-" + certificate.fingerprint;
}

std::string fallback_tag(const RenderOptions& options) {
    const bool known = options.certificates && options.certificates->fallback();
    return known ? tag_of(*options.certificates->fallback()) : "scrimp-fallback";
}

Result<std::string> load_file(std::string_view keys, const std::string& chain,
                              const std::string& key, const std::string& tag) {
    const auto chain_path = caddy_path(fmt::format("{}chain-location", keys), chain);
    if (!chain_path) return tl::unexpected(chain_path.error());
    const auto key_path = caddy_path(fmt::format("{}key-location", keys), key);
    if (!key_path) return tl::unexpected(key_path.error());
    return fmt::format(R"({{"certificate": {}, "key": {}, "tags": [{}]}})", *chain_path, *key_path,
                       json_string(tag));
}

std::string policy(const RenderOptions& options, const std::string& tag, std::string_view names) {
    const bool modern = options.tls_profile == TlsProfile::Modern;
    return fmt::format(
        R"({{{}"certificate_selection": {{"any_tag": [{}]}}, "alpn": ["h2", "http/1.1"], )"
        R"("protocol_min": "{}", "curves": ["x25519", "secp256r1", "secp384r1"]{}}})",
        names.empty() ? "" : fmt::format(R"("match": {{"sni": {}}}, )", names), json_string(tag),
        modern ? "tls1.3" : "tls1.2", modern ? "" : caddy_ciphers);
}

}  // namespace

Result<std::string> caddy_tls_app(const RenderOptions& options) {
    auto files =
        load_file("tls-", options.tls_chain_path, options.tls_key_path, fallback_tag(options));
    if (!files) return files;
    if (options.certificates) {
        for (const Certificate& each : options.certificates->all()) {
            const auto file =
                load_file(each.name + ": ", each.chain_path, each.key_path, tag_of(each));
            if (!file) return file;
            *files += ", " + *file;
        }
    }
    // Nothing is asked of the network while a configuration is taken.
    return fmt::format(
        R"({{"disable_ocsp_stapling": true, "certificates": {{"load_files": [{}]}}}})", *files);
}

std::string caddy_tls_policies(const RenderOptions& options,
                               const std::vector<service::Domain>& domains) {
    if (!options.certificates) return "[" + policy(options, fallback_tag(options), "") + "]";
    const Certificates& known = *options.certificates;
    // Names of their own before wildcards: Caddy takes the first policy that matches.
    std::map<std::pair<bool, std::string>, std::set<std::string>> names;
    const auto add = [&](const service::Domain& name) {
        const auto found = known.find(name);
        names[{name.text().starts_with('*'),
               found ? tag_of(known.all()[*found]) : fallback_tag(options)}]
            .insert(name.text());
    };
    for (const auto& domain : domains) add(domain);
    for (const auto& [name, place] : known.names()) add(name);
    if (known.fallback()) std::ranges::for_each(known.fallback()->domains, add);
    std::string policies;
    for (const auto& [key, those] : names) {
        policies += (policies.empty() ? "" : ", ") +
                    policy(options, key.second, json_strings({those.begin(), those.end()}));
    }
    // No policy at all would be no TLS at all; this name is nobody's.
    if (policies.empty())
        policies = policy(options, fallback_tag(options), R"(["scrimp.invalid"])");
    return "[" + policies + "]";
}

}  // namespace scrimp::proxy
