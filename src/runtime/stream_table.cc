#include "runtime/stream_table.h"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using swim::StreamEnd;
using swim::StreamId;

namespace {

/// A peer that sends without pause gets this many reads, then others have their turn.
constexpr int reads_per_wakeup = 4;
/// Farewells under way at once: as many as a node keeps streams by default.
constexpr std::size_t farewells_max = 128;
/// For handing over what was written before the close: memberlist's time for one operation.
constexpr Duration flush_longest = std::chrono::seconds{10};
/// For the peer to read it and close: some round trips.
constexpr Duration linger_longest = std::chrono::seconds{2};

StreamEnd end_of(const error_code& error) {
    if (error == asio::error::eof) return StreamEnd::Closed;
    if (error == asio::error::connection_refused) return StreamEnd::Refused;
    if (error == asio::error::host_unreachable || error == asio::error::network_unreachable ||
        error == asio::error::timed_out) {
        return StreamEnd::Unreachable;
    }
    return StreamEnd::Broken;
}

}  // namespace

StreamTable::Stream::Stream(tcp::socket from)
    : socket(std::move(from)), patience(socket.get_executor()) {}

StreamTable::StreamTable(asio::io_context& loop, const Endpoint& local,
                         std::span<std::byte> scratch, Events events)
    : loop_(loop), local_(local), scratch_(scratch), events_(std::move(events)) {}

void StreamTable::adopt(StreamId id, tcp::socket socket) {
    const auto [place, added] = streams_.try_emplace(id, std::move(socket));
    SCRIMP_ASSERT(added);
    Stream& stream = place->second;
    error_code ignored;
    stream.socket.non_blocking(true, ignored);
    stream.socket.set_option(tcp::no_delay(true), ignored);
    stream.connected = true;
    wait_for_bytes(id, stream);
}

void StreamTable::dial(StreamId id, const Endpoint& to) {
    const auto [place, added] = streams_.try_emplace(id, tcp::socket(loop_));
    SCRIMP_ASSERT(added);
    Stream& stream = place->second;
    const tcp::endpoint target = socket_endpoint<tcp>(to, false);
    error_code error;
    stream.socket.open(target.protocol(), error);
    if (!error) stream.socket.non_blocking(true, error);
    const bool same_family = local_.is_ipv4() == to.is_ipv4();
    if (!error && !local_.is_unspecified() && same_family) {
        const Endpoint from{.ip = local_.ip, .port = 0};
        stream.socket.bind(socket_endpoint<tcp>(from, false), error);
    }
    if (error) return end_soon(id, StreamEnd::Unreachable);
    stream.socket.async_connect(target, [this, id](const error_code& failed) {
        if (failed == asio::error::operation_aborted) return;
        Stream* const found = find(id);
        if (found == nullptr) return;
        if (failed) return end(id, end_of(failed));
        error_code ignored;
        found->socket.set_option(tcp::no_delay(true), ignored);
        found->connected = true;
        wait_for_bytes(id, *found);
        flush(id, *found);
        events_.opened(id);
    });
}

void StreamTable::write(StreamId id, Bytes bytes) {
    Stream* const stream = find(id);
    if (stream == nullptr || stream->closing) return;
    if (stream->outbox.size() - stream->sent + bytes.size() > outbox_bytes_max) {
        return end_soon(id, StreamEnd::Broken);
    }
    if (stream->outbox.empty()) {
        stream->outbox = std::move(bytes);
    } else {
        append(stream->outbox, bytes);
    }
    stream->wrote = true;
    flush(id, *stream);
}

void StreamTable::close(StreamId id) {
    Stream* const stream = find(id);
    if (stream == nullptr || stream->closing) return;
    const bool nothing_to_lose = !stream->connected || !stream->wrote;
    if (nothing_to_lose || closing_ >= farewells_max) return drop(id);
    stream->closing = true;
    ++closing_;
    limit_farewell(id, *stream, flush_longest);
    flush(id, *stream);
}

void StreamTable::cut_all() {
    streams_.clear();
    closing_ = 0;
}

StreamTable::Stream* StreamTable::find(StreamId id) {
    const auto place = streams_.find(id);
    return place == streams_.end() ? nullptr : &place->second;
}

void StreamTable::wait_for_bytes(StreamId id, Stream& stream) {
    stream.socket.async_wait(tcp::socket::wait_read, [this, id](const error_code& error) {
        // Aborted: the stream is gone, perhaps the table with it.
        if (error != asio::error::operation_aborted) read(id);
    });
}

void StreamTable::read(StreamId id) {
    for (int turn = 0; turn < reads_per_wakeup; ++turn) {
        Stream* const stream = find(id);
        if (stream == nullptr) return;
        error_code error;
        const std::size_t bytes =
            stream->socket.read_some(asio::buffer(scratch_.data(), scratch_.size()), error);
        if (error == asio::error::would_block || error == asio::error::try_again) break;
        if (error) return end(id, end_of(error));
        if (!stream->closing) events_.bytes(id, scratch_.first(bytes));
    }
    if (Stream* const stream = find(id)) wait_for_bytes(id, *stream);
}

void StreamTable::flush(StreamId id, Stream& stream) {
    if (!stream.connected || stream.waits_for_room) return;
    while (stream.sent < stream.outbox.size()) {
        error_code error;
        stream.sent += stream.socket.write_some(
            asio::buffer(stream.outbox.data() + stream.sent, stream.outbox.size() - stream.sent),
            error);
        if (error == asio::error::would_block || error == asio::error::try_again) {
            stream.waits_for_room = true;
            stream.socket.async_wait(tcp::socket::wait_write, [this, id](const error_code& failed) {
                if (failed == asio::error::operation_aborted) return;
                if (Stream* const found = find(id)) {
                    found->waits_for_room = false;
                    flush(id, *found);
                }
            });
            return;
        }
        if (error) return end_soon(id, end_of(error));
    }
    stream.outbox = Bytes();
    stream.sent = 0;
    if (stream.closing) say_farewell(id, stream);
}

void StreamTable::say_farewell(StreamId id, Stream& stream) {
    if (stream.peer_done) return drop(id);
    error_code error;
    stream.socket.shutdown(tcp::socket::shutdown_send, error);
    if (error) return drop(id);
    limit_farewell(id, stream, linger_longest);
}

void StreamTable::limit_farewell(StreamId id, Stream& stream, Duration longest) {
    stream.patience.expires_after(longest);
    stream.patience.async_wait([this, id](const error_code& error) {
        if (error != asio::error::operation_aborted) drop(id);
    });
}

void StreamTable::end_soon(StreamId id, StreamEnd how) {
    asio::post(loop_, [this, id, how] { end(id, how); });
}

void StreamTable::end(StreamId id, StreamEnd how) {
    Stream* const stream = find(id);
    if (stream == nullptr) return;
    const bool closing = stream->closing;
    const bool still_sending = !stream->outbox.empty();
    if (how == StreamEnd::Closed && still_sending && (closing || closing_ < farewells_max)) {
        // The peer has said everything and still listens: it gets the rest of our answer.
        stream->peer_done = true;
        stream->closing = true;
        if (!closing) {
            ++closing_;
            limit_farewell(id, *stream, flush_longest);
        }
    } else {
        drop(id);
    }
    if (!closing) events_.closed(id, how);
}

void StreamTable::drop(StreamId id) {
    const auto place = streams_.find(id);
    if (place == streams_.end()) return;
    if (place->second.closing) --closing_;
    streams_.erase(place);
}

}  // namespace scrimp::runtime
