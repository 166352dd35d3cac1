#include "swim/push_pull.h"

#include <algorithm>

#include "swim/announcement.h"
#include "swim/formulas.h"

namespace scrimp::swim {

namespace {

/// Members that are looked through at each question: a few microseconds. In larger clusters not at
/// each, but once in as many stranger_intervals as the cluster is larger.
constexpr std::size_t members_looked_through = 256;

}  // namespace

PushPull::PushPull(Instant now, Body& body, Membership& membership, Streams& streams)
    : body_(body), membership_(membership), streams_(streams) {
    const Config& config = body.config;
    // By chance, so that nodes started together do not call in step for ever.
    next_call_ = now + config.push_pull_interval + body.random.below(config.push_pull_interval);
    next_reconnect_ = config.reconnect_interval == Duration::zero()
                          ? never
                          : now + body.random.below(config.reconnect_interval);
}

Result<void> PushPull::join(Instant now, std::span<const Endpoint> seeds) {
    if (joining_) return fail("a join is under way already");
    std::vector<Endpoint> others(seeds.begin(), seeds.end());
    std::erase(others, body_.roster.self().profile->endpoint);
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    if (others.empty()) return fail("there is no seed to join through but ourselves");
    joining_ = Joining{};
    joining_->attempted = static_cast<int>(others.size());
    int dialled = 0;
    for (const Endpoint& seed : others) {
        if (!streams_.may_dial()) break;
        call(now, seed, Purpose::Join);
        ++dialled;
    }
    for (; joining_ && dialled < static_cast<int>(others.size()); ++dialled) {
        count_joined(fail("too many connections are open"));
    }
    return {};
}

void PushPull::meet(Instant now, std::span<const Endpoint> endpoints) {
    for (const Endpoint& endpoint : endpoints) {
        const auto is_there = [&](const Endpoint& at) { return at == endpoint; };
        if (!body_.roster.has_living(is_there)) call(now, endpoint, Purpose::PushPull);
    }
}

void PushPull::handle_asked(Instant now, const Endpoint& from) {
    const Duration interval = body_.config.stranger_interval;
    if (interval == Duration::zero() || now < next_stranger_) return;
    next_stranger_ = now + interval * (body_.roster.size() / members_looked_through);
    // By its host alone: behind a translated address the port is not the one it is announced with.
    const auto is_there = [&](const Endpoint& at) { return at.ip == from.ip; };
    if (body_.roster.has_living(is_there)) return;
    next_stranger_ += interval;
    call(now, from, Purpose::PushPull);
}

wire::PushPull PushPull::own_state(bool join) const {
    wire::PushPull state{join, {}, {}};
    state.nodes.reserve(body_.roster.size());
    for (const Member& member : body_.roster.members()) state.nodes.push_back(state_of(member));
    return state;
}

void PushPull::call(Instant now, const Endpoint& peer, Purpose purpose) {
    if (!streams_.may_dial()) return;
    streams_.dial(now, peer, purpose, now + body_.config.stream_timeout);
}

void PushPull::handle_opened(StreamId stream, Purpose purpose) {
    streams_.request(stream, own_state(purpose == Purpose::Join));
}

void PushPull::answer(Instant now, StreamId stream, wire::PushPull theirs) {
    streams_.respond(stream, own_state(false));
    // A failure is counted there; the peer will find the same in our state.
    static_cast<void>(membership_.merge(now, std::move(theirs.nodes)));
}

void PushPull::handle_outcome(Instant now, StreamOutcome outcome) {
    const Purpose purpose = outcome.purpose;
    const Endpoint peer = outcome.peer;
    const std::uint64_t refutations = body_.stats.refutations;
    const Result<void> taken = take(now, std::move(outcome));
    if (purpose != Purpose::FollowUp && body_.stats.refutations != refutations) {
        call(now, peer, Purpose::FollowUp);
    }
    if (purpose == Purpose::Join) {
        count_joined(taken ? taken : fail(peer.text() + ": " + taken.error().message));
    }
}

Result<void> PushPull::take(Instant now, StreamOutcome outcome) {
    if (const auto* failure = std::get_if<StreamFailure>(&outcome.result)) {
        return fail(failure->why);
    }
    auto& message = std::get<wire::StreamMessage>(outcome.result);
    if (auto* state = std::get_if<wire::PushPull>(&message)) {
        return membership_.merge(now, std::move(state->nodes));
    }
    if (const auto* error = std::get_if<wire::Err>(&message)) {
        return fail("the peer says: " + error->error);
    }
    return fail("the peer answered with something else than its state");
}

void PushPull::count_joined(const Result<void>& outcome) {
    if (!joining_) return;
    if (outcome) {
        ++joining_->reached;
    } else {
        joining_->last_error = outcome.error().message;
    }
    if (++joining_->answered < joining_->attempted) return;
    body_.actions.push_back(
        JoinFinished{joining_->reached, joining_->attempted, std::move(joining_->last_error)});
    joining_.reset();
}

void PushPull::handle_deadline(Instant now) {
    if (now >= next_call_) {
        next_call_ = now + push_pull_interval(body_.config.push_pull_interval, body_.roster.size());
        call_someone(now);
    }
    if (now >= next_reconnect_) {
        next_reconnect_ = now + body_.config.reconnect_interval;
        call_someone_lost(now);
    }
}

void PushPull::call_someone(Instant now) {
    const auto lives = [](const Member& member) { return member.state == State::Alive; };
    for (const Member* member : body_.roster.pick(1, body_.random, lives)) {
        call(now, member->profile->endpoint, Purpose::PushPull);
    }
}

void PushPull::call_someone_lost(Instant now) {
    if (body_.lost.empty()) return;
    // All the living share the work: one call an interval for each of the lost, in all.
    const double share = static_cast<double>(body_.lost.size()) /
                         static_cast<double>(std::max<std::size_t>(1, body_.roster.alive_count()));
    if (!body_.random.chance(share)) return;
    if (const auto peer = body_.lost.pick(now, body_.random)) call(now, *peer, Purpose::PushPull);
}

Instant PushPull::next_deadline() const {
    return body_.lost.empty() ? next_call_ : std::min(next_call_, next_reconnect_);
}

void PushPull::shift(Duration stall) {
    if (next_call_ != never) next_call_ += stall;
    if (next_reconnect_ != never) next_reconnect_ += stall;
}

void PushPull::draw_next_call(Instant now) {
    next_call_ = now + body_.random.below(push_pull_interval(body_.config.push_pull_interval,
                                                             body_.roster.size()));
}

void PushPull::stop() {
    next_call_ = never;
    next_reconnect_ = never;
    next_stranger_ = never;
    while (joining_) count_joined(fail("we are leaving"));
}

}  // namespace scrimp::swim
