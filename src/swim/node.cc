#include "swim/node.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/assert.h"
#include "swim/announcement.h"
#include "swim/gossip.h"
#include "swim/prober.h"
#include "swim/profile_pool.h"
#include "swim/push_pull.h"
#include "swim/relay.h"
#include "swim/witness.h"

namespace scrimp::swim {

namespace {

/// Protocol versions of memberlist 0.2.2: understands 1 to 5, speaks 2 (config.go).
constexpr Versions versions_of(const Config& config) {
    return {1, 5, 2, config.delegate_min, config.delegate_max, config.delegate_current};
}

/// An honest packet asks one question; answering hundreds would make us a cannon.
constexpr int questions_per_packet_max = 8;

/// Broadcasts the floor above may have waiting: memberlist's depth for user messages.
constexpr std::size_t user_messages_max = 1024;

/// A call this much later than the deadline asked for: we were stopped, not busy. A loaded machine
/// delays a process by a fraction of it; and half of the usual patience with an answer, so that a
/// shorter halt leaves the other half for what waits in our socket.
constexpr Duration stall_min = std::chrono::milliseconds{250};

Member self_of(Instant now, const Config& config, const Identity& identity) {
    SCRIMP_ASSERT(!identity.name.empty() && identity.name.size() <= name_bytes_max);
    SCRIMP_ASSERT(!identity.advertised.is_unspecified() && identity.advertised.port != 0);
    SCRIMP_ASSERT(identity.metadata.size() <= metadata_bytes_max);
    Profile profile{identity.name, identity.advertised, false, identity.metadata,
                    versions_of(config)};
    // What an earlier life had reached and we do not know, we learn from others and outbid.
    const std::uint32_t incarnation =
        std::min(identity.former_incarnation, incarnation_max - 1) + 1;
    return {intern(std::move(profile)), incarnation, State::Alive, now};
}

}  // namespace

/// The organs, and the way of each message to the one it is for.
struct Node::Impl {
    Impl(Instant start, Config config, const Identity& identity, wire::NonceSource nonces,
         std::uint64_t seed)
        : now(start),
          body{std::move(config), std::move(nonces), Random(seed),
               Roster(self_of(start, body.config, identity), body.config.steady_walk),
               Health(body.config.awareness_max)} {
        body.last_question = static_cast<std::uint32_t>(body.random.next());
    }

    Instant now;
    Body body;
    Membership membership{body};
    Courier courier{body};
    Gossip gossip{now, body, courier};
    Relay relay{body, courier};
    Unreadable unreadable{body};
    Streams streams{body, unreadable};
    Prober prober{now, body, membership, courier, streams};
    Witness witness{body, membership, courier, prober};
    PushPull push_pull{now, body, membership, streams};
    Instant goodbye_by = never;  ///< While leaving.
    bool finished = false;
    bool asked = false;  ///< The packet being handled holds a question.

    /// Whether there is still a node to do something.
    bool advance(Instant to) {
        SCRIMP_ASSERT(to >= now);
        if (finished) return false;
        // A deadline that had passed when it was set, like that of news after quiet, was asked for
        // at that moment. What came for us meanwhile gets a moment to be read.
        const Instant asked_for = std::max(now, next_deadline());
        now = to;
        if (asked_for != never && now - asked_for >= stall_min) shift(now - asked_for + stall_min);
        return true;
    }

    [[nodiscard]] Instant next_deadline() const {
        return std::min({streams.next_deadline(), membership.next_deadline(), relay.next_deadline(),
                         prober.next_deadline(), witness.next_deadline(), push_pull.next_deadline(),
                         gossip.next_deadline(), goodbye_by});
    }

    void shift(Duration stall) {
        streams.shift(stall);
        membership.shift(stall);
        relay.shift(stall);
        prober.shift(stall);
        witness.shift(stall);
        push_pull.shift(stall);
        gossip.shift(stall);
        if (goodbye_by != never) goodbye_by += stall;
    }

    [[nodiscard]] bool leaving() const { return membership.has_left(); }

    /// At the end of each call: a goodbye may have been told.
    void settle() {
        if (leaving()) {
            membership.forget_suspected();
        } else {
            witness.handle_suspicions(now);
        }
        body.stats.health_score = body.health.score();
        const bool done = leaving() && (membership.goodbye_told() || now >= goodbye_by);
        if (finished || !done) return;
        finished = true;
        streams.close_all();
        body.actions.push_back(LeaveFinished{});
    }

    void handle_message(const Endpoint& from, wire::Message message, int& questions);
    void handle_outcome(StreamOutcome outcome);
    void serve(StreamOutcome request);
    [[nodiscard]] bool is_for_us(const std::string& name) const {
        return name.empty() || name == body.roster.self().profile->name;
    }
};

Node::Node(Instant now, Config config, Identity self, wire::NonceSource nonces, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(now, std::move(config), self, std::move(nonces), seed)) {}

Node::~Node() = default;

void Node::handle_packet(Instant now, const Endpoint& from, ByteView packet) {
    if (!impl_->advance(now)) return;
    Stats& stats = impl_->body.stats;
    if (!is_allowed(from, impl_->body.config.allowed_networks)) {
        ++stats.packets_refused;
        return;
    }
    ++stats.packets_received;
    stats.bytes_received += packet.size();
    wire::PacketContents contents = wire::decode_packet(packet, *impl_->body.envelope);
    for (const wire::Refusal& refusal : contents.refusals) {
        ++stats.refused[static_cast<std::size_t>(refusal.reason)];
        impl_->unreadable.note(now, from, refusal.reason);
    }
    // Questions last: the answer then carries what we have to say to the rest, above all that we
    // live, to who asks us and suspects us in one packet.
    const auto asks = [](const wire::Message& message) {
        return std::holds_alternative<wire::Ping>(message);
    };
    const auto questions_at = std::stable_partition(contents.messages.begin(),
                                                    contents.messages.end(), std::not_fn(asks));
    impl_->asked = questions_at != contents.messages.end();
    int questions = 0;
    for (wire::Message& message : contents.messages) {
        impl_->handle_message(from, std::move(message), questions);
    }
    impl_->settle();
}

void Node::handle_packet_refused(Instant now, const Endpoint& to) {
    if (!impl_->advance(now) || impl_->leaving()) return;
    if (!impl_->body.config.heeds_refused_packets) return;
    impl_->relay.handle_packet_refused(to);
    impl_->prober.handle_packet_refused(now, to);
    impl_->settle();
}

void Node::Impl::handle_message(const Endpoint& from, wire::Message message, int& questions) {
    const auto may_ask = [&] {
        if (++questions <= questions_per_packet_max) return true;
        ++body.stats.requests_refused;
        return false;
    };
    std::visit(
        Overloaded{
            [&](const wire::Ping& ping) {
                if (!is_for_us(ping.node) || !may_ask()) return;
                const Endpoint asker = answer_address(ping.source, from);
                courier.send(asker, wire::Ack{ping.seq_no, std::nullopt});
                push_pull.handle_asked(now, asker);
            },
            [&](const wire::IndirectPing& ping) {
                if (may_ask()) relay.handle_request(now, from, ping);
            },
            [&](const wire::Ack& ack) {
                prober.handle_ack(now, from, ack.seq_no);
                relay.handle_ack(ack.seq_no);
            },
            [&](const wire::Nack& nack) { prober.handle_nack(now, nack.seq_no); },
            [&](const wire::Suspect& news) {
                membership.handle_suspect(now, news);
                const bool to_our_face = asked && news.node == body.roster.self().profile->name;
                if (to_our_face) membership.handle_asked_and_accused(news.incarnation);
            },
            [&](const wire::Alive& news) { membership.handle_alive(now, news); },
            [&](const wire::Dead& news) { membership.handle_dead(now, news); },
            [&](wire::User& user) { body.actions.push_back(UserMessage{std::move(user.payload)}); },
        },
        message);
}

StreamId Node::handle_stream_accepted(Instant now, const Endpoint& from) {
    const bool works = impl_->advance(now);
    const StreamId stream = impl_->streams.accept(now, from);
    if (!works) impl_->streams.close(stream);
    return stream;
}

void Node::handle_stream_opened(Instant now, StreamId stream) {
    if (!impl_->advance(now)) return;
    // Only push/pulls have something to say that depends on the moment.
    const std::optional<Purpose> purpose = impl_->streams.handle_opened(stream);
    if (purpose) impl_->push_pull.handle_opened(stream, *purpose);
}

void Node::handle_stream_bytes(Instant now, StreamId stream, ByteView bytes) {
    if (!impl_->advance(now)) return;
    if (auto outcome = impl_->streams.handle_bytes(now, stream, bytes)) {
        impl_->handle_outcome(std::move(*outcome));
    }
    impl_->settle();
}

void Node::handle_stream_closed(Instant now, StreamId stream, StreamEnd end) {
    if (!impl_->advance(now)) return;
    if (auto outcome = impl_->streams.handle_closed(stream, end)) {
        impl_->handle_outcome(std::move(*outcome));
    }
    impl_->settle();
}

void Node::Impl::handle_outcome(StreamOutcome outcome) {
    switch (outcome.purpose) {
        case Purpose::Serve:
            serve(std::move(outcome));
            break;
        case Purpose::Join:
        case Purpose::PushPull:
        case Purpose::FollowUp:
            push_pull.handle_outcome(now, std::move(outcome));
            break;
        case Purpose::Ping:
            prober.handle_outcome(now, outcome);
            break;
        case Purpose::UserBytes:
            break;  // Best we can: memberlist has no answer that could be missed.
    }
}

void Node::Impl::serve(StreamOutcome request) {
    const StreamId stream = request.stream;
    auto& message = std::get<wire::StreamMessage>(request.result);
    if (auto* theirs = std::get_if<wire::PushPull>(&message)) {
        push_pull.answer(now, stream, std::move(*theirs));
    } else if (auto* user = std::get_if<wire::User>(&message)) {
        body.actions.push_back(UserMessage{std::move(user->payload)});
    } else if (const auto* ping = std::get_if<wire::Ping>(&message);
               ping && is_for_us(ping->node)) {
        streams.respond(stream, wire::Ack{ping->seq_no, std::nullopt});
    }
    streams.close(stream);
}

void Node::handle_deadline(Instant now) {
    if (!impl_->advance(now)) return;
    while (auto outcome = impl_->streams.take_expired(now)) {
        impl_->handle_outcome(std::move(*outcome));
    }
    impl_->membership.handle_deadline(now);
    impl_->relay.handle_deadline(now);
    impl_->witness.handle_deadline(now);
    impl_->prober.handle_deadline(now);
    impl_->push_pull.handle_deadline(now);
    impl_->gossip.handle_deadline(now);
    impl_->settle();
}

Instant Node::next_deadline() const {
    return impl_->finished ? never : impl_->next_deadline();
}

Result<void> Node::join(Instant now, std::span<const Endpoint> seeds) {
    impl_->advance(now);
    if (impl_->leaving()) return fail("we are leaving");
    return impl_->push_pull.join(now, seeds);
}

void Node::adopt(Instant now, std::span<const Member> known) {
    if (!impl_->advance(now) || impl_->leaving()) return;
    Body& body = impl_->body;
    body.roster.adopt(now, known, body.config.members_max, body.random);
    impl_->push_pull.draw_next_call(now);
}

void Node::meet(Instant now, std::span<const Endpoint> endpoints) {
    if (impl_->advance(now) && !impl_->leaving()) impl_->push_pull.meet(now, endpoints);
}

Result<void> Node::set_metadata(Instant now, ByteView metadata) {
    impl_->advance(now);
    if (impl_->leaving()) return fail("we are leaving");
    if (metadata.size() > metadata_bytes_max) {
        return fail("metadata of " + std::to_string(metadata.size()) + " bytes exceeds " +
                    std::to_string(metadata_bytes_max));
    }
    impl_->membership.set_metadata(metadata);
    return {};
}

void Node::set_envelope(Instant now, wire::Envelope envelope) {
    impl_->advance(now);
    impl_->body.envelope = std::make_shared<const wire::Envelope>(std::move(envelope));
    impl_->unreadable.forget();
}

void Node::leave(Instant now) {
    if (!impl_->advance(now) || impl_->leaving()) return;
    impl_->prober.stop();
    impl_->witness.stop();
    impl_->push_pull.stop();
    const bool is_heard = alive_count() > 1;
    impl_->membership.leave(now);
    impl_->goodbye_by = now;
    if (is_heard) {
        impl_->goodbye_by += impl_->body.config.leave_timeout;
        const Member& self = impl_->body.roster.self();
        const std::string& name = self.profile->name;
        impl_->gossip.say_goodbye(now, {self.incarnation, name, name});
    }
    impl_->settle();
}

Result<void> Node::broadcast(Instant now, ByteView payload) {
    impl_->advance(now);
    if (impl_->leaving()) return fail("we are leaving");
    if (payload.size() > impl_->courier.user_bytes_max()) {
        return fail("a broadcast of " + std::to_string(payload.size()) +
                    " bytes does not fit into one packet");
    }
    if (impl_->body.user_messages.size() >= user_messages_max) {
        return fail("too many broadcasts wait to be told");
    }
    impl_->body.user_messages.add("", wire::encode_message(wire::User{to_bytes(payload)}));
    return {};
}

Result<void> Node::send_best_effort(Instant now, std::string_view name, ByteView payload) {
    impl_->advance(now);
    if (impl_->leaving()) return fail("we are leaving");
    const Member* member = impl_->body.roster.find(name);
    if (member == nullptr) return fail("no member is called '" + std::string(name) + "'");
    if (payload.size() > impl_->courier.user_bytes_max()) {
        return fail("a message of " + std::to_string(payload.size()) +
                    " bytes does not fit into one packet");
    }
    impl_->courier.send_to_member(*member, {wire::User{to_bytes(payload)}});
    return {};
}

Result<void> Node::send_reliable(Instant now, std::string_view name, ByteView payload) {
    impl_->advance(now);
    if (impl_->leaving()) return fail("we are leaving");
    const Member* member = impl_->body.roster.find(name);
    if (member == nullptr) return fail("no member is called '" + std::string(name) + "'");
    if (!impl_->streams.may_dial()) return fail("too many connections are open");
    impl_->streams.dial(now, member->profile->endpoint, Purpose::UserBytes,
                        wire::User{to_bytes(payload)}, now + impl_->body.config.stream_timeout);
    return {};
}

std::optional<Action> Node::poll_action() {
    std::deque<Action>& actions = impl_->body.actions;
    if (actions.empty()) return std::nullopt;
    Action action = std::move(actions.front());
    actions.pop_front();
    return action;
}

std::span<const Member> Node::members() const {
    return impl_->body.roster.members();
}
std::size_t Node::alive_count() const {
    return impl_->body.roster.alive_count();
}
const Member& Node::self() const {
    return impl_->body.roster.self();
}
const wire::Envelope& Node::envelope() const {
    return *impl_->body.envelope;
}
const Stats& Node::stats() const {
    return impl_->body.stats;
}

}  // namespace scrimp::swim
