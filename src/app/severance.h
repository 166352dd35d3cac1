// Ends the connections to upstreams that fell silent, so that what waits for them is answered by
// others (runtime/sever.h): not before the proxy serves without them, or the second try might go
// there again, and once more a moment later, for what was opened meanwhile. Whoever is silent and
// in the table all the same, for want of others, keeps its connections.
//
// Only silence counts: a host that refuses has ended its connections itself, or means to finish
// them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include <boost/asio/io_context.hpp>

#include "base/endpoint.h"
#include "base/result.h"
#include "runtime/deadline_timer.h"
#include "service/routing_table.h"

namespace scrimp::app {

/// An old worker that was still starting a request when the new generation came has sent it by
/// then, and an idempotent request that fails has 5 s left of proxy_next_upstream_timeout.
inline constexpr Duration second_severance = std::chrono::seconds{1};

/// The loop must not run on after the severance is destroyed.
class Severance {
  public:
    /// Ends all connections to there and returns how many: runtime::sever.
    using Sever = std::function<Result<std::size_t>(const Endpoint&)>;

    Severance(boost::asio::io_context& loop, Sever sever);

    /// `endpoint` is silent; tables later than `revision` leave it out, but for those that
    /// handle_table() sees it in.
    void handle_silent(const Endpoint& endpoint, std::uint64_t revision);
    void handle_back(const Endpoint& endpoint);
    /// The proxy is about to get this table.
    void handle_table(const service::RoutingTable& table);
    /// The proxy serves this table now.
    void handle_served(std::uint64_t revision);

  private:
    void sever(const Endpoint& endpoint);
    void sever_once_more(Instant now);
    void arm();

    Sever sever_;
    std::map<Endpoint, std::uint64_t> waiting_;  ///< With the last revision that has it.
    std::map<Endpoint, Instant> once_more_;      ///< And when.
    runtime::DeadlineTimer timer_;
    bool complained_ = false;
};

}  // namespace scrimp::app
