// What operators ask of a backend: POST /v1/drain, /v1/ready and /v1/maintenance. The body is a
// JSON object: `application` (all without it); of drain `wait`; of maintenance `on` and `reason`.
#pragma once

#include "app/admin_desk.h"

namespace scrimp::app {

class Backend;

/// `backend` null: a balancer, which says that it has none of this. It must outlive the desk.
void add_backend_pages(AdminDesk& desk, Backend* backend);

}  // namespace scrimp::app
