// The resolvers `gcp`, `digitalocean` and `hetzner`: the metadata services of those clouds, by the
// paths they document.

#include "helpers/clouds.h"

#include <algorithm>

#include "helpers/rows.h"

namespace scrimp::helpers {
namespace {

constexpr std::string_view link_local = "http://169.254.169.254";

/// A path that holds one address.
Result<std::optional<Endpoint>> find_address(Metadata& metadata, std::string_view path,
                                             Family family) {
    return metadata.find(path, {}).and_then(
        [&](const std::optional<std::string>& text) -> Result<std::optional<Endpoint>> {
            return text ? parse_metadata_address(*text, family) : std::optional<Endpoint>();
        });
}

/// The first network interface, whole. Google's servers demand the header of who asks and send it
/// back, so that nobody is led to a different server by its name.
Result<std::string> find_gcp_interface(Metadata& metadata) {
    constexpr std::string_view path =
        "/computeMetadata/v1/instance/network-interfaces/0/?recursive=true";
    const auto response = metadata.ask("GET", path, {{"Metadata-Flavor", "Google"}});
    if (!response) return tl::unexpected(response.error());
    if (response->header("metadata-flavor") != "Google") {
        return fail(site_of(metadata.endpoint()) +
                    " is not Google's metadata server: its answer lacks 'Metadata-Flavor: Google'; "
                    "choose the resolver of the place this runs at");
    }
    const auto text = metadata.read(path, *response);
    if (!text) return tl::unexpected(text.error());
    return text->value_or("{}");
}

Result<std::optional<Endpoint>> ask_hetzner(Metadata& metadata, Family family, Scope scope) {
    if (family == Family::Ipv6) {
        return fail(
            "Hetzner's metadata service tells no IPv6 address; the resolvers 'ipv6' and "
            "'interface' do");
    }
    if (scope == Scope::Public) {
        return find_address(metadata, "/hetzner/v1/metadata/public-ipv4", family);
    }
    const auto networks = metadata.find("/hetzner/v1/metadata/private-networks", {});
    if (!networks) return tl::unexpected(networks.error());
    return parse_metadata_address(hetzner_private_address(networks->value_or("")), family);
}

/// The first text of a list, or the first object's member `key` if one is given; empty if none.
std::string first_in(const Json& interface, std::string_view list_key, std::string_view key) {
    const Json* const list = find_member(interface, list_key);
    if (list == nullptr || !list->is_array() || list->empty()) return {};
    const Json* found = &list->front();
    if (!key.empty()) found = found->is_object() ? find_member(*found, key) : nullptr;
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<std::optional<Endpoint>> gcp_address(std::string_view interface, Family family,
                                            Scope scope) {
    // The reader makes the keys lower-case.
    const auto document = parse_json(interface);
    if (!document || !document->is_object()) {
        return fail("Google's metadata server describes the network interface in no JSON object");
    }
    if (family == Family::Ipv6) {
        return parse_metadata_address(first_in(*document, "ipv6s", ""), family);
    }
    if (scope == Scope::Public) {
        return parse_metadata_address(first_in(*document, "accessconfigs", "externalip"), family);
    }
    const Json* const address = find_member(*document, "ip");
    if (address == nullptr || !address->is_string()) return std::optional<Endpoint>();
    return parse_metadata_address(address->get_ref<const std::string&>(), family);
}

std::string hetzner_private_address(std::string_view networks) {
    constexpr std::string_view key = "ip:";
    for (std::size_t at = 0; at < networks.size();) {
        const std::size_t end = std::min(networks.find('\n', at), networks.size());
        std::string_view line = networks.substr(at, end - at);
        at = end + 1;
        // Of a list of maps each line is "- KEY: VALUE" or "  KEY: VALUE".
        line.remove_prefix(std::min(line.find_first_not_of(" -"), line.size()));
        if (!line.starts_with(key)) continue;
        line.remove_prefix(key.size());
        const auto first = line.find_first_not_of(" '\"");
        if (first == std::string_view::npos) continue;
        return std::string(line.substr(first, line.find_last_not_of(" '\"\r") - first + 1));
    }
    return {};
}

Result<seed::HelperAnswer> resolve_gcp(const seed::HelperRequest& request) {
    Settings settings(request.config);
    const auto wanted = metadata_settings(settings, "http://metadata.google.internal");
    if (settings.fault()) return tl::unexpected(*settings.fault());
    Metadata metadata("a Google Compute Engine instance", wanted);
    const auto interface = find_gcp_interface(metadata);
    if (!interface) return tl::unexpected(interface.error());
    return choose_family("Google Compute Engine", wanted, [&](Family family) {
        return gcp_address(*interface, family, wanted.scope);
    });
}

Result<seed::HelperAnswer> resolve_digitalocean(const seed::HelperRequest& request) {
    Settings settings(request.config);
    const auto wanted = metadata_settings(settings, link_local);
    if (settings.fault()) return tl::unexpected(*settings.fault());
    Metadata metadata("a DigitalOcean droplet", wanted);
    return choose_family("DigitalOcean", wanted, [&](Family family) {
        // A droplet's IPv6 address is its public one; its private network has IPv4 only.
        const bool is_public = wanted.scope == Scope::Public || family == Family::Ipv6;
        return find_address(metadata,
                            std::string("/metadata/v1/interfaces/") +
                                (is_public ? "public" : "private") + "/0/" +
                                (family == Family::Ipv4 ? "ipv4" : "ipv6") + "/address",
                            family);
    });
}

Result<seed::HelperAnswer> resolve_hetzner(const seed::HelperRequest& request) {
    Settings settings(request.config);
    auto wanted = metadata_settings(settings, link_local);
    if (settings.fault()) return tl::unexpected(*settings.fault());
    // Not asked for in vain where the operator asked for no family.
    if (!wanted.family) wanted.family = Family::Ipv4;
    Metadata metadata("a Hetzner Cloud server", wanted);
    return choose_family("Hetzner", wanted, [&](Family family) {
        return ask_hetzner(metadata, family, wanted.scope);
    });
}

}  // namespace scrimp::helpers
