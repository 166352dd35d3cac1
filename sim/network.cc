#include "sim/network.h"

#include <algorithm>

#include "base/assert.h"

namespace scrimp::sim {
namespace {

// Linux: TCP_RTO_MIN for data, RFC 6298's initial value for a SYN, doubled at every try. After six
// tries (12.6 s and 63 s) the connection is given up; every node has lost patience long before.
constexpr Duration data_timeout = std::chrono::milliseconds{200};
constexpr Duration dial_timeout = std::chrono::seconds{1};
constexpr int attempts_max = 6;
// Pieces one write may arrive in: enough to cut any header anywhere, few enough to stay fast.
constexpr std::size_t pieces_max = 6;

// Linux sends one host a refusal a second (icmp_ratelimit), and six in a row after a silence.
constexpr Duration refusal_interval = std::chrono::seconds{1};
constexpr int refusals_in_a_row = 6;

constexpr Side other(Side side) {
    return side == Side::Dialer ? Side::Acceptor : Side::Dialer;
}
constexpr std::size_t index(Side side) {
    return static_cast<std::size_t>(side);
}

}  // namespace

HostId host_of(const Delivery& delivery) {
    return std::visit([](const auto& arrived) { return arrived.to; }, delivery);
}

Network::Network(std::uint64_t seed) : random_(seed) {}

HostId Network::add_host(const Endpoint& endpoint) {
    const HostId id{static_cast<std::uint32_t>(hosts_.size())};
    const bool unique = by_endpoint_.emplace(endpoint, id).second;
    SCRIMP_ASSERT(unique);
    hosts_.push_back({.endpoint = endpoint});
    return id;
}

const Endpoint& Network::endpoint_of(HostId id) const {
    return hosts_[static_cast<std::size_t>(id)].endpoint;
}

std::optional<HostId> Network::find_host(const Endpoint& endpoint) const {
    const auto found = by_endpoint_.find(endpoint);
    if (found == by_endpoint_.end()) return std::nullopt;
    return found->second;
}

void Network::set_state(Instant now, HostId id, HostState state) {
    host(id).state = state;
    if (state == HostState::Listening) return;
    for (auto& [name, connection] : connections_) {
        for (const Side side : {Side::Dialer, Side::Acceptor}) {
            if (connection.hosts[index(side)] != id || !connection.open[index(side)]) continue;
            if (!connection.accepted && side == Side::Acceptor) continue;
            connection.open[index(side)] = false;
            if (!connection.accepted) continue;
            if (state == HostState::Closed) {
                enqueue(now, name, connection, side, {}, swim::StreamEnd::Broken);
            } else {
                connection.lanes[index(side)].segments.clear();
            }
        }
    }
}

void Network::set_link(HostId from, HostId to, const LinkQuality& quality) {
    links_[{from, to}] = quality;
}

void Network::set_cut(HostId from, HostId to, Cut cut) {
    if (cut == Cut{}) {
        cuts_.erase({from, to});
    } else {
        cuts_[{from, to}] = cut;
    }
}

const LinkQuality& Network::quality(HostId from, HostId to) const {
    if (links_.empty()) return quality_;
    const auto found = links_.find({from, to});
    return found == links_.end() ? quality_ : found->second;
}

Cut Network::cut(HostId from, HostId to) const {
    if (cuts_.empty()) return {};
    const auto found = cuts_.find({from, to});
    return found == cuts_.end() ? Cut{} : found->second;
}

bool Network::carries_streams(HostId a, HostId b) const {
    return !cut(a, b).streams && !cut(b, a).streams;
}

Duration Network::delay(HostId from, HostId to) {
    const LinkQuality& link = quality(from, to);
    return link.delay_min + random_.below(link.delay_spread);
}

Duration Network::stream_delay(HostId from, HostId to, Duration first_timeout) {
    Duration total = delay(from, to);
    Duration timeout = first_timeout;
    for (int lost = 0; lost < attempts_max && random_.chance(quality(from, to).loss); ++lost) {
        total += timeout;
        timeout *= 2;
    }
    return total;
}

void Network::send(Instant now, HostId sender, const Endpoint& from, const Endpoint& to,
                   Bytes payload) {
    const auto receiver = find_host(to);
    if (!receiver || cut(sender, *receiver).packets) return;
    const LinkQuality& link = quality(sender, *receiver);
    const int copies = random_.chance(link.duplication) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        if (random_.chance(link.loss)) continue;
        Duration flight = delay(sender, *receiver);
        if (random_.chance(link.lateness)) flight += random_.below(link.late_max);
        events_.push(now + flight, PacketFlies{sender, *receiver, from, payload});
    }
}

ConnectionId Network::dial(Instant now, HostId from, const Endpoint& to) {
    const ConnectionId id{next_connection_++};
    const HostId target = find_host(to).value_or(from);
    connections_[id] = {.hosts = {from, target}, .dialed = to, .lanes = {}};
    events_.push(now + stream_delay(from, target, dial_timeout), DialFlies{id});
    return id;
}

void Network::write(Instant now, ConnectionEnd end, ByteView bytes) {
    const auto found = connections_.find(end.connection);
    if (found == connections_.end() || !found->second.open[index(end.side)]) return;
    for (std::size_t piece = 1; !bytes.empty(); ++piece) {
        std::size_t size = bytes.size();
        if (splitting_ && piece < pieces_max) size = 1 + random_.below(size);
        enqueue(now, end.connection, found->second, end.side, to_bytes(bytes.first(size)), {});
        bytes = bytes.subspan(size);
    }
}

void Network::close(Instant now, ConnectionEnd end) {
    const auto found = connections_.find(end.connection);
    if (found == connections_.end() || !found->second.open[index(end.side)]) return;
    Connection& connection = found->second;
    if (!connection.accepted || !connection.open[index(other(end.side))]) {
        connections_.erase(found);  // Nobody else knows of it (any more).
        return;
    }
    connection.open[index(end.side)] = false;
    enqueue(now, end.connection, connection, end.side, {}, swim::StreamEnd::Closed);
}

void Network::enqueue(Instant now, ConnectionId id, Connection& connection, Side from, Bytes bytes,
                      std::optional<swim::StreamEnd> end) {
    const HostId sender = connection.hosts[index(from)];
    const HostId receiver = connection.hosts[index(other(from))];
    const Instant ready_at =
        std::max(connection.answered_at, now + stream_delay(sender, receiver, data_timeout));
    Lane& lane = connection.lanes[index(from)];
    lane.segments.push_back({ready_at, std::move(bytes), end});
    if (!lane.moving) move_lane(ready_at, {id, from}, lane);
}

void Network::move_lane(Instant at, ConnectionEnd from, Lane& lane) {
    lane.moving = true;
    events_.push(at, SegmentFlies{from});
}

void Network::break_connection(Instant now, ConnectionId id, const Connection& connection) {
    for (const Side side : {Side::Dialer, Side::Acceptor}) {
        if (connection.open[index(side)]) {
            events_.push(now, EndFlies{{id, side}, swim::StreamEnd::Broken});
        }
    }
}

std::optional<Delivery> Network::poll_delivery(Instant now) {
    while (auto flight = events_.pop(now)) {
        auto delivery = std::visit(
            [&](auto& flies) -> std::optional<Delivery> { return land(now, std::move(flies)); },
            *flight);
        if (delivery) return delivery;
    }
    return std::nullopt;
}

std::optional<Delivery> Network::land(Instant now, PacketFlies flight) {
    if (cut(flight.sender, flight.to).packets) return std::nullopt;
    if (host(flight.to).state == HostState::Closed) refuse_packet(now, flight);
    if (host(flight.to).state != HostState::Listening) return std::nullopt;
    return PacketArrived{flight.to, flight.from, std::move(flight.payload)};
}

/// To whom the packet says it is from, over the way back, where it may be lost like any packet.
void Network::refuse_packet(Instant now, const PacketFlies& packet) {
    const auto to = find_host(packet.from);
    if (!to || cut(packet.to, *to).packets) return;
    Instant& until = host(packet.to).refused_until[*to];
    if (until - now > (refusals_in_a_row - 1) * refusal_interval) return;
    until = std::max(until, now) + refusal_interval;
    if (random_.chance(quality(packet.to, *to).loss)) return;
    events_.push(now + delay(packet.to, *to),
                 RefusalFlies{packet.to, *to, host(packet.to).endpoint});
}

std::optional<Delivery> Network::land(Instant, RefusalFlies flight) {
    if (host(flight.to).state != HostState::Listening) return std::nullopt;
    if (cut(flight.sender, flight.to).packets) return std::nullopt;
    return PacketRefused{flight.to, flight.destination};
}

std::optional<Delivery> Network::land(Instant now, DialFlies flight) {
    const auto found = connections_.find(flight.connection);
    if (found == connections_.end()) return std::nullopt;
    Connection& connection = found->second;
    if (!connection.open[index(Side::Dialer)]) {
        connections_.erase(found);
        return std::nullopt;
    }
    const auto [dialer, target] = connection.hosts;
    const ConnectionEnd dialer_end{flight.connection, Side::Dialer};
    if (!find_host(connection.dialed) || host(target).state == HostState::Silent ||
        !carries_streams(dialer, target)) {
        if (++connection.attempts == attempts_max) {
            events_.push(now, EndFlies{dialer_end, swim::StreamEnd::Unreachable});
        } else {
            events_.push(now + dial_timeout * (1 << connection.attempts), flight);
        }
        return std::nullopt;
    }
    const Instant back = now + delay(target, dialer);
    if (host(target).state == HostState::Closed) {
        events_.push(back, EndFlies{dialer_end, swim::StreamEnd::Refused});
        return std::nullopt;
    }
    connection.accepted = true;
    connection.answered_at = back;
    events_.push(back, AnswerFlies{flight.connection});
    Endpoint from = host(dialer).endpoint;
    from.port = host(dialer).next_port++;
    if (host(dialer).next_port == 0) host(dialer).next_port = 32768;
    return DialArrived{target, {flight.connection, Side::Acceptor}, from};
}

std::optional<Delivery> Network::land(Instant, AnswerFlies flight) {
    const auto found = connections_.find(flight.connection);
    if (found == connections_.end() || !found->second.open[index(Side::Dialer)]) {
        return std::nullopt;
    }
    return DialAnswered{found->second.hosts[0], {flight.connection, Side::Dialer}};
}

std::optional<Delivery> Network::land(Instant now, SegmentFlies flight) {
    const auto found = connections_.find(flight.from.connection);
    if (found == connections_.end()) return std::nullopt;
    Connection& connection = found->second;
    Lane& lane = connection.lanes[index(flight.from.side)];
    lane.moving = false;
    if (lane.segments.empty()) return std::nullopt;
    const Side to = other(flight.from.side);
    const HostId receiver = connection.hosts[index(to)];
    if (!carries_streams(connection.hosts[0], connection.hosts[1])) {
        if (++lane.attempts == attempts_max) {
            break_connection(now, flight.from.connection, connection);
        } else {
            move_lane(now + data_timeout * (1 << lane.attempts), flight.from, lane);
        }
        return std::nullopt;
    }
    lane.attempts = 0;
    Segment segment = std::move(lane.segments.front());
    lane.segments.pop_front();
    if (!lane.segments.empty()) {
        move_lane(std::max(now, lane.segments.front().ready_at), flight.from, lane);
    }
    const bool heard = connection.open[index(to)];
    const ConnectionEnd end{flight.from.connection, to};
    if (segment.end) {
        connections_.erase(found);
        if (heard) return EndArrived{receiver, end, *segment.end};
    } else if (heard) {
        return BytesArrived{receiver, end, std::move(segment.bytes)};
    }
    return std::nullopt;
}

std::optional<Delivery> Network::land(Instant, EndFlies flight) {
    const auto found = connections_.find(flight.to.connection);
    if (found == connections_.end() || !found->second.open[index(flight.to.side)]) {
        return std::nullopt;
    }
    Connection& connection = found->second;
    const HostId to = connection.hosts[index(flight.to.side)];
    connection.open[index(flight.to.side)] = false;
    if (!connection.open[index(other(flight.to.side))] || !connection.accepted) {
        connections_.erase(found);
    }
    return EndArrived{to, flight.to, flight.how};
}

}  // namespace scrimp::sim
