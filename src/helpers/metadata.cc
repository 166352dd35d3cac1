#include "helpers/metadata.h"

#include <chrono>

#include "base/printable.h"

namespace scrimp::helpers {
namespace {

using namespace std::chrono_literals;

/// The service is a neighbour: who has not answered by then is not there.
constexpr Duration patience = 2s;
/// An interface's description is the longest answer, some kilobytes.
constexpr std::size_t answer_bytes_max = std::size_t{64} * 1024;
/// The longest spelling of an address has 45; more is quoted no further.
constexpr std::size_t quoted_chars_max = 60;

constexpr int ok = 200;
constexpr int not_found = 404;

}  // namespace

std::string_view name_of(Scope scope) {
    return scope == Scope::Private ? "private" : "public";
}

MetadataSettings metadata_settings(Settings& settings, std::string_view endpoint) {
    MetadataSettings found{.family = settings.family(),
                           .endpoint = settings.text("endpoint", endpoint),
                           .budget = settings.budget()};
    while (found.endpoint.ends_with('/')) found.endpoint.pop_back();
    const std::string scope = settings.text("scope", name_of(Scope::Private));
    if (scope == name_of(Scope::Public)) {
        found.scope = Scope::Public;
    } else if (scope != name_of(Scope::Private)) {
        settings.refuse("scope", "'" + printable(scope, quoted_chars_max) +
                                     "' is neither 'private' nor 'public'");
    }
    return found;
}

Metadata::Metadata(std::string_view service, const MetadataSettings& settings)
    : service_(service), endpoint_(settings.endpoint), client_(settings.budget) {}

Result<HttpResponse> Metadata::ask(std::string_view method, std::string_view path,
                                   const HttpHeaders& headers) {
    HttpRequest request{
        .method = std::string(method), .url = endpoint_ + std::string(path), .headers = headers};
    request.response_bytes_max = answer_bytes_max;
    request.direct = true;
    request.connect_timeout = patience;
    request.timeout = patience;
    auto response = client_.send(request);
    if (response || client_.connected()) return response;
    return fail("no answer at " + site_of(endpoint_) + ": not " + service_ +
                ", or the metadata service is switched off or firewalled; choose the resolver of "
                "the place this runs at, or 'static' (" +
                response.error().message + ")");
}

Result<std::optional<std::string>> Metadata::find(std::string_view path,
                                                  const HttpHeaders& headers) {
    const auto response = ask("GET", path, headers);
    if (!response) return tl::unexpected(response.error());
    return read(path, *response);
}

Result<std::optional<std::string>> Metadata::read(std::string_view path,
                                                  const HttpResponse& response) const {
    if (response.status == not_found) return std::optional<std::string>();
    if (response.status == ok) return std::optional(response.body);
    return fail(service_ + "'s metadata service at " + site_of(endpoint_) + " answers " +
                std::to_string(response.status) + " about " + std::string(path));
}

Result<std::optional<Endpoint>> parse_metadata_address(std::string_view text, Family family) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return std::optional<Endpoint>();
    const std::string_view line = text.substr(first, text.find_first_of(blank, first) - first);
    const auto address = parse_ip(line);
    if (!address || address->is_ipv4() != (family == Family::Ipv4) || address->is_unspecified()) {
        return fail("the metadata service answers '" + printable(line, quoted_chars_max) +
                    "', which is no " + std::string(name_of(family)) + " address");
    }
    return std::optional(*address);
}

Result<seed::HelperAnswer> choose_family(std::string_view service, const MetadataSettings& settings,
                                         const AskAddress& ask) {
    for (const Family family : {Family::Ipv4, Family::Ipv6}) {
        if (settings.family && *settings.family != family) continue;
        const auto address = ask(family);
        if (!address) return tl::unexpected(address.error());
        if (*address) return seed::HelperAnswer{.address = *address};
    }
    return fail(
        std::string(service) + " knows no " + std::string(name_of(settings.scope)) + " " +
        (settings.family ? std::string(name_of(*settings.family)) + " address" : "address") +
        " of this machine; give it one, or change 'scope' or 'family'");
}

}  // namespace scrimp::helpers
