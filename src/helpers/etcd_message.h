// The JSON that etcd's gateway speaks (etcd 3.4 and newer, under /v3): byte strings are base64, 64
// bit numbers are text. Only what seeds need.
//
// A balancer's address is one key below a prefix, PREFIX/10.0.0.5:9999, whose value is a seeds
// document of one entry; its age is the key's lease. So balancers never write the same key, nothing
// is read before it is written, and a dead balancer's key goes by itself, by etcd's clock, whatever
// the clocks of the nodes say. An operator may put a document under a key of his own, without a
// lease: it stays.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"

namespace scrimp::helpers {

/// For /v3/kv/range: the newest seeds_max keys below `prefix`, newest first.
[[nodiscard]] std::string etcd_range_request(std::string_view prefix);
/// The seeds of the answer, newest last, each once. Values that are no seeds document are skipped;
/// if all are, that is an error.
[[nodiscard]] Result<std::vector<Endpoint>> parse_etcd_range(std::string_view text);

/// For /v3/lease/grant.
[[nodiscard]] std::string etcd_lease_request(std::int64_t seconds);
/// The lease's number, as text.
[[nodiscard]] Result<std::string> parse_etcd_lease(std::string_view text);

/// For /v3/lease/revoke.
[[nodiscard]] std::string etcd_revoke_request(std::string_view lease);

/// For /v3/kv/put; the answer shall tell what the key was before.
[[nodiscard]] std::string etcd_put_request(std::string_view prefix, const Endpoint& self,
                                           std::string_view lease);
/// The lease that the key had before; empty if none.
[[nodiscard]] std::string parse_etcd_previous_lease(std::string_view text);

/// For /v3/auth/authenticate.
[[nodiscard]] std::string etcd_login_request(std::string_view username, std::string_view password);
[[nodiscard]] Result<std::string> parse_etcd_token(std::string_view text);

/// What etcd says about a request it refused: "permission denied"; empty if the answer is not
/// etcd's.
[[nodiscard]] std::string parse_etcd_refusal(std::string_view text);

}  // namespace scrimp::helpers
