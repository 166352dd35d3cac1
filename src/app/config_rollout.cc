#include "app/config_rollout.h"

#include "app/config.h"
#include "app/config_fields.h"

namespace scrimp::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Less, and a healthy nginx with thousands of applications on a busy machine would be refused; of
/// more nobody would believe that it is alive.
constexpr Duration command_timeout_min = seconds{1};
constexpr Duration command_timeout_max = minutes{10};

constexpr int reload_burst_max = 1000;
constexpr Duration reload_interval_min = milliseconds{10};
constexpr Duration reload_interval_max = hours{1};

constexpr int old_workers_most = 1000;
constexpr Duration old_workers_wait_max = hours{24};

}  // namespace

RolloutSettings read_rollout(Fields& fields) {
    RolloutSettings read;
    const auto duration = [&fields](const char* key, Duration& value, Duration least,
                                    Duration most) {
        value = fields.duration(key, least, most).value_or(value);
    };
    duration("check-timeout", read.check_timeout, command_timeout_min, command_timeout_max);
    duration("reload-timeout", read.reload_timeout, command_timeout_min, command_timeout_max);
    if (const auto burst = fields.number("reload-burst", 1, reload_burst_max)) {
        read.reload_burst = static_cast<unsigned>(*burst);
    }
    duration("reload-interval", read.reload_interval, reload_interval_min, reload_interval_max);
    if (const auto most = fields.number("old-workers-max", 0, old_workers_most)) {
        read.old_workers_max = static_cast<std::uint32_t>(*most);
    }
    duration("old-workers-wait", read.old_workers_wait, Duration::zero(), old_workers_wait_max);
    if (const auto socket = fields.text("runtime-socket"); socket && !socket->empty()) {
        read.runtime_socket = *socket == "off" ? std::string() : *socket;
    }
    read.activation_socket = fields.text("activation-socket").value_or("");
    return read;
}

void check_rollout(Fields& fields, const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    if (given.rollout.activation_socket.empty()) return;
    constexpr const char* key = "load-balancer-config";
    if (given.generator != "nginx" || given.generator_target.empty()) {
        fields.refuse_below(key,
                            "activation-socket: needs the generator nginx and a generator-target, "
                            "which the helper behind it writes");
    }
    if (config.state_dir.empty()) {
        fields.refuse_below(key,
                            "activation-socket: needs a state-dir, where our own copy of the "
                            "target is kept");
    }
}

}  // namespace scrimp::app
