// Carries what a service::Exchange has to say to the cluster, and keeps its time. It decides
// nothing, and it knows the network only as functions.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "runtime/deadline_timer.h"
#include "service/exchange.h"

namespace scrimp::runtime {

/// What the exchange's actions lead to. A message that cannot be sent is a message lost: the
/// exchange asks again by itself.
struct ExchangeWays {
    std::function<void(ByteView payload)> broadcast;
    std::function<void(const std::string& member, ByteView payload)> send;
    std::function<void(const service::ListLearned&)> learned;
    std::function<void(const service::ListMissing&)> missing;
};

class ExchangeDriver {
  public:
    /// `exchange` must outlive the driver; others may restore it before the first of the calls
    /// below, which begins, and read what it knows, but what makes it act comes through here.
    ExchangeDriver(boost::asio::io_context& loop, service::Exchange& exchange, ExchangeWays ways);

    /// service::Exchange's calls of the same names, with what follows from them.
    void set_own_list(std::string list_text);
    void handle_event(const swim::MemberEvent& event);
    void handle_message(ByteView payload);
    /// Nothing is said from now on.
    void stop();

  private:
    void pump();
    void perform(const service::ExchangeAction& action);

    service::Exchange& exchange_;
    ExchangeWays ways_;
    DeadlineTimer timer_;
    bool pumping_ = false;
    bool running_ = true;
};

}  // namespace scrimp::runtime
