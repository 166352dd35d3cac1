// Who of the others is alive and of which role: enough to know whether we are lonely.
#pragma once

#include <map>
#include <string>

#include "service/metadata.h"
#include "swim/types.h"

namespace scrimp::app {

class Circle {
  public:
    explicit Circle(bool load_balancer) : load_balancer_(load_balancer) {}

    void handle_event(swim::Change change, const std::string& name, service::Role role);

    /// Nobody else is alive, or we are a backend and no load balancer is. A member of unknown role
    /// is company all the same, but no load balancer.
    [[nodiscard]] bool lonely() const;

  private:
    bool load_balancer_;
    std::map<std::string, service::Role> alive_;
    std::size_t balancers_ = 0;
};

}  // namespace scrimp::app
