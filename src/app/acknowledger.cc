#include "app/acknowledger.h"

#include <utility>

#include "runtime/clock.h"

namespace scrimp::app {

Acknowledger::Acknowledger(boost::asio::io_context& loop, const std::string& node_name,
                           const Balancer& balancer, Send send)
    : balancer_(balancer),
      send_(std::move(send)),
      acknowledgements_(runtime::now(), node_name),
      timer_(loop, [this](Instant now) {
          acknowledgements_.handle_deadline(now);
          look();
      }) {}

void Acknowledger::handle_question(const service::ServingQuestion& question) {
    acknowledgements_.handle_question(runtime::now(), question);
    look();
}

void Acknowledger::look() {
    const Instant now = runtime::now();
    const service::Registry& registry = balancer_.registry();
    // Between tables it cannot tell, and nobody is back in a table that was not made.
    if (std::exchange(looked_at_, registry.table().revision) != registry.table().revision) {
        for (const auto& [member, digest] : acknowledgements_.placed()) {
            if (registry.revision_with(member, digest)) continue;
            acknowledgements_.handle_displaced(now, member);
        }
    }
    for (const auto& [member, digest] : acknowledgements_.unplaced()) {
        const auto revision = registry.revision_with(member, digest);
        if (revision) acknowledgements_.handle_placed(now, member, digest, *revision);
    }
    if (const auto served = balancer_.served()) acknowledgements_.handle_served(now, *served);
    while (const auto action = acknowledgements_.poll_action()) {
        send_(action->member, action->payload);
    }
    timer_.arm(acknowledgements_.next_deadline());
}

}  // namespace scrimp::app
