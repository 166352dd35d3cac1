#include "swim/config.h"

namespace scrimp::swim {

Config lan_profile() {
    return Config{};
}

Config original_profile() {
    Config config;
    config.retransmit_mult = 2;
    config.suspicion_mult = 2;
    config.suspicion_max_timeout_mult = 3;
    config.confirmations = 0;
    config.stream_timeout = std::chrono::seconds{5};
    return config;
}

}  // namespace scrimp::swim
