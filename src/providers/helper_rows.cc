// The rows whose work a helper program does. Here their settings are checked, each key and type,
// before anything runs; what the settings mean, the helper knows. docs/seeds.md has them for
// people.
#include <array>
#include <utility>

#include "providers/helper.h"
#include "providers/rows.h"
#include "providers/settings.h"

namespace scrimp::providers {
namespace {

constexpr std::array<Setting, 11> s3_settings{{
    {"bucket", is_text, true},
    {"region", is_text, true},
    {"key", is_text},
    {"endpoint", is_base_url},
    {"path-style", is_flag},
    {"profile", is_text},
    {"credentials-file", is_text},
    {"mode",
     [](const Json& value) {
         constexpr std::array<std::string_view, 3> modes{"auto", "conditional", "prefix"};
         return is_one_of(value, modes);
     }},
    {"ca-file", is_text},
    {"expiry", is_expiry},
    {"timeout", is_timeout},
}};

constexpr std::array<Setting, 8> http_settings{{
    {"url", is_url, true},
    {"publish", is_flag},
    {"publish-url", is_url},
    {"headers", is_headers},
    {"token-file", is_text},
    {"ca-file", is_text},
    {"expiry", is_expiry},
    {"timeout", is_timeout},
}};

constexpr std::array<Setting, 7> etcd_settings{{
    {"endpoints", is_base_url_list, true},
    {"key", is_text},
    {"username", is_text},
    {"password-file", is_text},
    {"ca-file", is_text},
    {"expiry", is_expiry},
    {"timeout", is_timeout},
}};

/// "192.0.2.53" or "192.0.2.53:5353", IPv6 in brackets where a port follows.
Result<void> is_name_server(const Json& value) {
    const auto text = read_text(value);
    if (!text) return tl::unexpected(text.error());
    if (parse_ip(*text) || parse_endpoint(*text)) return {};
    return fail("must be an IP address, or ADDRESS:PORT");
}

constexpr std::array<Setting, 5> dns_settings{{
    {"name", is_text, true},
    {"port", is_port},
    {"type",
     [](const Json& value) {
         constexpr std::array<std::string_view, 3> types{"auto", "a", "srv"};
         return is_one_of(value, types);
     }},
    {"server", is_name_server},
    {"timeout", is_timeout},
}};

constexpr std::array<Setting, 4> dns_resolver_settings{{
    {"name", is_text, true},
    {"family", is_family},
    {"server", is_name_server},
    {"timeout", is_timeout},
}};

Result<void> is_scope(const Json& value) {
    constexpr std::array<std::string_view, 2> scopes{"private", "public"};
    return is_one_of(value, scopes);
}

/// The one that only ec2 has stands last.
constexpr std::array<Setting, 5> metadata_settings{{
    {"family", is_family},
    {"scope", is_scope},
    {"endpoint", is_base_url},
    {"timeout", is_timeout},
    {"allow-imdsv1", is_flag},
}};
constexpr auto common_metadata_settings = std::span(metadata_settings).first<4>();

constexpr std::array<Setting, 4> exec_settings{{
    {"command", is_command, true},
    {"config", is_object},
    {"timeout", is_timeout},
    {"publish", is_flag},
}};
constexpr auto exec_resolver_settings = std::span(exec_settings).first<3>();

/// What our own helper is to do for `name`, once `config` is found to be in order.
Result<HelperSpec> spec_of(std::string_view name, const Json& config,
                           std::span<const Setting> settings) {
    if (const auto good = check_settings(config, settings); !good) {
        return tl::unexpected(good.error());
    }
    const auto timeout = timeout_of(config);
    if (!timeout) return tl::unexpected(timeout.error());
    return HelperSpec{.name = std::string(name),
                      .argv = {std::string(fetch_program)},
                      .config = config,
                      .timeout = *timeout};
}

/// The same for somebody else's program.
Result<HelperSpec> exec_spec_of(const Json& config, std::span<const Setting> settings) {
    auto spec = spec_of("exec", config, settings);
    if (!spec) return spec;
    spec->argv = find_member(config, "command")->get<std::vector<std::string>>();
    const Json* const given = find_member(config, "config");
    spec->config = given == nullptr ? Json::object() : *given;
    return spec;
}

OpenResult store_of(Result<HelperSpec> spec, boost::asio::io_context& loop) {
    if (!spec) return tl::unexpected(spec.error());
    return make_helper_store(*std::move(spec), loop);
}

OpenSourceResult source_of(Result<HelperSpec> spec, boost::asio::io_context& loop) {
    if (!spec) return tl::unexpected(spec.error());
    return make_helper_source(*std::move(spec), loop);
}

bool has(const Json& config, std::string_view key) {
    return find_member(config, key) != nullptr;
}

}  // namespace

OpenResult open_s3(const Json& config, boost::asio::io_context& loop) {
    return store_of(spec_of("s3", config, s3_settings), loop);
}

OpenResult open_http(const Json& config, boost::asio::io_context& loop) {
    auto spec = spec_of("http", config, http_settings);
    if (!spec) return tl::unexpected(spec.error());
    const auto publishes = optional_flag(config, "publish", false);
    if (!publishes) return tl::unexpected(publishes.error());
    if (!*publishes && has(config, "publish-url")) {
        return fail("publish-url: is of no use unless 'publish' is true");
    }
    spec->publishes = *publishes;
    return store_of(std::move(spec), loop);
}

OpenResult open_etcd(const Json& config, boost::asio::io_context& loop) {
    auto spec = spec_of("etcd", config, etcd_settings);
    if (spec && has(config, "username") != has(config, "password-file")) {
        return fail("username: goes together with 'password-file'");
    }
    return store_of(std::move(spec), loop);
}

OpenResult open_dns(const Json& config, boost::asio::io_context& loop) {
    auto spec = spec_of("dns", config, dns_settings);
    if (spec) spec->publishes = false;
    return store_of(std::move(spec), loop);
}

OpenResult open_exec(const Json& config, boost::asio::io_context& loop) {
    auto spec = exec_spec_of(config, exec_settings);
    if (!spec) return tl::unexpected(spec.error());
    const auto publishes = optional_flag(config, "publish", true);
    if (!publishes) return tl::unexpected(publishes.error());
    spec->publishes = *publishes;
    return store_of(std::move(spec), loop);
}

OpenSourceResult open_ec2_source(const Json& config, boost::asio::io_context& loop) {
    return source_of(spec_of("ec2", config, metadata_settings), loop);
}

OpenSourceResult open_gcp_source(const Json& config, boost::asio::io_context& loop) {
    return source_of(spec_of("gcp", config, common_metadata_settings), loop);
}

OpenSourceResult open_digitalocean_source(const Json& config, boost::asio::io_context& loop) {
    return source_of(spec_of("digitalocean", config, common_metadata_settings), loop);
}

OpenSourceResult open_hetzner_source(const Json& config, boost::asio::io_context& loop) {
    return source_of(spec_of("hetzner", config, common_metadata_settings), loop);
}

OpenSourceResult open_dns_source(const Json& config, boost::asio::io_context& loop) {
    return source_of(spec_of("dns", config, dns_resolver_settings), loop);
}

OpenSourceResult open_exec_source(const Json& config, boost::asio::io_context& loop) {
    return source_of(exec_spec_of(config, exec_resolver_settings), loop);
}

}  // namespace scrimp::providers
