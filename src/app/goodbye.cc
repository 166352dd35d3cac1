#include "app/goodbye.h"

#include <chrono>
#include <string>
#include <utility>

#include "app/notify.h"
#include "runtime/log.h"

namespace scrimp::app {

void drain_before_leaving(Backend& backend, Duration afterwards, std::function<void()> then) {
    const auto patience =
        std::chrono::duration_cast<std::chrono::microseconds>(backend.drain_longest() + afterwards);
    notify_supervisor("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(patience.count()));
    backend.begin_to_stop();
    backend.drain(
        std::nullopt,
        [then = std::move(then)](bool safe, const std::string& sentence) {
            const std::string line = "drain: " + sentence;
            safe ? runtime::log_info(line) : runtime::log_warning(line);
            then();
        },
        [](const std::string& sentence) {
            runtime::log_info("drain: " + sentence);
            notify_supervisor("STATUS=draining: " + sentence);
        });
}

}  // namespace scrimp::app
