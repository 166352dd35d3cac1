#include "sim/host.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "sim/host_life.h"

namespace scrimp::sim {
namespace {

// An operation may end when the timer for it is served, which may be late, and its last bytes may
// meet one retransmission.
constexpr Duration stream_grace = std::chrono::seconds{1};

/// A join or an exchange has the stream timeout; the fallback of a probe has its round, which an
/// unwell node stretches.
Duration stream_life_max(const Options& options) {
    const swim::Config& config = options.config;
    const Duration round = config.probe_interval * config.awareness_max;
    return std::max(config.stream_timeout, round) + options.timer_late_max + stream_grace;
}

}  // namespace

Host::Life::Life(Instant now, const Options& options, const swim::Identity& self,
                 wire::NonceSource nonces, std::uint64_t seed)
    : node(now, options.config, self, std::move(nonces), seed),
      packets(options.config, self.name),
      streams(options.config.streams_max, stream_life_max(options)) {}

Host::Host(HostId id, HostSpec spec, Surroundings& world)
    : id_(id), spec_(std::move(spec)), world_(&world) {}
Host::~Host() = default;

void Host::start(Instant now) {
    SCRIMP_ASSERT(!running());
    world_->trace.add(now, spec_.name, "starts");
    // A counter: never the same nonce twice, which is all the cipher asks of a simulation.
    auto nonces = [count = world_->random.next()](std::span<std::byte> out) mutable {
        ++count;
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = static_cast<std::byte>(count >> (8 * (i % 8)));
        }
    };
    const swim::Identity self{spec_.name, spec_.endpoint, spec_.metadata};
    life_ =
        std::make_unique<Life>(local(now), world_->options, self, nonces, world_->random.next());
    world_->network.set_state(now, id_, HostState::Listening);
    if (world_->options.keepers) {
        life_->way_in.emplace(local(now), spec_, remembered_, *world_);
    }
    if (world_->options.trades) life_->trader.emplace(local(now), spec_, memory_, *world_);
    settle(now);
}

void Host::kill(Instant now, bool silent) {
    world_->trace.add(now, spec_.name, silent ? "loses power" : "is killed");
    if (running()) remember();
    life_.reset();
    gate_ = {};
    paused_ = frozen_ = blocked_ = false;
    busy_until_ = {};
    world_->network.set_state(now, id_, silent ? HostState::Silent : HostState::Closed);
}

/// What the product keeps in its state directory.
void Host::remember() {
    remembered_.clear();
    memory_.clear();
    if (!world_->options.remembers) return;
    if (life_->trader) memory_ = life_->trader->memory(node());
    for (const swim::Member& member : node().members()) {
        if (is_live(member.state) && member.profile->name != spec_.name) {
            remembered_.push_back(member.profile->endpoint);
        }
    }
}

void Host::leave(Instant now) {
    life_->leaving = true;
    life_->way_in.reset();
    world_->trace.add(now, spec_.name, "leaves");
    node().leave(local(now));
    settle(now);
}

void Host::adopt(Instant now, std::span<const swim::Member> known) {
    node().adopt(local(now), known);
    if (world_->options.check_rules) life_->fold.adopt(node().members());
    settle(now);
}

void Host::set_applications(Instant now, std::vector<service::Application> applications) {
    sim::set_applications(spec_, std::move(applications));
    if (!running()) return;
    life_->trader->handle_own_list(local(now));
    static_cast<void>(node().set_metadata(local(now), spec_.metadata));
    settle(now);
}

swim::Node& Host::node() {
    SCRIMP_ASSERT(running());
    return life_->node;
}
const swim::Node& Host::node() const {
    SCRIMP_ASSERT(running());
    return life_->node;
}
bool Host::leaving() const {
    return running() && life_->leaving;
}
bool Host::left() const {
    return running() && life_->left;
}
const std::vector<Bytes>& Host::inbox() const {
    return life_->inbox;
}
const std::vector<swim::JoinFinished>& Host::joins() const {
    return life_->joins;
}
int Host::join_attempts() const {
    return life_->way_in ? life_->way_in->join_attempts() : 0;
}
const Trader& Host::trader() const {
    SCRIMP_ASSERT(running() && life_->trader.has_value());
    return *life_->trader;
}

void Host::handle(Instant now, Delivery& delivery) {
    Life& life = *life_;
    Trace& trace = world_->trace;
    std::visit(Overloaded{
                   [&](PacketArrived& packet) {
                       trace.add_packet(now, spec_.name, "<- " + packet.from.text(), packet.payload,
                                        world_->options.config.envelope);
                       life.node.handle_packet(local(now), packet.from, packet.payload);
                   },
                   [&](PacketRefused& refused) {
                       trace.add(now, spec_.name, "is refused by " + refused.destination.text());
                       life.node.handle_packet_refused(local(now), refused.destination);
                   },
                   [&](DialArrived& dial) {
                       trace.add(now, spec_.name, "accepts from " + dial.from.text());
                       name_stream(now, life.node.handle_stream_accepted(local(now), dial.from),
                                   dial.end);
                   },
                   [&](DialAnswered& answer) {
                       const auto found = life.names.find(answer.end);
                       if (found == life.names.end()) return;
                       trace.add(now, spec_.name, "stream opens");
                       life.node.handle_stream_opened(local(now), found->second);
                   },
                   [&](BytesArrived& arrived) {
                       const auto found = life.names.find(arrived.end);
                       if (found == life.names.end()) return;
                       trace.add(now, spec_.name, "stream <-", arrived.bytes);
                       life.node.handle_stream_bytes(local(now), found->second, arrived.bytes);
                   },
                   [&](EndArrived& end) {
                       const auto found = life.names.find(end.end);
                       if (found == life.names.end()) return;
                       trace.add(now, spec_.name, "stream ends");
                       const swim::StreamId stream = found->second;
                       forget_stream(now, stream);
                       life.node.handle_stream_closed(local(now), stream, end.how);
                   },
               },
               delivery);
}

void Host::name_stream(Instant now, swim::StreamId stream, ConnectionEnd end) {
    report(now, life_->streams.opened(now, stream));
    life_->ends[stream] = end;
    life_->names[end] = stream;
}

void Host::forget_stream(Instant now, swim::StreamId stream) {
    report(now, life_->streams.closed(stream));
    const auto found = life_->ends.find(stream);
    if (found == life_->ends.end()) return;
    life_->names.erase(found->second);
    life_->ends.erase(found);
}

/// Carries everything the machines ask for, until all are silent, then looks at the outcome.
void Host::settle(Instant now) {
    do {
        while (auto action = life_->node.poll_action()) carry(now, *action);
    } while (serve(now));
    check(now);
}

/// Whether a machine asked the node for anything.
bool Host::serve(Instant now) {
    Life& life = *life_;
    const bool joining = life.way_in && life.way_in->serve(local(now), life.node);
    const bool trading = life.trader && life.trader->serve(local(now), life.node);
    return joining || trading;
}

void Host::carry(Instant now, swim::Action& action) {
    if (blocked_ && is_call(action)) {
        gate_.stick(std::move(action));
        return;
    }
    Life& life = *life_;
    Network& network = world_->network;
    std::visit(Overloaded{
                   [&](swim::SendPacket& packet) { carry(now, packet); },
                   [&](swim::DialStream& dial) {
                       world_->trace.add(now, spec_.name, "dials " + dial.to.text());
                       name_stream(now, dial.stream,
                                   {network.dial(now, id_, dial.to), Side::Dialer});
                   },
                   [&](swim::WriteStream& write) {
                       world_->trace.add(now, spec_.name, "stream ->", write.bytes);
                       const auto found = life.ends.find(write.stream);
                       if (found != life.ends.end()) network.write(now, found->second, write.bytes);
                   },
                   [&](swim::CloseStream& close) {
                       world_->trace.add(now, spec_.name, "closes a stream");
                       const auto found = life.ends.find(close.stream);
                       if (found != life.ends.end()) network.close(now, found->second);
                       forget_stream(now, close.stream);
                   },
                   [&](swim::MemberEvent& event) { carry_event(now, event); },
                   [&](swim::UserMessage& message) {
                       world_->trace.add(now, spec_.name, "user message", message.payload);
                       if (life.trader) {
                           life.trader->handle_message(local(now), message.payload);
                       } else {
                           life.inbox.push_back(std::move(message.payload));
                       }
                   },
                   [&](swim::NameConflict& conflict) {
                       world_->trace.add(now, spec_.name,
                                         "conflict about " + conflict.existing.profile->name);
                   },
                   [](swim::Doubted&) {},
                   [](swim::AnnouncementRefused&) {},
                   [](swim::PeerUnreadable&) {},
                   [&](swim::PacketsBlocked& blocked) {
                       world_->trace.add(now, spec_.name,
                                         "hears no packets of " + blocked.member.profile->name);
                   },
                   [&](swim::JoinFinished& join) {
                       world_->trace.add(now, spec_.name,
                                         "joined through " + std::to_string(join.reached));
                       if (life.way_in) life.way_in->handle_joined(local(now), join);
                       life.joins.push_back(std::move(join));
                   },
                   [&](swim::LeaveFinished&) {
                       world_->trace.add(now, spec_.name, "has left");
                       life.left = true;
                   },
               },
               action);
}

void Host::carry(Instant now, const swim::SendPacket& packet) {
    world_->trace.add_packet(now, spec_.name, "-> " + packet.to.text(), packet.payload,
                             life_->node.envelope());
    if (world_->options.check_rules) check_packet(now, packet);
    world_->network.send(now, id_, spec_.endpoint, packet.to, packet.payload);
}

void Host::check_packet(Instant now, const swim::SendPacket& packet) {
    const auto members = life_->node.members();
    const auto to = std::find_if(members.begin(), members.end(), [&](const swim::Member& member) {
        return member.profile->endpoint == packet.to;
    });
    const std::string_view to_name = to != members.end() ? to->profile->name : std::string_view();
    report(now,
           life_->packets.observe(packet.payload, to_name, members.size(), life_->node.envelope()));
}

void Host::carry_event(Instant now, const swim::MemberEvent& event) {
    const std::string& name = event.member.profile->name;
    world_->trace.add(now, spec_.name, std::string(name_of(event.change)) + " " + name);
    world_->sightings.push_back({now, id_, event.change, name});
    if (world_->options.check_rules) report(now, life_->fold.apply(event));
    life_->events = true;
    if (life_->trader && name != spec_.name) life_->trader->handle_event(local(now), event);
    const bool anew =
        event.change == swim::Change::Recovered || event.change == swim::Change::Joined;
    if (anew) life_->packets.forget(name);
}

void Host::check(Instant now) {
    if (!world_->options.check_rules) return;
    Life& life = *life_;
    const auto members = life.node.members();
    const swim::Member& self = life.node.self();
    std::uint32_t& highest = world_->truth[spec_.name];
    highest = std::max(highest, self.incarnation);
    const Truth* const truth = world_->options.check_truth ? &world_->truth : nullptr;
    if (!blocked_) report(now, life.streams.check(now));
    report(now, life.incarnations.observe(members, truth));
    if (life.incarnations.forgot()) life.packets.forget_absent(members);
    // Nothing else can have become wrong where neither the list nor the events moved.
    if (!std::exchange(life.events, false) && !life.incarnations.changed()) return;
    report(now, life.fold.compare(members, spec_.name));
    report(now, check_self(members, spec_.name, life.leaving));
    report(now, check_order(members, truth ? truth->size() : world_->options.config.members_max));
}

void Host::report(Instant now, const Finding& finding) {
    world_->report(now, spec_.name, finding);
}

}  // namespace scrimp::sim
