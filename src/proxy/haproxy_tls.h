// How a frontend of HAProxy's speaks TLS: the profile, the certificates of the domains on its port,
// and whether it ends the handshakes of clients that ask for another name.
#pragma once

#include <span>
#include <string>

#include "proxy/generator.h"
#include "proxy/text.h"

namespace scrimp::proxy {

/// HAProxy takes 64 words a line, and each certificate is two. Domains beyond get the fallback.
inline constexpr std::size_t haproxy_certificates_max = 20;

/// What follows the address of a `bind` that is asked for these domains. The certificate of a
/// domain is one of options.certificates, else the fallback, which comes first. Other names are
/// refused where everybody who asks for one of ours gets a certificate that is for it.
[[nodiscard]] std::string haproxy_tls(const RenderOptions& options,
                                      std::span<const service::Domain* const> domains);

/// A comment that changes when the file of the fallback does; nothing where nobody looked.
void write_haproxy_fallback(Text& text, const RenderOptions& options);

}  // namespace scrimp::proxy
