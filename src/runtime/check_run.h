// One check of an application: a connection and what is said on it (service/check_dialogue.h), or a
// command. Bounded by the check's timeout.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "base/endpoint.h"
#include "service/check.h"

namespace scrimp::runtime {

class CheckRun {
  public:
    using Done = std::function<void(const service::CheckOutcome&)>;

    /// `to`: where to connect; a command has no use for it. `done` is called once, from the loop;
    /// the CheckRun may be destroyed in it.
    CheckRun(boost::asio::io_context& loop, const service::Check& check, const Endpoint& to,
             Done done);
    /// Gives up; `done` is not called any more.
    ~CheckRun();
    CheckRun(const CheckRun&) = delete;
    CheckRun& operator=(const CheckRun&) = delete;

  private:
    struct Asking;
    std::shared_ptr<Asking> asking_;
};

}  // namespace scrimp::runtime
