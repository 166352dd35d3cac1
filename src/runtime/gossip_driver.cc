#include "runtime/gossip_driver.h"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "base/machine.h"
#include "runtime/clock.h"
#include "runtime/refusals.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

namespace {

/// Datagrams taken before streams and timers have their turn again.
constexpr int packets_per_wakeup = 32;
/// Refusals taken in one go: as many as packets may cause them between two looks.
constexpr int refusals_per_wakeup = 32;
/// What the kernel may keep for us while we are busy: memberlist asks for the same.
constexpr int kernel_buffer_bytes = 2 * 1024 * 1024;
/// Out of descriptors or memory: trying at once would only burn the processor.
constexpr Duration accept_pause = std::chrono::milliseconds{100};
/// A port that is free for TCP may be taken for UDP; with the kernel choosing, some tries do.
constexpr int free_port_tries = 16;

bool is_wildcard(const Endpoint& bind) {
    return bind.is_unspecified();
}

template <class Socket, class Address>
void open_and_bind(Socket& socket, const Address& address, bool dual, error_code& error) {
    socket.open(address.protocol(), error);
    if (!error && address.protocol().family() == AF_INET6) {
        socket.set_option(asio::ip::v6_only(!dual), error);
    }
    if constexpr (std::is_same_v<Socket, tcp::acceptor>) {
        // Connections of the life before this one may linger on the port.
        if (!error) socket.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) socket.bind(address, error);
    if (!error) socket.non_blocking(true, error);
}

tl::unexpected<Error> cannot_listen(std::string_view what, const Endpoint& bind,
                                    const error_code& error) {
    return fail("cannot listen for gossip on " + std::string(what) + " " + bind.text() + ": " +
                error.message());
}

void enlarge_kernel_buffer(udp::socket& socket) {
    for (int bytes = kernel_buffer_bytes; bytes > 0; bytes /= 2) {
        error_code error;
        socket.set_option(asio::socket_base::receive_buffer_size(bytes), error);
        if (!error) return;
    }
}

struct Sockets {
    tcp::acceptor acceptor;
    udp::socket packets;
};

/// `v6`: the family; an IPv6 wildcard takes IPv4 as well.
Result<Sockets> bind_both(asio::io_context& loop, const Endpoint& bind, bool v6) {
    const bool dual = v6 && is_wildcard(bind);
    Endpoint target = bind;
    if (dual) target.ip = {};
    for (int attempt = 1;; ++attempt) {
        Sockets sockets{tcp::acceptor(loop), udp::socket(loop)};
        error_code error;
        open_and_bind(sockets.acceptor, socket_endpoint<tcp>(target, v6), dual, error);
        if (!error) sockets.acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error) return cannot_listen("TCP", bind, error);
        Endpoint packets_at = target;
        packets_at.port = sockets.acceptor.local_endpoint(error).port();
        open_and_bind(sockets.packets, socket_endpoint<udp>(packets_at, v6), dual, error);
        if (!error) return sockets;
        if (bind.port != 0 || attempt == free_port_tries) return cannot_listen("UDP", bind, error);
    }
}

}  // namespace

Result<std::unique_ptr<GossipDriver>> GossipDriver::open(asio::io_context& loop,
                                                         const Endpoint& bind) {
    const bool only_v4_asked = bind.is_ipv4() && !is_wildcard(bind);
    Result<Sockets> sockets = bind_both(loop, bind, !only_v4_asked);
    if (!sockets && bind.is_ipv4() && is_wildcard(bind)) sockets = bind_both(loop, bind, false);
    if (!sockets) return tl::unexpected(sockets.error());
    enlarge_kernel_buffer(sockets->packets);
    ask_for_refusals(sockets->packets.native_handle());
    Endpoint bound = bind;
    error_code ignored;
    bound.port = sockets->packets.local_endpoint(ignored).port();
    return std::unique_ptr<GossipDriver>(
        new GossipDriver(loop, bound, std::move(sockets->packets), std::move(sockets->acceptor)));
}

GossipDriver::GossipDriver(asio::io_context& loop, const Endpoint& bound, udp::socket packets,
                           tcp::acceptor acceptor)
    : loop_(loop),
      bound_(bound),
      // Left as it comes: pages that no packet ever reached cost nothing.
      buffer_(std::make_unique_for_overwrite<std::byte[]>(receive_buffer_bytes)),
      packets_(std::move(packets)),
      acceptor_(std::move(acceptor)),
      accept_pause_(loop),
      streams_(make_stream_table()),
      timer_(loop, [this](Instant when) {
          node_->handle_deadline(when);
          pump();
      }) {
    error_code ignored;
    sends_v6_ = packets_.local_endpoint(ignored).protocol() == udp::v6();
}

std::unique_ptr<StreamTable> GossipDriver::make_stream_table() {
    StreamTable::Events events{.opened =
                                   [this](swim::StreamId id) {
                                       node_->handle_stream_opened(now(), id);
                                       pump();
                                   },
                               .bytes =
                                   [this](swim::StreamId id, ByteView bytes) {
                                       node_->handle_stream_bytes(now(), id, bytes);
                                       pump();
                                   },
                               .closed =
                                   [this](swim::StreamId id, swim::StreamEnd end) {
                                       node_->handle_stream_closed(now(), id, end);
                                       pump();
                                   }};
    return std::make_unique<StreamTable>(
        loop_, bound_, std::span(buffer_.get(), receive_buffer_bytes), std::move(events));
}

void GossipDriver::start(swim::Node& node, Heard heard) {
    SCRIMP_ASSERT(!pumping_);
    const bool first = std::exchange(node_, &node) == nullptr;
    heard_ = std::move(heard);
    if (first) {
        wait_for_packets();
        accept();
    } else {
        // Another node counts its streams from one again: what is on its way for the old ones must
        // meet their own table, empty.
        streams_->cut_all();
        asio::post(loop_, [old = std::exchange(streams_, make_stream_table())] {});
    }
    pump();
}

Result<void> GossipDriver::join(std::span<const Endpoint> seeds) {
    Result<void> started = node_->join(now(), seeds);
    pump();
    return started;
}

void GossipDriver::meet(std::span<const Endpoint> endpoints) {
    node_->meet(now(), endpoints);
    pump();
}

void GossipDriver::leave() {
    node_->leave(now());
    pump();
}

Result<void> GossipDriver::set_metadata(ByteView metadata) {
    Result<void> taken = node_->set_metadata(now(), metadata);
    pump();
    return taken;
}

void GossipDriver::set_envelope(wire::Envelope envelope) {
    node_->set_envelope(now(), std::move(envelope));
    pump();
}

Result<void> GossipDriver::broadcast(ByteView payload) {
    Result<void> taken = node_->broadcast(now(), payload);
    pump();
    return taken;
}

Result<void> GossipDriver::send_reliable(std::string_view name, ByteView payload) {
    Result<void> taken = node_->send_reliable(now(), name, payload);
    pump();
    return taken;
}

void GossipDriver::wait_for_packets() {
    packets_.async_wait(udp::socket::wait_read, [this](const error_code& error) {
        if (error != asio::error::operation_aborted) receive_packets();
    });
}

void GossipDriver::receive_packets() {
    receive_refusals();
    for (int taken = 0; taken < packets_per_wakeup; ++taken) {
        udp::endpoint from;
        error_code error;
        const std::size_t bytes = packets_.receive_from(
            asio::buffer(buffer_.get(), receive_buffer_bytes), from, 0, error);
        if (error == asio::error::would_block || error == asio::error::try_again) break;
        if (error) continue;  // An earlier packet's failure, told late; it was never certain.
        node_->handle_packet(now(), endpoint_of(from.address(), from.port()),
                             std::span(buffer_.get(), bytes));
        pump();
    }
    wait_for_packets();
}

void GossipDriver::receive_refusals() {
    for (int taken = 0; taken < refusals_per_wakeup; ++taken) {
        const std::optional<Refused> refused = take_refusal(packets_.native_handle());
        if (!refused) return;
        if (!refused->by) continue;
        node_->handle_packet_refused(now(), *refused->by);
        pump();
    }
}

void GossipDriver::send_packet(const swim::SendPacket& packet) {
    if (!sends_v6_ && !packet.to.is_ipv4()) return;
    const auto to = socket_endpoint<udp>(packet.to, sends_v6_);
    error_code error;
    packets_.send_to(asio::buffer(packet.payload), to, 0, error);
    // The refusal of an earlier packet, whoever it was for, is told here too, once; this packet has
    // not been sent then.
    if (error && error != asio::error::would_block) {
        packets_.send_to(asio::buffer(packet.payload), to, 0, error);
    }
}

void GossipDriver::accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (error) return accept_later();
        error_code gone;
        const tcp::endpoint from = socket.remote_endpoint(gone);
        if (!gone) {
            const swim::StreamId id =
                node_->handle_stream_accepted(now(), endpoint_of(from.address(), from.port()));
            streams_->adopt(id, std::move(socket));
            pump();
        }
        accept();
    });
}

void GossipDriver::accept_later() {
    accept_pause_.expires_after(accept_pause);
    accept_pause_.async_wait([this](const error_code& error) {
        if (!error) accept();
    });
}

void GossipDriver::pump() {
    if (pumping_) return;  // Called from heard_: the loop below goes on.
    pumping_ = true;
    while (std::optional<swim::Action> action = node_->poll_action()) perform(*action);
    pumping_ = false;
    timer_.arm(node_->next_deadline());
}

void GossipDriver::perform(swim::Action& action) {
    std::visit(
        Overloaded{[this](const swim::SendPacket& packet) { send_packet(packet); },
                   [this](const swim::DialStream& dial) { streams_->dial(dial.stream, dial.to); },
                   [this](swim::WriteStream& write) {
                       streams_->write(write.stream, std::move(write.bytes));
                   },
                   [this](const swim::CloseStream& close) { streams_->close(close.stream); },
                   [&](const auto&) { heard_(now(), action); }},
        action);
}

}  // namespace scrimp::runtime
