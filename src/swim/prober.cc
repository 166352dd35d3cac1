#include "swim/prober.h"

#include <algorithm>

#include "swim/announcement.h"

namespace scrimp::swim {

namespace {

/// Protocol versions from which a peer answers a ping by stream, and sends nacks (config.go).
constexpr std::uint8_t stream_ping_version = 3;
constexpr std::uint8_t nack_version = 4;

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

Instant Prober::next_deadline() const {
    return probe_ ? std::min(probe_->widens_at, probe_->ends_at) : next_round_;
}

void Prober::handle_deadline(Instant now) {
    if (probe_ && probe_->widens_at != never && now >= probe_->widens_at) widen(now);
    if (probe_ && now >= probe_->ends_at) fail(now);
    if (probe_ || now < next_round_) return;
    // Rounds that a long probe ran over are not made up for.
    const Duration interval = body_.config.probe_interval;
    next_round_ += interval * ((now - next_round_) / interval + 1);
    start(now);
}

void Prober::start(Instant now) {
    const Member* target =
        body_.roster.next_in_walk(now, body_.config.gossip_to_the_dead, body_.random);
    if (target == nullptr) return;
    const Instant ends_at = now + body_.health.scaled(body_.config.probe_interval);
    const std::uint32_t question = ++body_.last_question;
    probe_ = Probe{target->profile, target->incarnation, question,
                   std::min(now + body_.config.probe_timeout, ends_at), ends_at};

    const std::string& name = target->profile->name;
    const wire::Ping ping{question, name, own_source()};
    if (target->state == State::Alive) {
        courier_.send(target->profile->endpoint, ping);
    } else {
        const std::string& self = body_.roster.self().profile->name;
        courier_.send_to_member(*target, {ping, wire::Suspect{target->incarnation, name, self}});
    }
}

void Prober::widen(Instant now) {
    Probe& probe = *probe_;
    if (now >= probe.ends_at) {
        // It is we who were held up: the others get the time they would have had.
        body_.health.apply(+1);
        probe.ends_at = now + (probe.ends_at - probe.widens_at);
    }
    probe.widens_at = never;
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
    if (target.versions[1] >= stream_ping_version && now < probe.ends_at && streams_.may_dial()) {
        probe.stream =
            streams_.dial(now, target.endpoint, Purpose::Ping,
                          wire::Ping{probe.question, target.name, own_source()}, probe.ends_at);
    }
}

void Prober::handle_ack(std::uint32_t question) {
    if (probe_ && probe_->question == question) succeed();
}

void Prober::handle_nack(Instant now, std::uint32_t question) {
    if (!probe_ || probe_->question != question) return;
    // A peer that nacks twice, or was not asked, must not make us look better than we are.
    probe_->nacks_received = std::min(probe_->nacks_received + 1, probe_->nacks_expected);
    if (is_hopeless()) fail(now);
}

void Prober::handle_outcome(Instant now, const StreamOutcome& outcome) {
    if (!probe_ || probe_->stream != outcome.stream) return;
    probe_->stream.reset();
    if (const auto* message = std::get_if<wire::StreamMessage>(&outcome.result)) {
        const auto* ack = std::get_if<wire::Ack>(message);
        if (ack != nullptr && ack->seq_no == probe_->question) succeed();
        return;
    }
    probe_->refused = std::get<StreamFailure>(outcome.result).end == StreamEnd::Refused;
    if (is_hopeless()) fail(now);
}

/// Refused ourselves, and nobody asked is left who could still bring an ack.
bool Prober::is_hopeless() const {
    return probe_->refused && probe_->nacks_received == probe_->relays;
}

void Prober::succeed() {
    body_.health.apply(-1);
    end();
}

void Prober::fail(Instant now) {
    ++body_.stats.probes_failed;
    const Probe failed = *probe_;
    end();
    if (failed.nacks_expected > 0) {
        body_.health.apply(failed.nacks_expected - failed.nacks_received);
    } else if (!failed.refused) {
        // With nobody to tell whether it is we who are deaf; a refusal shows that we are not.
        body_.health.apply(+1);
    }
    const std::string& name = failed.target->name;
    membership_.suspect_unanswered(now, name, failed.incarnation);
    const Member* accused = body_.roster.find(name);
    if (failed.refused && accused != nullptr && accused->state == State::Suspect &&
        accused->incarnation == failed.incarnation) {
        hasten(now, *accused);
    }
}

void Prober::hasten(Instant now, const Member& accused) {
    const std::string& name = accused.profile->name;
    membership_.hasten_suspicion(now, name);
    // It may have restarted this very moment, and must hear of it while it can still refute.
    const std::string& self = body_.roster.self().profile->name;
    courier_.send_to_member(accused, {wire::Suspect{accused.incarnation, name, self}});
}

void Prober::end() {
    if (probe_->stream) streams_.close(*probe_->stream);
    probe_.reset();
}

void Prober::stop() {
    if (probe_) end();
    next_round_ = never;
}

}  // namespace scrimp::swim
