#include "app/severance.h"

#include <algorithm>
#include <utility>

#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::app {

Severance::Severance(boost::asio::io_context& loop, Sever sever)
    : sever_(std::move(sever)), timer_(loop, [this](Instant now) { sever_once_more(now); }) {}

void Severance::handle_silent(const Endpoint& endpoint, std::uint64_t revision) {
    waiting_.try_emplace(endpoint, revision);
}

void Severance::handle_back(const Endpoint& endpoint) {
    waiting_.erase(endpoint);
    once_more_.erase(endpoint);
}

void Severance::handle_table(const service::RoutingTable& table) {
    if (waiting_.empty() && once_more_.empty()) return;
    for (const service::Route& route : table.routes) {
        for (const service::Upstream& upstream : route.upstreams) {
            const auto waits = waiting_.find(upstream.endpoint);
            if (waits != waiting_.end()) waits->second = table.revision;
            once_more_.erase(upstream.endpoint);
        }
    }
}

void Severance::handle_served(std::uint64_t revision) {
    std::erase_if(waiting_, [&](const auto& each) {
        const auto& [endpoint, last_with_it] = each;
        if (last_with_it >= revision) return false;
        sever(endpoint);
        once_more_.insert_or_assign(endpoint, runtime::now() + second_severance);
        return true;
    });
    arm();
}

void Severance::sever_once_more(Instant now) {
    std::erase_if(once_more_, [&](const auto& each) {
        if (each.second > now) return false;
        sever(each.first);
        return true;
    });
    arm();
}

void Severance::arm() {
    Instant next = never;
    for (const auto& [endpoint, at] : once_more_) next = std::min(next, at);
    timer_.arm(next);
}

void Severance::sever(const Endpoint& endpoint) {
    const Result<std::size_t> severed = sever_(endpoint);
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
