#include "swim/streams.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace scrimp::swim {

namespace {

std::string_view sentence_of(StreamEnd end) {
    switch (end) {
        case StreamEnd::Closed:
            return "the peer closed the connection without an answer";
        case StreamEnd::Refused:
            return "connection refused";
        case StreamEnd::Unreachable:
            return "unreachable";
        case StreamEnd::Broken:
            return "the connection broke";
    }
    SCRIMP_ASSERT(false);
}

}  // namespace

StreamId Streams::accept(Instant now, const Endpoint& from) {
    // After 2^31 streams the numbers come round; one of them may still be in use.
    do last_accepted_ += 2;
    while (streams_.contains(StreamId{last_accepted_}));
    const StreamId stream{last_accepted_};
    if (!may_come(from)) {
        ++body_.stats.streams_refused;
        body_.actions.push_back(CloseStream{stream});
        return stream;
    }
    ++body_.stats.streams_accepted;
    streams_.emplace(stream, Stream{Purpose::Serve, from, true, {}, std::nullopt, body_.envelope});
    deadlines_.set(stream, now + body_.config.stream_timeout);
    return stream;
}

bool Streams::may_come(const Endpoint& from) const {
    if (!is_allowed(from, body_.config.allowed_networks)) return false;
    // Peers fill the table of the accepted; what we dial ourselves has room of its own.
    if (streams_.size() - dialled_ >= body_.config.streams_max) return false;
    const auto same = std::count_if(streams_.begin(), streams_.end(), [&](const auto& entry) {
        return entry.second.purpose == Purpose::Serve && entry.second.peer.ip == from.ip;
    });
    return static_cast<std::size_t>(same) < body_.config.streams_per_address_max;
}

StreamId Streams::dial(Instant now, const Endpoint& to, Purpose purpose,
                       const wire::StreamMessage& message, Instant deadline) {
    Bytes request =
        wire::encode_stream(message, *body_.envelope, wire::Direction::FromDialer, body_.nonces);
    return dial_with(now, to, purpose, std::move(request), deadline);
}

StreamId Streams::dial(Instant now, const Endpoint& to, Purpose purpose, Instant deadline) {
    return dial_with(now, to, purpose, {}, deadline);
}

StreamId Streams::dial_with(Instant now, const Endpoint& to, Purpose purpose, Bytes request,
                            Instant deadline) {
    SCRIMP_ASSERT(may_dial() && deadline > now);
    do last_dialled_ += 2;
    while (streams_.contains(StreamId{last_dialled_}));
    const StreamId stream{last_dialled_};
    streams_.emplace(stream,
                     Stream{purpose, to, false, std::move(request), std::nullopt, body_.envelope});
    deadlines_.set(stream, deadline);
    ++dialled_;
    body_.actions.push_back(DialStream{stream, to});
    return stream;
}

std::optional<Purpose> Streams::handle_opened(StreamId stream) {
    const auto found = streams_.find(stream);
    if (found == streams_.end() || found->second.opened) return std::nullopt;
    found->second.opened = true;
    const Purpose purpose = found->second.purpose;
    if (found->second.request.empty()) return purpose;
    write(stream, std::exchange(found->second.request, {}));
    if (purpose == Purpose::UserBytes) close(stream);
    return std::nullopt;
}

void Streams::request(StreamId stream, const wire::StreamMessage& message) {
    write(stream, wire::encode_stream(message, *streams_.at(stream).envelope,
                                      wire::Direction::FromDialer, body_.nonces));
}

std::optional<StreamOutcome> Streams::handle_bytes(Instant now, StreamId stream, ByteView bytes) {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return std::nullopt;
    body_.stats.bytes_received += bytes.size();
    Stream& state = found->second;
    if (!state.reader) {
        const auto direction = state.purpose == Purpose::Serve ? wire::Direction::FromDialer
                                                               : wire::Direction::FromAcceptor;
        state.reader.emplace(*state.envelope, direction, body_.config.stream_limits);
    }
    switch (state.reader->feed(bytes)) {
        case wire::StreamReader::Status::NeedsMore:
            if (state.purpose == Purpose::Serve) count_held(state);
            return std::nullopt;
        case wire::StreamReader::Status::Refused:
            return refuse(now, found);
        case wire::StreamReader::Status::Complete:
            break;
    }
    StreamOutcome outcome{stream, state.purpose, state.peer, state.reader->take()};
    if (outcome.purpose != Purpose::Serve) close(stream);
    return outcome;
}

/// Of those we dial we choose the peer and the number; only what others open can grow at will. The
/// largest goes, whoever spoke last: a peer with a small state is not kept out by a hoarder.
void Streams::count_held(Stream& stream) {
    held_ += stream.reader->held();
    held_ -= std::exchange(stream.held, stream.reader->held());
    if (held_ <= body_.config.streams_bytes_max) return;
    const auto largest = std::max_element(
        streams_.begin(), streams_.end(),
        [](const auto& a, const auto& b) { return a.second.held < b.second.held; });
    ++body_.stats.streams_refused;
    respond(largest->first, wire::Err{"too much is under way to this member"});
}

std::optional<StreamOutcome> Streams::refuse(Instant now, Table::iterator stream) {
    const wire::Refusal refusal = stream->second.reader->refusal();
    ++body_.stats.refused[static_cast<std::size_t>(refusal.reason)];
    Endpoint peer = stream->second.peer;
    if (stream->second.purpose == Purpose::Serve) peer.port = 0;
    unreadable_.note(now, peer, refusal.reason);
    if (stream->second.purpose == Purpose::Serve) {
        respond(stream->first, wire::Err{refusal.detail});
        return std::nullopt;
    }
    body_.actions.push_back(CloseStream{stream->first});
    return fail(stream, StreamEnd::Broken, refusal.detail);
}

std::optional<StreamOutcome> Streams::handle_closed(StreamId stream, StreamEnd end) {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return std::nullopt;
    if (found->second.purpose == Purpose::Serve) {
        if (found->second.reader) {
            ++body_.stats.refused[static_cast<std::size_t>(wire::Reason::Truncated)];
        }
        forget(found);
        return std::nullopt;
    }
    return fail(found, end, std::string(sentence_of(end)));
}

std::optional<StreamOutcome> Streams::take_expired(Instant now) {
    while (const std::optional<StreamId> stream = deadlines_.take_due(now)) {
        const auto found = streams_.find(*stream);
        SCRIMP_ASSERT(found != streams_.end());
        if (found->second.purpose == Purpose::Serve) {
            ++body_.stats.refused[static_cast<std::size_t>(wire::Reason::Truncated)];
            close(*stream);
            continue;
        }
        body_.actions.push_back(CloseStream{*stream});
        const bool was_silent = found->second.opened;
        StreamOutcome outcome = fail(found, StreamEnd::Broken, "no answer in time");
        std::get<StreamFailure>(outcome.result).was_silent = was_silent;
        return outcome;
    }
    return std::nullopt;
}

void Streams::respond(StreamId stream, const wire::StreamMessage& message) {
    write(stream, wire::encode_stream(message, *streams_.at(stream).envelope,
                                      wire::Direction::FromAcceptor, body_.nonces));
    close(stream);
}

void Streams::write(StreamId stream, Bytes bytes) {
    body_.stats.bytes_sent += bytes.size();
    body_.actions.push_back(WriteStream{stream, std::move(bytes)});
}

void Streams::close(StreamId stream) {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return;
    forget(found);
    body_.actions.push_back(CloseStream{stream});
}

void Streams::close_all() {
    while (!streams_.empty()) close(streams_.begin()->first);
}

StreamOutcome Streams::fail(Table::iterator stream, StreamEnd end, std::string why) {
    StreamOutcome outcome{stream->first, stream->second.purpose, stream->second.peer,
                          StreamFailure{end, std::move(why)}};
    forget(stream);
    return outcome;
}

void Streams::forget(Table::iterator stream) {
    if (stream->second.purpose != Purpose::Serve) --dialled_;
    held_ -= stream->second.held;
    deadlines_.cancel(stream->first);
    streams_.erase(stream);
}

}  // namespace scrimp::swim
