// What the files of this floor put into the two tables of providers.cc, one row each.
#pragma once

#include "base/json.h"
#include "providers/providers.h"

namespace scrimp::providers {

using OpenResult = Result<std::unique_ptr<SeedStore>>;

/// Holds nothing and forgets everything.
OpenResult open_dummy(const Json& config, boost::asio::io_context& loop);
/// `ip` and `port`: the one seed an operator names; publishing changes nothing.
OpenResult open_manual(const Json& config, boost::asio::io_context& loop);
/// `path`: a seeds document in a directory that several nodes see.
OpenResult open_file(const Json& config, boost::asio::io_context& loop);
/// The others are asked through a helper program: helper_rows.cc.
OpenResult open_s3(const Json& config, boost::asio::io_context& loop);
OpenResult open_http(const Json& config, boost::asio::io_context& loop);
OpenResult open_etcd(const Json& config, boost::asio::io_context& loop);
OpenResult open_dns(const Json& config, boost::asio::io_context& loop);
/// `command`: whatever program the operator names.
OpenResult open_exec(const Json& config, boost::asio::io_context& loop);

using OpenSourceResult = Result<std::unique_ptr<AddressSource>>;

/// ::1, as the original's.
OpenSourceResult open_dummy_source(const Json& config, boost::asio::io_context& loop);
/// `address`, as the operator gave it.
OpenSourceResult open_static_source(const Json& config, boost::asio::io_context& loop);
/// The first global IPv4 address; private ranges are global enough for a private network.
OpenSourceResult open_ipv4_source(const Json& config, boost::asio::io_context& loop);
/// The first global IPv6 address.
OpenSourceResult open_ipv6_source(const Json& config, boost::asio::io_context& loop);
/// `interface` and optionally `family` ("ipv4", "ipv6"): the first address of that interface.
OpenSourceResult open_interface_source(const Json& config, boost::asio::io_context& loop);
OpenSourceResult open_ec2_source(const Json& config, boost::asio::io_context& loop);
OpenSourceResult open_gcp_source(const Json& config, boost::asio::io_context& loop);
OpenSourceResult open_digitalocean_source(const Json& config, boost::asio::io_context& loop);
OpenSourceResult open_hetzner_source(const Json& config, boost::asio::io_context& loop);
OpenSourceResult open_dns_source(const Json& config, boost::asio::io_context& loop);
OpenSourceResult open_exec_source(const Json& config, boost::asio::io_context& loop);

/// A source whose answer this host has at hand: `look` is called for each, on the loop.
[[nodiscard]] std::unique_ptr<AddressSource> make_source(std::function<Result<Endpoint>()> look,
                                                         boost::asio::io_context& loop);

}  // namespace scrimp::providers
