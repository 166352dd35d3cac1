// Carries out the checks that a service::Health asks for, and keeps its time. It decides nothing,
// and says if checks cannot be made.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/endpoint.h"
#include "runtime/check_run.h"
#include "runtime/deadline_timer.h"
#include "service/health.h"

namespace scrimp::runtime {

class HealthDriver {
  public:
    /// Called from within what the driver does; it may call back.
    using Changed = std::function<void(const service::ConditionChanged&)>;
    /// `health` must outlive the driver; others may read it, but what makes it act comes through
    /// here.
    HealthDriver(boost::asio::io_context& loop, service::Health& health, Changed changed);

    /// Where checks connect that name no address.
    void set_address(const Endpoint& address) { address_ = address; }
    /// Makes a call of the machine, with what follows from it.
    void call(const std::function<void(Instant now, service::Health&)>& what);
    /// Checks nothing from now on.
    void stop();

  private:
    void pump();
    void perform(const service::RunCheck& run);
    void warn(const std::string& application, const std::string& hindrance);

    boost::asio::io_context& loop_;
    service::Health& health_;
    Changed changed_;
    Endpoint address_;
    std::map<service::CheckId, std::unique_ptr<CheckRun>> runs_;
    DeadlineTimer timer_;
    Instant warn_at_{};         ///< Not before.
    std::size_t unwarned_ = 0;  ///< Checks that were hindered since the last warning.
    bool pumping_ = false;
    bool running_ = true;
};

}  // namespace scrimp::runtime
