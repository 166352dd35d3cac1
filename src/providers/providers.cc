#include "providers/providers.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/suggest.h"
#include "providers/rows.h"

namespace scrimp::providers {
namespace {

constexpr std::array<Provider, 8> providers{{
    {"dns", open_dns},
    {"dummy", open_dummy},
    {"etcd", open_etcd, true},
    {"exec", open_exec},
    {"file", open_file, true},
    {"http", open_http, true},
    {"manual", open_manual},
    {"s3", open_s3, true},
}};

constexpr std::array<Resolver, 11> resolvers{{
    {"digitalocean", open_digitalocean_source},
    {"dns", open_dns_source},
    {"dummy", open_dummy_source},
    {"ec2", open_ec2_source},
    {"exec", open_exec_source},
    {"gcp", open_gcp_source},
    {"hetzner", open_hetzner_source},
    {"interface", open_interface_source},
    {"ipv4", open_ipv4_source},
    {"ipv6", open_ipv6_source},
    {"static", open_static_source},
}};

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
