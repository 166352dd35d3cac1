// Who of an application's backends gets a request, in Caddy's terms: 2.6 knows no weights, and its
// sticky cookie has no attributes.
#pragma once

#include <string>
#include <vector>

#include "service/routing_table.h"

namespace scrimp::proxy {

/// Each as often as its weight asks, and spread evenly; at most 20 times, or rounded to that.
[[nodiscard]] std::vector<const service::Upstream*> caddy_turns(
    const std::vector<service::Upstream>& all);

/// The policy by which one of them is selected, as JSON.
[[nodiscard]] std::string caddy_selection(const service::Options& options);

/// A handler that gives the sticky cookie what Caddy leaves out: no script reads it, no other site
/// has it sent, and where clients speak TLS it stays there.
[[nodiscard]] std::string caddy_cookie_attributes(const service::Options& options, bool plain);

}  // namespace scrimp::proxy
