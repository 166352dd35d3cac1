// The pages of every node: /v1/members, /v1/routes and /v1/status, made of what the organs tell;
// and those of a balancer's configuration (app/config_pages.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/admin_desk.h"
#include "app/backend.h"
#include "app/balancer.h"
#include "app/live_config.h"
#include "app/presence.h"

namespace scrimp::app {

/// Asked each time a page is made.
struct AdminSources {
    /// Null while we are in no cluster yet.
    std::function<const Presence*()> presence;
    Balancer* balancer;      ///< Null on a backend.
    const Backend* backend;  ///< Null on a balancer.
    const LiveConfig& live;
    std::function<std::string()> address;    ///< Where others reach us; empty: not known yet.
    std::function<std::string()> published;  ///< As Publisher::status; empty: nothing to say.
};

/// What the sources refer to must outlive the desk.
void add_pages(AdminDesk& desk, AdminSources sources);

}  // namespace scrimp::app
