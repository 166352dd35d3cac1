#include "providers/providers.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "base/suggest.h"
#include "providers/rows.h"

namespace scrimp::providers {
namespace {

/// In the original's configurations, so the names are legal; whoever starts with one is told.
constexpr std::string_view s3_missing =
    "the provider 's3' is not built in yet; available are dummy, file, manual";
constexpr std::string_view ec2_missing =
    "the resolver 'ec2' is not built in yet; available are dummy, interface, ipv4, ipv6, static";

OpenResult open_s3(const nlohmann::json&, const boost::asio::any_io_executor&) {
    return fail(std::string(s3_missing));
}

Result<Endpoint> resolve_ec2(const nlohmann::json&) {
    return fail(std::string(ec2_missing));
}

Result<void> check_ec2(const nlohmann::json&) {
    return fail(std::string(ec2_missing));
}

constexpr std::array<Provider, 4> providers{{
    {"dummy", open_dummy},
    {"file", open_file},
    {"manual", open_manual},
    {"s3", open_s3},
}};

constexpr std::array<Resolver, 6> resolvers{{
    {"dummy", resolve_dummy, check_no_settings},
    {"ec2", resolve_ec2, check_ec2},
    {"interface", resolve_interface, check_interface},
    {"ipv4", resolve_ipv4, check_no_settings},
    {"ipv6", resolve_ipv6, check_no_settings},
    {"static", resolve_static, check_static},
}};

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

template <class Row, std::size_t N>
Result<const Row*> find_row(const std::array<Row, N>& rows, std::string_view name,
                            std::string_view kind) {
    std::array<std::string_view, N> names;
    std::ranges::transform(rows, names.begin(), &Row::name);
    for (const Row& row : rows) {
        if (equal_but_for_case(row.name, name)) return &row;
    }
    std::string message = "'" + std::string(name) + "' is not a " + std::string(kind);
    if (const auto meant = nearest(name, names)) {
        message += "; did you mean '" + std::string(*meant) + "'?";
    }
    message += " (known:";
    for (const std::string_view known : names) message += " " + std::string(known);
    return fail(message + ")");
}

}  // namespace

Result<const Provider*> find_provider(std::string_view name) {
    return find_row(providers, name, "provider");
}

Result<const Resolver*> find_resolver(std::string_view name) {
    return find_row(resolvers, name, "resolver");
}

}  // namespace scrimp::providers
