// Asks the DNS, and what else this host resolves names by.
//
// Addresses without a server of one's own are getaddrinfo's, so that /etc/hosts and everything else
// in nsswitch.conf count; services, and whatever is asked of a given server, are libresolv's. Both
// block for as long as /etc/resolv.conf makes them, so they work on a thread of their own, which
// ends with the process if it comes too late.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "helpers/dns_answer.h"
#include "helpers/settings.h"

namespace scrimp::helpers {

/// Who is asked, and until when all questions together are waited for.
struct NameSource {
    std::optional<Endpoint> server{};  ///< The system's own way if there is none.
    std::chrono::steady_clock::time_point end{};
};

/// Of both families if none is given; port 0. A name without such an address yields none; a name
/// that does not exist is an error.
[[nodiscard]] Result<std::vector<Endpoint>> look_up_addresses(const NameSource& source,
                                                              const std::string& name,
                                                              std::optional<Family> family);
/// The SRV records of a name, best last. A name without one yields none.
[[nodiscard]] Result<std::vector<Service>> look_up_services(const NameSource& source,
                                                            const std::string& name);

}  // namespace scrimp::helpers
