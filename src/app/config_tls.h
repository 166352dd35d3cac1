// The part of load-balancer-config that says how TLS is spoken with clients, beside the two files
// that the original names.
#pragma once

#include <string>

#include "proxy/generator.h"

namespace scrimp::app {

class Fields;
struct Config;

struct TlsSettings {
    std::string certificate_directory;  ///< Empty: tls-chain-location is for every domain.
    proxy::TlsProfile profile = proxy::TlsProfile::Intermediate;
    std::string backend_ca_location = proxy::RenderOptions{}.backend_ca_path;
};

/// Reads `certificate-directory`, `tls-profile` and `backend-ca-location`.
[[nodiscard]] TlsSettings read_tls(Fields& balancer_config);

/// Refuses what does not go together with certificate-directory. When the whole file has been read.
void check_tls(Fields& fields, const Config& config);

}  // namespace scrimp::app
