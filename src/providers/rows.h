// What the files of this floor put into the two tables of providers.cc, one row each.
#pragma once

#include "providers/providers.h"

namespace scrimp::providers {

using OpenResult = Result<std::unique_ptr<SeedStore>>;

/// Holds nothing and forgets everything.
OpenResult open_dummy(const nlohmann::json& config, const boost::asio::any_io_executor& loop);
/// `ip` and `port`: the one seed an operator names; publishing changes nothing.
OpenResult open_manual(const nlohmann::json& config, const boost::asio::any_io_executor& loop);
/// `path`: a seeds document in a directory that several nodes see.
OpenResult open_file(const nlohmann::json& config, const boost::asio::any_io_executor& loop);

/// For resolvers without settings.
Result<void> check_no_settings(const nlohmann::json& config);
/// ::1, as the original's.
Result<Endpoint> resolve_dummy(const nlohmann::json& config);
/// `address`, as the operator gave it.
Result<Endpoint> resolve_static(const nlohmann::json& config);
Result<void> check_static(const nlohmann::json& config);
/// The first global IPv4 address; private ranges are global enough for a private network.
Result<Endpoint> resolve_ipv4(const nlohmann::json& config);
/// The first global IPv6 address.
Result<Endpoint> resolve_ipv6(const nlohmann::json& config);
/// `interface` and optionally `family` ("ipv4", "ipv6"): the first address of that interface.
Result<Endpoint> resolve_interface(const nlohmann::json& config);
Result<void> check_interface(const nlohmann::json& config);

}  // namespace scrimp::providers
