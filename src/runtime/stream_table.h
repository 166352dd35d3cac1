// The TCP connections behind a Node's StreamIds: names to sockets, and nothing decided.
//
// No buffer per peer: one scratch buffer serves every read, and bytes wait in an outbox only while
// a socket does not take them. A stream that the node closed is finished with good manners: what
// was written is flushed, our side is shut, and what the peer still sends is read away for a while,
// because closing a socket with unread bytes makes the kernel cut off what the peer has not read
// yet. Such farewells are bounded in number and time; beyond that they are cut short.
#pragma once

#include <functional>
#include <map>
#include <span>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "swim/types.h"

namespace scrimp::runtime {

/// What one stream may have waiting to be sent: one whole state, the most a peer accepts (20 MiB),
/// with its envelope. More is a peer that does not read.
inline constexpr std::size_t outbox_bytes_max = 21 * std::size_t{1024 * 1024};

/// The loop must not run on after the table is destroyed.
class StreamTable {
  public:
    /// Never called from within dial, write or close.
    struct Events {
        std::function<void(swim::StreamId)> opened;
        std::function<void(swim::StreamId, ByteView)> bytes;
        std::function<void(swim::StreamId, swim::StreamEnd)> closed;
    };

    /// `local`: where dialled streams come from if it is a specific address. `scratch` must outlive
    /// the table; its size bounds one read.
    StreamTable(boost::asio::io_context& loop, const Endpoint& local, std::span<std::byte> scratch,
                Events events);

    void adopt(swim::StreamId id, boost::asio::ip::tcp::socket socket);
    void dial(swim::StreamId id, const Endpoint& to);
    void write(swim::StreamId id, Bytes bytes);
    void close(swim::StreamId id);
    /// Ends every stream without a farewell; no event comes of it, nor of what is on its way.
    void cut_all();

  private:
    struct Stream {
        explicit Stream(boost::asio::ip::tcp::socket from);
        boost::asio::ip::tcp::socket socket;
        boost::asio::steady_timer patience;
        Bytes outbox;
        std::size_t sent = 0;  ///< Of the outbox.
        bool connected = false;
        bool wrote = false;
        bool waits_for_room = false;
        bool closing = false;    ///< The node has let go of it.
        bool peer_done = false;  ///< The peer has shut its side.
    };

    [[nodiscard]] Stream* find(swim::StreamId id);
    void wait_for_bytes(swim::StreamId id, Stream& stream);
    void read(swim::StreamId id);
    void flush(swim::StreamId id, Stream& stream);
    void say_farewell(swim::StreamId id, Stream& stream);
    void limit_farewell(swim::StreamId id, Stream& stream, Duration longest);
    void end_soon(swim::StreamId id, swim::StreamEnd end);
    void end(swim::StreamId id, swim::StreamEnd end);
    void drop(swim::StreamId id);

    boost::asio::io_context& loop_;
    Endpoint local_;
    std::span<std::byte> scratch_;
    Events events_;
    std::map<swim::StreamId, Stream> streams_;
    std::size_t closing_ = 0;
};

}  // namespace scrimp::runtime
