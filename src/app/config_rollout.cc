#include "app/config_rollout.h"

#include "app/config_fields.h"

namespace scrimp::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Less, and a healthy nginx with thousands of applications on a busy machine would be refused; of
/// more nobody would believe that it is alive.
constexpr Duration timeout_min = seconds{1};
constexpr Duration timeout_max = minutes{10};

constexpr int burst_max = 1000;
constexpr Duration interval_min = milliseconds{10};
constexpr Duration interval_max = hours{1};

constexpr int old_workers_most = 1000;
constexpr Duration old_workers_wait_max = hours{24};

}  // namespace

RolloutSettings read_rollout(Fields& fields) {
    RolloutSettings read;
    const auto duration = [&fields](const char* key, Duration& value, Duration least,
                                    Duration most) {
        value = fields.duration(key, least, most).value_or(value);
    };
    duration("check-timeout", read.check_timeout, timeout_min, timeout_max);
    duration("reload-timeout", read.reload_timeout, timeout_min, timeout_max);
    if (const auto burst = fields.number("reload-burst", 1, burst_max)) {
        read.reload_burst = static_cast<unsigned>(*burst);
    }
    duration("reload-interval", read.reload_interval, interval_min, interval_max);
    if (const auto most = fields.number("old-workers-max", 0, old_workers_most)) {
        read.old_workers_max = static_cast<std::uint32_t>(*most);
    }
    duration("old-workers-wait", read.old_workers_wait, Duration::zero(), old_workers_wait_max);
    return read;
}

}  // namespace scrimp::app
