// Where in S3 the seeds lie, and its spelling as URLs. AWS is asked at
// BUCKET.s3.REGION.amazonaws.com (virtual-host style); an `endpoint` of one's own, or a bucket
// whose name has dots and so fits no certificate of AWS, as HOST/BUCKET (path style).
//
// `key` is the original's single object. Beside it lie, where a store does not honour conditional
// writes, one object for each balancer under KEY.d/, and KEY.probe, on which that is tried out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "helpers/credentials.h"
#include "helpers/settings.h"

namespace scrimp::helpers {

struct S3Place {
    std::string bucket{};
    std::string region{};
    std::string key{};
    std::string endpoint{};  ///< Scheme, host and port, no slash behind.
    bool path_style = false;
    std::string ca_file{};
};

/// Reads `bucket`, `region`, `key`, `endpoint`, `path-style`, `ca-file`; what is wrong is refused
/// in `settings`. Without `endpoint`, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names one, as it does
/// for AWS's own tools: so a configuration of the original reaches another store unchanged.
[[nodiscard]] S3Place read_place(Settings& settings, const Environment& environment);

/// Of an object; of the bucket itself if `key` is empty.
[[nodiscard]] std::string url_of(const S3Place& place, std::string_view key);
/// Of the list of all objects whose keys begin with `prefix`, a thousand of them: the first, or
/// those after the list that told `continuation`.
[[nodiscard]] std::string list_url_of(const S3Place& place, std::string_view prefix,
                                      std::string_view continuation = {});

/// Whether a signed request may go to `url` because the store redirected there: never from https
/// down to http, and to none but the store's own hosts.
[[nodiscard]] bool may_redirect_to(const S3Place& place, const std::string& url);

/// The balancers' own objects, their names and back.
[[nodiscard]] std::string own_prefix_of(const S3Place& place);
[[nodiscard]] std::string own_key_of(const S3Place& place, const Endpoint& balancer);
[[nodiscard]] std::optional<Endpoint> balancer_of(const S3Place& place, std::string_view own_key);

}  // namespace scrimp::helpers
