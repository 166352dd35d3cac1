#include "runtime/seed_driver.h"

#include <utility>

#include "base/machine.h"
#include "runtime/clock.h"

namespace scrimp::runtime {

SeedDriver::SeedDriver(boost::asio::io_context& loop, seed::Keeper& keeper, SeedWays ways)
    : keeper_(keeper), ways_(std::move(ways)), timer_(loop, [this](Instant when) {
          keeper_.handle_deadline(when);
          pump();
      }) {}

void SeedDriver::start() {
    running_ = true;
    pump();
}

void SeedDriver::handle_joined(int reached, int attempted, const std::string& last_error) {
    keeper_.handle_joined(now(), reached, attempted, last_error);
    pump();
}

void SeedDriver::handle_lonely(bool lonely) {
    keeper_.handle_lonely(now(), lonely);
    pump();
}

void SeedDriver::handle_moved(const Endpoint& self, const std::vector<Endpoint>& peers) {
    keeper_.handle_moved(now(), self, peers);
    pump();
}

void SeedDriver::stop() {
    running_ = false;
    timer_.arm(never);
}

void SeedDriver::pump() {
    if (pumping_ || !running_) return;  // Pumping: a way answered at once; the loop below goes on.
    pumping_ = true;
    while (const std::optional<seed::KeeperAction> action = keeper_.poll_action()) perform(*action);
    pumping_ = false;
    timer_.arm(keeper_.next_deadline());
}

void SeedDriver::perform(const seed::KeeperAction& action) {
    std::visit(Overloaded{[this](const seed::FetchSeeds&) {
                              ways_.fetch([this](const Result<std::vector<Endpoint>>& seeds) {
                                  keeper_.handle_fetched(now(), seeds);
                                  pump();
                              });
                          },
                          [this](const seed::PublishSelf&) {
                              ways_.publish([this](const Result<void>& outcome) {
                                  keeper_.handle_published(now(), outcome);
                                  pump();
                              });
                          },
                          [this](const seed::JoinSeeds& join) {
                              const Result<void> begun = ways_.join(join.seeds);
                              if (begun) return;
                              keeper_.handle_joined(now(), 0, static_cast<int>(join.seeds.size()),
                                                    begun.error().message);
                          },
                          [this](const seed::MeetSeeds& meet) { ways_.meet(meet.seeds); },
                          [this](const seed::Waiting& waiting) { ways_.waiting(waiting); }},
               action);
}

}  // namespace scrimp::runtime
