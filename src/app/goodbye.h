// The end of a backend that is told to stop: its applications drain first, and a supervisor is told
// how that goes.
#pragma once

#include <functional>

#include "app/backend.h"
#include "base/time.h"

namespace scrimp::app {

/// Drains every application of `backend` and calls `then` once, perhaps before this returns.
/// `afterwards`: how long what follows may take; a supervisor is asked to wait for both.
void drain_before_leaving(Backend& backend, Duration afterwards, std::function<void()> then);

}  // namespace scrimp::app
