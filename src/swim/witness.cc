#include "swim/witness.h"

#include "swim/formulas.h"

namespace scrimp::swim {

namespace {

/// In one step as many look as are likely to be enough. Long enough for a confirmation to come
/// round first, and for two steps and a probe within the shortest suspicion.
constexpr Duration look_step = std::chrono::milliseconds{300};
constexpr int lookers_per_confirmation = 2;

/// Between two questions to a suspect: several fit into the shortest suspicion.
constexpr Duration call_interval = std::chrono::milliseconds{400};

}  // namespace

const Member* Witness::find_suspect(const std::string& name) const {
    const Member* member = body_.roster.find(name);
    return member != nullptr && member->state == State::Suspect ? member : nullptr;
}

void Witness::handle_suspicions(Instant now) {
    for (const Suspected& suspected : membership_.take_suspected()) {
        if (!body_.config.confirms_eagerly || find_suspect(suspected.name) == nullptr) continue;
        if (suspected.by_us) {
            looks_.cancel(suspected.name);
            calls_.set(suspected.name, now + call_interval);
        } else {
            plan_look(now, suspected.name);
        }
    }
}

void Witness::plan_look(Instant now, const std::string& name) {
    const int wanted = membership_.confirmations_awaited(name);
    if (wanted == 0) return;
    const Config& config = body_.config;
    const std::size_t living = body_.roster.alive_count();
    const double others = static_cast<double>(std::max<std::size_t>(living, 2) - 2);
    const double step = body_.random.unit() * others / (lookers_per_confirmation * wanted);
    const auto wait = std::chrono::duration_cast<Duration>(step * look_step);
    // Later than this it would no longer shorten anything.
    const Duration shortest =
        suspicion_timeout(config.suspicion_mult, body_.roster.size(), config.probe_interval);
    if (wait < shortest) looks_.set(name, now + wait);
}

void Witness::handle_deadline(Instant now) {
    while (const std::optional<std::string> name = looks_.take_due(now)) {
        const Member* suspect = find_suspect(*name);
        if (suspect == nullptr || membership_.confirmations_awaited(*name) == 0) continue;
        prober_.check(now, *suspect);
    }
    while (const std::optional<std::string> name = calls_.take_due(now)) {
        const Member* suspect = find_suspect(*name);
        if (suspect == nullptr) continue;
        call(*suspect);
        calls_.set(*name, now + call_interval);
    }
}

/// Nobody waits for the ack: what counts is the refutation, which comes with it.
void Witness::call(const Member& suspect) {
    const std::string& self = body_.roster.self().profile->name;
    const std::string& name = suspect.profile->name;
    const wire::Ping ping{++body_.last_question, name, {}};
    courier_.send_to_member(suspect, {ping, wire::Suspect{suspect.incarnation, name, self}});
}

void Witness::shift(Duration stall) {
    looks_.shift(stall);
    calls_.shift(stall);
}

void Witness::stop() {
    looks_ = {};
    calls_ = {};
}

}  // namespace scrimp::swim
