// What a name server's answer says, read from the bytes of its packet (RFC 1035 section 4, SRV: RFC
// 2782). glibc's ns_ functions do the walking, which check every length; kept are the records that
// seeds are made of. Records of the additional section are not used: what a name server volunteers
// may be about any name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace scrimp::helpers {

/// A host that offers the service, and where. Smaller priorities are to be preferred, and within
/// one the larger weights.
struct Service {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string target{};
    friend bool operator==(const Service&, const Service&) = default;
};

struct DnsAnswer {
    /// Of A and AAAA records; port 0. 0.0.0.0 and ::, as blocking name servers give, left out.
    std::vector<Endpoint> addresses{};
    /// Of SRV records; left out are "." as target, "not here", and port 0.
    std::vector<Service> services{};
};

/// Fails on a packet that is cut or malformed. At most `records_max` records are read.
[[nodiscard]] Result<DnsAnswer> parse_dns_answer(ByteView packet);

/// Best last, as seeds are: by falling priority number, then by rising weight.
void sort_best_last(std::vector<Service>& services);

}  // namespace scrimp::helpers
