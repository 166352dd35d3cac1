#include "app/backend.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <boost/asio/post.hpp>

#include "app/config_fields.h"
#include "base/machine.h"
#include "base/printable.h"
#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/nonces.h"

namespace scrimp::app {

namespace {

/// Of an operator's reason, what a condition has room for beside its code.
constexpr std::size_t words_bytes_max =
    service::reason_bytes_max - service::reason::maintenance.size() - 2;

/// Lines about one announcement, or one start: enough for a hand's work.
constexpr std::size_t changes_told_max = 20;

std::vector<service::Subject> subjects_of(const Config& config) {
    std::vector<service::Subject> subjects;
    for (const service::Application& application : config.applications) {
        service::Subject subject{.application = application.name.text()};
        const auto check = config.checks.find(subject.application);
        if (check != config.checks.end()) subject.check = check->second;
        subjects.push_back(std::move(subject));
    }
    return subjects;
}

std::vector<std::string> names_of(const Config& config) {
    std::vector<std::string> names;
    for (const service::Application& application : config.applications) {
        names.push_back(application.name.text());
    }
    std::ranges::sort(names);
    return names;
}

std::string condition_text(const service::Condition& condition) {
    const std::string state(service::name_of(condition.state));
    return condition.reason.empty() ? state : state + " (" + condition.reason + ")";
}

std::string named(const std::optional<std::string>& application) {
    return application ? "'" + *application + "'" : "every application";
}

std::string escaped_list(const std::vector<std::string>& names) {
    std::vector<std::string> shown;
    for (const std::string& name : names) shown.push_back(printable(name, 4 * name.size()));
    return shortened_list(shown);
}

std::string progress_text(const service::FarewellProgress& progress, const DrainConfig& drain) {
    std::string text;
    const auto add = [&text](const std::vector<std::string>& names, const std::string& before,
                             std::string_view after) {
        if (names.empty()) return;
        text += (text.empty() ? "" : "; ") + before + escaped_list(names) + std::string(after);
    };
    add(progress.waiting, "waiting for ", "");
    add(progress.silent, "giving " + rough_text(drain.wait) + " to ", ", which cannot acknowledge");
    add(progress.acknowledged, "acknowledged by ", "");
    if (!text.empty()) return text;
    return "no balancer is known: giving " + rough_text(drain.wait) + " to any not met yet";
}

}  // namespace

Backend::Backend(boost::asio::io_context& loop, const Config& config, Ways ways)
    : loop_(loop),
      ways_(std::move(ways)),
      drain_(config.drain),
      applications_(names_of(config)),
      file_(config.state_dir, config.node_name),
      health_(runtime::now(), runtime::kernel_seed()),
      driver_(loop, health_,
              [this](const service::ConditionChanged& change) { handle_change(change); }),
      farewell_(runtime::now(), config.node_name),
      farewell_timer_(loop,
                      [this](Instant now) {
                          farewell_.handle_deadline(now);
                          pump();
                      }),
      known_timer_(loop, [this](Instant) { become_known(); }),
      expects_balancers_(!config.providers.empty() || !config.state_dir.empty()) {
    const Instant now = runtime::now();
    std::size_t told = 0;
    for (const auto& [application, reason] : file_.load()) {
        const auto which = application.empty() ? std::nullopt : std::optional(application);
        health_.set_maintenance(now, which, reason);
        if (++told > changes_told_max) continue;
        runtime::log_warning("maintenance: " + named(which) + " is out of service" +
                             (reason.empty() ? "" : " (" + reason + ")") +
                             " since before this start; 'scrimplb maint off' brings it back");
    }
    if (told > changes_told_max) {
        runtime::log_warning("maintenance: " + std::to_string(told - changes_told_max) +
                             " more of the kind");
    }
    driver_.call(
        [&](Instant at, service::Health& health) { health.set_subjects(at, subjects_of(config)); });
}

void Backend::begin(const Endpoint& address, std::function<void()> known) {
    driver_.set_address(address);
    if (std::exchange(begun_, true)) return;
    known_ = std::move(known);
    driver_.call([](Instant now, service::Health& health) { health.begin(now); });
    if (!health_.any_unknown()) return become_known();
    known_timer_.arm(runtime::now() + first_checks_longest);
}

void Backend::become_known() {
    known_timer_.arm(never);
    if (const auto known = std::exchange(known_, nullptr)) known();
}

void Backend::apply(const Config& config) {
    drain_ = config.drain;
    applications_ = names_of(config);
    driver_.call([&](Instant now, service::Health& health) {
        health.set_subjects(now, subjects_of(config));
    });
    cancel([this](const auto& which) { return !must_serve(which); },
           "is no longer configured here: what it was waited for is void");
}

service::Conditions Backend::conditions() const {
    service::Conditions conditions;
    for (const auto& [application, condition] : health_.conditions()) {
        // They come from applications, which have no other names.
        if (const auto name = service::Name::parse(application)) {
            conditions.push_back({*name, condition});
        }
    }
    return conditions;
}

void Backend::handle_change(const service::ConditionChanged& change) {
    if (++changes_ <= changes_told_max) {
        const std::string line = "health: '" + change.application + "' is " +
                                 condition_text(change.now) + ", was " +
                                 condition_text(change.before);
        change.now.state == service::Availability::Unhealthy ? runtime::log_warning(line)
                                                             : runtime::log_info(line);
    }
    // Many may change at once: they are one announcement.
    if (std::exchange(to_announce_, true)) return;
    boost::asio::post(loop_, [this] { announce(); });
}

void Backend::announce() {
    const std::size_t changes = std::exchange(changes_, 0);
    if (changes > changes_told_max) {
        runtime::log_info("health: " + std::to_string(changes - changes_told_max) +
                          " more of the kind");
    }
    if (std::exchange(to_announce_, false)) ways_.announce();
    if (known_ && !health_.any_unknown()) become_known();
}

void Backend::handle_announced(const Bytes& metadata) {
    farewell_.set_announced(runtime::now(), service::digest_of(text_of(metadata)));
    pump();
}

void Backend::handle_event(const swim::MemberEvent& event) {
    expects_balancers_ = true;
    farewell_.handle_event(runtime::now(), event);
    pump();
}

void Backend::handle_blackout() {
    farewell_.handle_blackout(runtime::now());
    pump();
}

void Backend::handle_answer(const service::ServingAnswer& answer) {
    farewell_.handle_answer(runtime::now(), answer);
    pump();
}

Result<void> Backend::withdraw(const std::optional<std::string>& application) {
    if (Result<void> serves = must_serve(application); !serves) return serves;
    driver_.call(
        [&](Instant now, service::Health& health) { health.set_draining(now, application); });
    announce();  // Now: whoever is asked next is asked about this.
    return {};
}

void Backend::drain(const std::optional<std::string>& application, Drained done,
                    Progress progress) {
    if (const Result<void> withdrawn = withdraw(application); !withdrawn) {
        return done(false, withdrawn.error().message);
    }
    // The last place is for the end of this node.
    const bool may_wait = stopping_ || waiting_.size() + 1 < service::farewells_max;
    const auto id = may_wait
                        ? farewell_.begin(runtime::now(), {.timeout = drain_.timeout,
                                                           .wait = drain_.wait,
                                                           .expects_balancers = expects_balancers_})
                        : std::nullopt;
    if (!id) {
        return done(false, named(application) +
                               " drains, but too many others are waited for "
                               "already to tell when it is done");
    }
    waiting_[*id] = {application, std::move(done), std::move(progress)};
    pump();
}

Result<void> Backend::resume(const std::optional<std::string>& application) {
    if (stopping_) return fail("this backend is about to exit: nothing is taken back any more");
    if (Result<void> serves = must_serve(application); !serves) return serves;
    driver_.call(
        [&](Instant now, service::Health& health) { health.clear_draining(now, application); });
    const auto still = [&](const service::NamedCondition& each) {
        return application && each.application.text() == *application &&
               each.condition.state == service::Availability::Draining;
    };
    if (std::ranges::any_of(conditions(), still)) {
        return fail(named(application) +
                    " drains with every other: 'scrimplb ready' without a name takes that back");
    }
    cancel([&](const auto& which) { return !application || which == application; },
           "is not safe to stop: taken back by 'ready'");
    return {};
}

void Backend::begin_to_stop() {
    stopping_ = true;
    driver_.stop();
}

void Backend::cancel(const std::function<bool(const std::optional<std::string>&)>& ended,
                     const std::string& why) {
    std::vector<Waiting> told;
    std::erase_if(waiting_, [&](auto& each) {
        if (!ended(each.second.application)) return false;
        farewell_.cancel(runtime::now(), each.first);
        told.push_back(std::move(each.second));
        return true;
    });
    pump();
    for (const Waiting& waiting : told) waiting.done(false, named(waiting.application) + " " + why);
}

Result<std::string> Backend::set_maintenance(bool on, const std::optional<std::string>& application,
                                             const std::string& reason) {
    // One that was taken out of the configuration meanwhile may still be brought back.
    const bool said = health_.maintenance().contains(application.value_or(""));
    if (Result<void> serves = must_serve(application); !serves && !said) {
        return tl::unexpected(serves.error());
    }
    if (on && !said && health_.maintenance().size() >= maintenance_max) {
        return fail("maintenance is on for " + std::to_string(maintenance_max) +
                    " names already, some of which are no longer served here; take those back "
                    "first: 'scrimplb maint off NAME'");
    }
    driver_.call([&](Instant now, service::Health& health) {
        if (on) {
            health.set_maintenance(now, application, printable(reason, words_bytes_max));
        } else {
            health.clear_maintenance(now, application);
        }
    });
    if (const Result<void> saved = file_.save(health_.maintenance()); !saved) {
        return fail("maintenance of " + named(application) + " is " + (on ? "on" : "off") +
                    " until a restart, which will not know of it: " + saved.error().message);
    }
    return "maintenance of " + named(application) + " is " + (on ? "on" : "off") +
           (file_.is_kept() ? "" : " until a restart: there is no state-dir to keep it in");
}

Result<void> Backend::must_serve(const std::optional<std::string>& application) const {
    if (!application || std::ranges::binary_search(applications_, *application)) return {};
    const std::vector<std::string_view> known(applications_.begin(), applications_.end());
    return fail("this backend serves no application '" +
                printable(*application, service::reason_bytes_max) + "'" +
                suggestion(*application, known));
}

void Backend::pump() {
    while (const std::optional<service::FarewellAction> action = farewell_.poll_action()) {
        std::visit(Overloaded{[this](const service::AskServing& ask) {
                                  ways_.send(ask.member, ask.payload);
                              },
                              [this](const service::FarewellProgress& progress) {
                                  const auto found = waiting_.find(progress.id);
                                  if (found == waiting_.end()) return;
                                  found->second.progress(progress_text(progress, drain_));
                              },
                              [this](const service::FarewellEnded& end) { perform(end); }},
                   *action);
    }
    farewell_timer_.arm(farewell_.next_deadline());
}

void Backend::perform(const service::FarewellEnded& end) {
    const auto ended = waiting_.extract(end.id);
    if (!ended) return;
    const Waiting& waiting = ended.mapped();
    const std::string what = named(waiting.application);
    std::string sentence;
    if (end.is_safe()) {
        sentence = "safe to stop " + what;
    } else if (end.met_nobody) {
        sentence = what + " drains, but no balancer is known, nor was met in " +
                   rough_text(drain_.wait) + ": whether any sends requests cannot be told";
    } else {
        sentence = what + " may still be sent requests by " + escaped_list(end.unheard) +
                   ", unheard of in time";
    }
    if (!end.acknowledged.empty()) {
        sentence += "; acknowledged by " + escaped_list(end.acknowledged);
    }
    if (!end.waited_out.empty()) {
        sentence += "; " + rough_text(drain_.wait) + " passed for " + escaped_list(end.waited_out) +
                    ", which cannot acknowledge";
    }
    if (end.is_safe() && end.acknowledged.empty() && end.waited_out.empty()) {
        sentence += "; there is no balancer";
    }
    waiting.done(end.is_safe(), sentence);
}

}  // namespace scrimp::app
