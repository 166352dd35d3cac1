// Carries out what a seed::Keeper asks: fetching, publishing, joining. It decides nothing, and it
// knows the floors above only as functions.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/endpoint.h"
#include "base/result.h"
#include "runtime/deadline_timer.h"
#include "seed/keeper.h"

namespace scrimp::runtime {

/// What the keeper's actions lead to. `fetch` and `publish` answer exactly once, at once or later
/// on the loop; `join` fails at once or is answered by handle_joined.
struct SeedWays {
    std::function<void(std::function<void(Result<std::vector<Endpoint>>)>)> fetch;
    std::function<void(std::function<void(Result<void>)>)> publish;
    std::function<Result<void>(std::span<const Endpoint>)> join;
    std::function<void(std::span<const Endpoint>)> meet;
    std::function<void(const seed::Waiting&)> waiting;
};

/// The loop must not run on after the driver is destroyed, and neither way may answer then.
class SeedDriver {
  public:
    /// `keeper` must outlive the driver and be called by nobody else.
    SeedDriver(boost::asio::io_context& loop, seed::Keeper& keeper, SeedWays ways);

    /// Begins; once.
    void start();
    /// The end of a join that `ways.join` began.
    void handle_joined(int reached, int attempted, const std::string& last_error);
    void handle_lonely(bool lonely);
    void handle_moved(const Endpoint& self, const std::vector<Endpoint>& peers);
    /// Nothing is fetched, published or joined from now on.
    void stop();

  private:
    void pump();
    void perform(const seed::KeeperAction& action);

    seed::Keeper& keeper_;
    SeedWays ways_;
    DeadlineTimer timer_;
    bool pumping_ = false;
    bool running_ = false;
};

}  // namespace scrimp::runtime
