// Carries a swim::Node's packets and streams to and from the network: one UDP socket, one TCP
// acceptor on the same port, one timer. It decides nothing.
//
// A wildcard bind address, 0.0.0.0 as well as [::], listens on IPv4 and IPv6 with one socket, as Go
// does and the original therefore did; where the kernel has no IPv6, 0.0.0.0 is IPv4 alone.
// Packets are sent at once or dropped, as UDP may: a queue would only make old news older. Where a
// host answers one with "port unreachable", the kernel's error queue says so and the node is told.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/result.h"
#include "runtime/deadline_timer.h"
#include "runtime/stream_table.h"
#include "swim/node.h"

namespace scrimp::runtime {

/// The largest UDP payload there is, and the most one read of a stream takes.
inline constexpr std::size_t receive_buffer_bytes = 64 * 1024;

/// The loop must not run on after the driver is destroyed.
class GossipDriver {
  public:
    /// What the node tells the floor above: member events, user messages, name conflicts, ends of
    /// joins and leaves. It may call everything below but start().
    using Heard = std::function<void(Instant, const swim::Action&)>;

    /// Binds both sockets; `bind.port` 0 takes one port that is free for both. The error is a
    /// sentence with the address.
    [[nodiscard]] static Result<std::unique_ptr<GossipDriver>> open(boost::asio::io_context& loop,
                                                                    const Endpoint& bind);

    /// Where we listen, with the real port.
    [[nodiscard]] const Endpoint& bound() const { return bound_; }

    /// Begins to listen, to send and to keep the node's time; `node` must live until the next
    /// start() or the end of the driver and be called by nobody else. Once more with another node:
    /// the same sockets serve it, and the streams of the one before are cut.
    void start(swim::Node& node, Heard heard);

    /// swim::Node's calls of the same names, with what follows from them.
    [[nodiscard]] Result<void> join(std::span<const Endpoint> seeds);
    void meet(std::span<const Endpoint> endpoints);
    void leave();
    [[nodiscard]] Result<void> set_metadata(ByteView metadata);
    void set_envelope(wire::Envelope envelope);
    [[nodiscard]] Result<void> broadcast(ByteView payload);
    [[nodiscard]] Result<void> send_reliable(std::string_view name, ByteView payload);

  private:
    GossipDriver(boost::asio::io_context& loop, const Endpoint& bound,
                 boost::asio::ip::udp::socket packets, boost::asio::ip::tcp::acceptor acceptor);

    [[nodiscard]] std::unique_ptr<StreamTable> make_stream_table();
    void wait_for_packets();
    void receive_packets();
    /// Tells the node what the kernel has heard of refused packets.
    void receive_refusals();
    void send_packet(const swim::SendPacket& packet);
    void accept();
    void accept_later();
    /// Carries out what the node asks until it asks nothing more, then arms the timer.
    void pump();
    void perform(swim::Action& action);

    boost::asio::io_context& loop_;
    Endpoint bound_;
    std::unique_ptr<std::byte[]> buffer_;
    boost::asio::ip::udp::socket packets_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer accept_pause_;
    std::unique_ptr<StreamTable> streams_;
    DeadlineTimer timer_;
    swim::Node* node_ = nullptr;
    Heard heard_;
    bool pumping_ = false;
    bool sends_v6_ = false;
};

}  // namespace scrimp::runtime
