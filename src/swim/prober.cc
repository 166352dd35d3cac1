#include "swim/prober.h"

#include <algorithm>

#include "swim/announcement.h"

namespace scrimp::swim {

namespace {

/// Protocol versions from which a peer answers a ping by stream, and sends nacks (config.go).
constexpr std::uint8_t stream_ping_version = 3;
constexpr std::uint8_t nack_version = 4;

/// Checks under way at once. Whoever is left out when a rack dies is seen by the others.
constexpr std::size_t checks_max = 32;

/// Between two checks for refused packets: whoever forges refusals makes us send ten more pings a
/// second, no more; and ten dead members a second are found as quickly as their packets come back.
constexpr Duration refused_check_interval = std::chrono::milliseconds{100};

}  // namespace

Prober::Prober(Instant now, Body& body, Membership& membership, Courier& courier, Streams& streams)
    : body_(body),
      membership_(membership),
      courier_(courier),
      streams_(streams),
      next_round_(now + body.random.below(body.config.probe_interval)) {}

wire::Source Prober::own_source() const {
    const Profile& self = *body_.roster.self().profile;
    return {address_of(self), self.endpoint.port, self.name};
}

bool Prober::in_round() const {
    return std::any_of(probes_.begin(), probes_.end(), [](const Probe& p) { return p.in_turn; });
}

Prober::Probe* Prober::find(std::uint32_t question) {
    const auto found = std::find_if(probes_.begin(), probes_.end(),
                                    [&](const Probe& p) { return p.question == question; });
    return found == probes_.end() ? nullptr : &*found;
}

bool Prober::is_probed(const Endpoint& target) const {
    return std::any_of(probes_.begin(), probes_.end(),
                       [&](const Probe& p) { return p.target->endpoint == target; });
}

Instant Prober::next_deadline() const {
    Instant next = in_round() ? never : next_round_;
    for (const Probe& probe : probes_) next = std::min({next, probe.widens_at, probe.ends_at});
    return next;
}

void Prober::handle_deadline(Instant now) {
    // Whatever happens to one probe may end it, and moves those behind it.
    std::vector<std::uint32_t> due;
    for (const Probe& probe : probes_) {
        if (now >= std::min(probe.widens_at, probe.ends_at)) due.push_back(probe.question);
    }
    for (const std::uint32_t question : due) {
        Probe* probe = find(question);
        if (probe != nullptr && now >= probe->widens_at) try_more(now, *probe);
        probe = find(question);
        if (probe != nullptr && now >= probe->ends_at) fail(now, *probe);
    }
    if (in_round() || now < next_round_) return;
    // Rounds that a long probe ran over are not made up for.
    const Duration interval = body_.config.probe_interval;
    next_round_ += interval * ((now - next_round_) / interval + 1);
    start_round(now);
}

void Prober::shift(Duration stall) {
    for (Probe& probe : probes_) {
        probe.asked_at += stall;
        if (probe.widens_at != never) probe.widens_at += stall;
        probe.ends_at += stall;
    }
    if (next_round_ != never) next_round_ += stall;
}

void Prober::start_round(Instant now) {
    const Member* target =
        body_.roster.next_in_walk(now, body_.config.gossip_to_the_dead, body_.random);
    if (target == nullptr || is_probed(target->profile->endpoint)) return;
    start(now, *target, true, false);
}

void Prober::check(Instant now, const Member& target) {
    if (is_probed(target.profile->endpoint) || probes_.size() >= checks_max) return;
    start(now, target, false, true);
}

Prober::Probe& Prober::start(Instant now, const Member& target, bool in_turn, bool alone) {
    const Config& config = body_.config;
    const Duration patience =
        body_.round_trips.patience(config.probe_timeout_min, config.probe_timeout);
    // With the second try, where there is one, the others have as long as in a patient probe.
    const int tries = 2 * patience < config.probe_timeout ? 2 : 1;
    const Duration others = std::max(config.probe_interval - config.probe_timeout, patience);
    const Duration whole = std::min(config.probe_interval, tries * patience + others);
    const Instant ends_at = now + body_.health.scaled(whole);
    const std::uint32_t question = ++body_.last_question;
    probes_.push_back({target.profile, target.incarnation, question, in_turn, alone, now,
                       std::min(now + patience, ends_at), ends_at, tries - 1, patience});
    ping(target, question, in_turn);
    return probes_.back();
}

/// Without a source, as before 0.2.0: the answer goes to where the ping came from, and a third of
/// all that an idle cluster sends is saved.
void Prober::ping(const Member& target, std::uint32_t question, bool with_news) {
    const std::string& name = target.profile->name;
    const wire::Ping ping{question, name, {}};
    if (target.state == State::Alive || !body_.config.tells_suspects) {
        if (with_news) {
            courier_.send(target.profile->endpoint, ping);
        } else {
            courier_.send_alone(target.profile->endpoint, ping);
        }
    } else {
        const std::string& self = body_.roster.self().profile->name;
        courier_.send_to_member(target, {ping, wire::Suspect{target.incarnation, name, self}});
    }
}

void Prober::try_more(Instant now, Probe& probe) {
    const Member* target = body_.roster.find(probe.target->name);
    body_.tell_doubt(probe.target->name);
    if (probe.tries_left > 0 && target != nullptr) {
        --probe.tries_left;
        probe.widens_at = std::min(now + probe.patience, probe.ends_at);
        ping(*target, probe.question, false);
        return;
    }
    widen(now, probe);
}

void Prober::widen(Instant now, Probe& probe) {
    probe.widens_at = never;
    if (!probe.alone) ask_others(probe);
    dial(now, probe);
}

void Prober::ask_others(Probe& probe) {
    const Profile& target = *probe.target;
    const auto can_help = [&](const Member& member) {
        return member.state == State::Alive && member.profile->name != target.name;
    };
    const auto count = static_cast<std::size_t>(body_.config.indirect_probes);
    for (const Member* peer : body_.roster.pick(count, body_.random, can_help)) {
        const bool nack = peer->profile->versions[1] >= nack_version;
        ++probe.relays;
        if (nack) ++probe.nacks_expected;
        courier_.send(peer->profile->endpoint,
                      wire::IndirectPing{probe.question, address_of(target), target.endpoint.port,
                                         target.name, nack, own_source()});
    }
}

void Prober::dial(Instant now, Probe& probe) {
    const Profile& target = *probe.target;
    if (target.versions[1] < stream_ping_version || !streams_.may_dial()) return;
    if (now >= probe.ends_at) return;
    probe.stream = streams_.dial(now, target.endpoint, Purpose::Ping,
                                 wire::Ping{probe.question, target.name, {}}, probe.ends_at);
}

void Prober::handle_ack(Instant now, const Endpoint& from, std::uint32_t question) {
    Probe* probe = find(question);
    if (probe == nullptr) return;
    // Not if another has asked for us: the way between us two may be blocked all the same.
    if (from.ip == probe->target->endpoint.ip) blocked_.note_packet(probe->target->name);
    succeed(now, *probe);
}

void Prober::handle_nack(Instant now, std::uint32_t question) {
    Probe* probe = find(question);
    if (probe == nullptr) return;
    // A peer that nacks twice, or was not asked, must not make us look better than we are.
    probe->nacks_received = std::min(probe->nacks_received + 1, probe->nacks_expected);
    settle_refused(now, *probe);
}

void Prober::handle_packet_refused(Instant now, const Endpoint& to) {
    const auto running = std::find_if(probes_.begin(), probes_.end(),
                                      [&](const Probe& p) { return p.target->endpoint == to; });
    if (running != probes_.end()) {
        running->packet_refused = true;
        if (running->widens_at != never) {
            body_.tell_doubt(running->target->name);
            widen(now, *running);
        }
        return;
    }
    if (now < next_refused_check_ || probes_.size() >= checks_max) return;
    const auto members = body_.roster.members();
    const auto there = std::find_if(members.begin(), members.end(), [&](const Member& member) {
        return member.profile->endpoint == to && !is_gone(member.state);
    });
    if (there == members.end() || body_.roster.is_self(*there)) return;
    next_refused_check_ = now + refused_check_interval;
    start(now, *there, false, false);
}

void Prober::handle_outcome(Instant now, const StreamOutcome& outcome) {
    const auto probe = std::find_if(probes_.begin(), probes_.end(),
                                    [&](const Probe& p) { return p.stream == outcome.stream; });
    if (probe == probes_.end()) return;
    probe->stream.reset();
    if (const auto* message = std::get_if<wire::StreamMessage>(&outcome.result)) {
        const auto* ack = std::get_if<wire::Ack>(message);
        if (ack == nullptr || ack->seq_no != probe->question) return;
        const Member* member = body_.roster.find(probe->target->name);
        if (member != nullptr && blocked_.note_stream_only(probe->target->name, now)) {
            body_.actions.push_back(PacketsBlocked{*member});
        }
        succeed(now, *probe);
        return;
    }
    const auto& failure = std::get<StreamFailure>(outcome.result);
    probe->stream_refused = failure.end == StreamEnd::Refused;
    probe->stream_silent = failure.was_silent;
    settle_refused(now, *probe);
}

/// Refused ourselves, and nobody asked is left who could still bring an ack: nothing to wait for.
void Prober::settle_refused(Instant now, Probe& probe) {
    if (!probe.stream_refused) return;
    if (probe.alone) {
        // It may be us alone whom that host refuses.
        probe.alone = false;
        ask_others(probe);
    }
    if (probe.nacks_received == probe.relays) fail(now, probe);
}

void Prober::succeed(Instant now, const Probe& probe) {
    // Not where we stood still meanwhile: the question then counts as asked later than it was.
    if (now >= probe.asked_at) body_.round_trips.add(now - probe.asked_at);
    if (probe.in_turn) body_.health.apply(-1);
    end(probe);
}

void Prober::fail(Instant now, const Probe& probe) {
    ++body_.stats.probes_failed;
    const Probe failed = probe;
    const bool is_stalled = body_.config.confirms_eagerly && failed.stream_silent;
    end(probe);
    if (failed.in_turn && failed.nacks_expected > 0) {
        body_.health.apply(failed.nacks_expected - failed.nacks_received);
    } else if (failed.in_turn && !failed.stream_refused) {
        // With nobody to tell whether it is we who are deaf; a refusal shows that we are not.
        body_.health.apply(+1);
    }
    membership_.suspect_unanswered(now, failed.target->name, failed.incarnation,
                                   is_stalled ? Silence::Stalled : Silence::Complete);
    // Whoever asks no others cannot know that it is not refused alone.
    if (failed.stream_refused && body_.config.indirect_probes > 0 &&
        failed.nacks_received == failed.relays) {
        hasten(now, failed);
    }
}

void Prober::hasten(Instant now, const Probe& failed) {
    const std::string& name = failed.target->name;
    const Member* accused = body_.roster.find(name);
    if (accused == nullptr || accused->state != State::Suspect ||
        accused->incarnation != failed.incarnation) {
        return;
    }
    const Config& config = body_.config;
    membership_.hasten_suspicion(now, name,
                                 failed.packet_refused ? config.suspicion_after_two_refusals
                                                       : config.suspicion_after_refusal);
    // It may have restarted this very moment, and must hear of it while it can still refute.
    const std::string& self = body_.roster.self().profile->name;
    courier_.send_to_member(*accused, {wire::Suspect{accused->incarnation, name, self}});
}

void Prober::end(const Probe& probe) {
    if (probe.stream) streams_.close(*probe.stream);
    probes_.erase(probes_.begin() + (&probe - probes_.data()));
}

void Prober::stop() {
    while (!probes_.empty()) end(probes_.back());
    next_round_ = never;
}

}  // namespace scrimp::swim
