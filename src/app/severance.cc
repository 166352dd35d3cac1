#include "app/severance.h"

#include <utility>

#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/sever.h"

namespace scrimp::app {

Severance::Severance(boost::asio::io_context& loop)
    : timer_(loop, [this](Instant) {
          for (const Endpoint& endpoint : std::exchange(once_more_, {})) sever(endpoint);
      }) {}

void Severance::handle_silent(const Endpoint& endpoint, std::uint64_t revision) {
    waiting_.try_emplace(endpoint, revision);
}

void Severance::handle_back(const Endpoint& endpoint) {
    waiting_.erase(endpoint);
    once_more_.erase(endpoint);
}

void Severance::handle_served(std::uint64_t revision) {
    std::erase_if(waiting_, [&](const auto& each) {
        const auto& [endpoint, last_with_it] = each;
        if (last_with_it >= revision) return false;
        sever(endpoint);
        once_more_.insert(endpoint);
        return true;
    });
    if (!once_more_.empty()) timer_.arm(runtime::now() + second_severance);
}

void Severance::sever(const Endpoint& endpoint) {
    const Result<std::size_t> severed = runtime::sever(endpoint);
    if (severed) {
        if (*severed == 0) return;
        runtime::log_info("ended " + counted(*severed, "connection") + " to " + endpoint.text() +
                          ", which is silent: what waited for it is asked of others");
        return;
    }
    // The right does not come and go: once is enough.
    if (std::exchange(complained_, true)) return;
    runtime::log_warning(
        "requests on connections to " + endpoint.text() +
        ", which is silent, wait for nginx's proxy_read_timeout: " + severed.error().message);
}

}  // namespace scrimp::app
