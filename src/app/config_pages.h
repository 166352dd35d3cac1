// What operators ask about the proxy's configuration: GET /v1/config/history, /v1/config/diff and
// /v1/config/render, POST /v1/config/rollback and /v1/config/unpin.
#pragma once

#include "app/admin_desk.h"

namespace scrimp::app {

class Balancer;

/// `balancer` null: a backend, which says that it has none of this. It must outlive the desk, and
/// the loop must not run on after it is destroyed.
void add_config_pages(AdminDesk& desk, Balancer* balancer);

}  // namespace scrimp::app
