#include "runtime/exchange_driver.h"

#include <utility>

#include "base/machine.h"
#include "runtime/clock.h"

namespace scrimp::runtime {

ExchangeDriver::ExchangeDriver(boost::asio::io_context& loop, service::Exchange& exchange,
                               ExchangeWays ways)
    : exchange_(exchange), ways_(std::move(ways)), timer_(loop, [this](Instant when) {
          exchange_.handle_deadline(when);
          pump();
      }) {}

void ExchangeDriver::set_own_list(std::string list_text) {
    exchange_.set_own_list(now(), std::move(list_text));
    pump();
}

void ExchangeDriver::handle_event(const swim::MemberEvent& event) {
    exchange_.handle_event(now(), event);
    pump();
}

void ExchangeDriver::handle_message(ByteView payload) {
    exchange_.handle_message(now(), payload);
    pump();
}

void ExchangeDriver::stop() {
    running_ = false;
    timer_.arm(never);
}

void ExchangeDriver::pump() {
    if (pumping_ || !running_) return;  // Pumping: a way led back here; the loop below goes on.
    pumping_ = true;
    while (const std::optional<service::ExchangeAction> action = exchange_.poll_action()) {
        perform(*action);
    }
    pumping_ = false;
    timer_.arm(exchange_.next_deadline());
}

void ExchangeDriver::perform(const service::ExchangeAction& action) {
    std::visit(Overloaded{[this](const service::BroadcastMessage& message) {
                              ways_.broadcast(message.payload);
                          },
                          [this](const service::SendMessage& message) {
                              ways_.send(message.member, message.payload);
                          },
                          [this](const service::ListLearned& learned) { ways_.learned(learned); },
                          [this](const service::ListMissing& missing) { ways_.missing(missing); }},
               action);
}

}  // namespace scrimp::runtime
