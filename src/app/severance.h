// Ends the connections to upstreams that fell silent, so that what waits for them is answered by
// others (runtime/sever.h): not before the proxy serves without them, or the second try might go
// there again, and once more a moment later, for what was opened meanwhile.
//
// Only silence counts: a host that refuses has ended its connections itself, or means to finish
// them.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include <boost/asio/io_context.hpp>

#include "base/endpoint.h"
#include "runtime/deadline_timer.h"

namespace scrimp::app {

/// An old worker that was still starting a request when the new generation came has sent it by
/// then, and an idempotent request that fails has 5 s left of proxy_next_upstream_timeout.
inline constexpr Duration second_severance = std::chrono::seconds{1};

/// The loop must not run on after the severance is destroyed.
class Severance {
  public:
    explicit Severance(boost::asio::io_context& loop);

    /// `endpoint` is silent; tables later than `revision` leave it out.
    void handle_silent(const Endpoint& endpoint, std::uint64_t revision);
    void handle_back(const Endpoint& endpoint);
    /// The proxy serves this table now.
    void handle_served(std::uint64_t revision);

  private:
    void sever(const Endpoint& endpoint);

    std::map<Endpoint, std::uint64_t> waiting_;  ///< With the last revision that has it.
    std::set<Endpoint> once_more_;
    runtime::DeadlineTimer timer_;
    bool complained_ = false;
};

}  // namespace scrimp::app
