// Answers backends that drain: what a balancer's Acknowledgements need to know of its registry and
// its rollout, and the way of the answers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "app/balancer.h"
#include "runtime/deadline_timer.h"
#include "service/acknowledgements.h"

namespace scrimp::app {

class Acknowledger {
  public:
    using Send = std::function<void(const std::string& member, ByteView payload)>;

    /// `balancer` must outlive us. A message that cannot be sent is a message lost: who asked asks
    /// again.
    Acknowledger(boost::asio::io_context& loop, const std::string& node_name,
                 const Balancer& balancer, Send send);

    void handle_question(const service::ServingQuestion& question);
    /// The balancer's registry or rollout has moved.
    void look();

  private:
    const Balancer& balancer_;
    Send send_;
    service::Acknowledgements acknowledgements_;
    std::uint64_t looked_at_ = 0;  ///< The registry's table then.
    runtime::DeadlineTimer timer_;
};

}  // namespace scrimp::app
