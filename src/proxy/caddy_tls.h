// How Caddy speaks TLS with clients.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "proxy/generator.h"

namespace scrimp::proxy {

/// The `tls` app: every certificate, under a tag that says which it is. Fails if a path cannot be
/// spelt for Caddy.
[[nodiscard]] Result<std::string> caddy_tls_app(const RenderOptions& options);

/// The policies of a server that has these domains: which certificate a name gets. Where we know
/// the certificates, other names are rejected in the handshake.
[[nodiscard]] std::string caddy_tls_policies(const RenderOptions& options,
                                             const std::vector<service::Domain>& domains);

}  // namespace scrimp::proxy
