#include "app/circle.h"

namespace scrimp::app {

void Circle::handle_event(swim::Change change, const std::string& name, service::Role role) {
    if (const auto known = alive_.find(name); known != alive_.end()) {
        if (known->second == service::Role::LoadBalancer) --balancers_;
        alive_.erase(known);
    }
    if (change == swim::Change::Left || change == swim::Change::Failed) return;
    alive_.emplace(name, role);
    if (role == service::Role::LoadBalancer) ++balancers_;
}

bool Circle::lonely() const {
    if (load_balancer_) return alive_.empty();
    return balancers_ == 0;
}

}  // namespace scrimp::app
