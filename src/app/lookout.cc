#include "app/lookout.h"

#include <utility>
#include <variant>

#include "app/gossip_words.h"
#include "base/machine.h"
#include "runtime/clock.h"
#include "runtime/sever.h"

namespace scrimp::app {

Lookout::Lookout(boost::asio::io_context& loop, const service::SightConfig& config,
                 service::Registry& registry, runtime::LineBudget& budget,
                 std::function<void()> told)
    : registry_(registry),
      budget_(budget),
      told_(std::move(told)),
      sight_(config, registry),
      prober_(loop,
              [this](const service::ProbePort& probe, service::PortAnswer answer) {
                  sight_.handle_probed(runtime::now(), probe, answer);
                  pump();
              }),
      severance_(loop, runtime::sever),
      timer_(loop, [this](Instant when) {
          sight_.handle_deadline(when);
          pump();
      }) {}

void Lookout::handle_event(const swim::MemberEvent& event) {
    sight_.handle_event(runtime::now(), event);
    pump();
}

void Lookout::handle_doubt(const std::string& member_name) {
    sight_.handle_doubt(runtime::now(), member_name);
    pump();
}

void Lookout::handle_blackout() {
    sight_.handle_blackout(runtime::now());
    pump();
}

void Lookout::set_config(const service::SightConfig& config) {
    sight_.set_config(runtime::now(), config);
    pump();
}

void Lookout::pump() {
    while (const std::optional<service::SightAction> action = sight_.poll_action()) {
        perform(*action);
    }
    timer_.arm(sight_.next_deadline());
    told_();
}

void Lookout::perform(const service::SightAction& action) {
    const Instant now = runtime::now();
    std::visit(Overloaded{[&](const service::ProbePort& probe) { prober_.probe(probe); },
                          [&](const service::Forward& forward) { handle_forward(now, forward); },
                          [&](const service::Missing& missing) { handle_missing(now, missing); },
                          [&](const service::Back& back) { handle_back(now, back); },
                          [&](const service::GuardTurned& turned) {
                              turned.holds
                                  ? budget_.warning(
                                        "too many upstreams do not answer at once: they stay in "
                                        "rotation until they are seen again, or proven to be gone "
                                        "(unavailable-share-max)")
                                  : budget_.info("enough upstreams answer again: the guard is off");
                          }},
               action);
}

void Lookout::handle_forward(Instant now, const service::Forward& forward) {
    registry_.handle_event(now, forward.event);
    const swim::Change change = forward.event.change;
    if (change != swim::Change::Joined && change != swim::Change::Recovered) return;
    // What it was before it died is forgotten without a word: it lives.
    const std::string& name = forward.event.member.profile->name;
    for (const Endpoint& endpoint : registry_.endpoints_of(name)) severance_.handle_back(endpoint);
}

void Lookout::handle_missing(Instant now, const service::Missing& missing) {
    registry_.handle_unavailable(now, missing.member_name, missing.endpoint, missing.reason,
                                 missing.stays);
    report(missing);
    // A refusal ends a connection by itself, and who stays may still answer.
    const bool is_silent = !missing.reason.empty() && missing.reason != service::reason::refused;
    if (is_silent && missing.stays.empty()) {
        severance_.handle_silent(missing.endpoint, registry_.table().revision);
    } else {
        severance_.handle_back(missing.endpoint);
    }
}

void Lookout::handle_back(Instant now, const service::Back& back) {
    registry_.handle_available(now, back.member_name, back.endpoint);
    severance_.handle_back(back.endpoint);
    budget_.info(shown(back.member_name) + " answers at " + back.endpoint.text() + " as it should");
}

void Lookout::report(const service::Missing& missing) {
    std::string line = shown(missing.member_name) + " at " + missing.endpoint.text() + ": ";
    if (!missing.reason.empty()) line += "does not answer, " + missing.reason + "; ";
    line += missing.stays.empty() ? "it gets no traffic there" : missing.stays;
    missing.stays.empty() ? budget_.warning(line) : budget_.info(line);
}

}  // namespace scrimp::app
