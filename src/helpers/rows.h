// What the helper executable can do: one row for each provider's and resolver's action. Adding one
// is a function here and a row in rows.cc.
#pragma once

#include "base/result.h"
#include "seed/helper_protocol.h"

namespace scrimp::helpers {

/// Does what a request asks for; its error is a sentence for the operator, without a secret.
using Serve = Result<seed::HelperAnswer> (*)(const seed::HelperRequest& request);

/// Serves the request by its row; an error if there is none.
[[nodiscard]] Result<seed::HelperAnswer> serve(const seed::HelperRequest& request);

[[nodiscard]] Result<seed::HelperAnswer> fetch_s3(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> publish_s3(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> fetch_http(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> publish_http(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> fetch_etcd(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> publish_etcd(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> fetch_dns(const seed::HelperRequest& request);

[[nodiscard]] Result<seed::HelperAnswer> resolve_dns(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> resolve_ec2(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> resolve_gcp(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> resolve_digitalocean(const seed::HelperRequest& request);
[[nodiscard]] Result<seed::HelperAnswer> resolve_hetzner(const seed::HelperRequest& request);

}  // namespace scrimp::helpers
