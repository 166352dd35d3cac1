// The connections of one node, from dial or accept to the end of the one operation each carries.
//
// This organ counts, limits, times and reads; what a whole message means is decided by whoever gets
// the StreamOutcome. Every stream has a deadline from its first moment, so one that says nothing,
// or a byte a second, ends like any other; and what peers' streams hold together is bounded.
// Source: memberlist net.go (handleConn, readStream).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "swim/body.h"
#include "swim/deadlines.h"
#include "swim/unreadable.h"

namespace scrimp::swim {

enum class Purpose : std::uint8_t {
    Serve,      ///< A peer connected to us.
    Join,       ///< Push/pull with a seed.
    PushPull,   ///< Push/pull with a member.
    FollowUp,   ///< The second push/pull, after we had to refute what the first one told us.
    Ping,       ///< The fallback of a probe.
    UserBytes,  ///< A user message that has to arrive.
};

struct StreamFailure {
    StreamEnd end = StreamEnd::Broken;
    std::string why;
    bool was_silent = false;  ///< Accepted, and without an answer when its time was up.
};

/// How the operation of a stream ended, or the request of a peer.
struct StreamOutcome {
    StreamId stream;
    Purpose purpose;
    Endpoint peer;
    std::variant<wire::StreamMessage, StreamFailure> result;
};

class Streams {
  public:
    Streams(Body& body, Unreadable& unreadable) : body_(body), unreadable_(unreadable) {}

    /// Over a limit the stream is closed at once.
    [[nodiscard]] StreamId accept(Instant now, const Endpoint& from);
    [[nodiscard]] bool may_dial() const { return dialled_ < body_.config.streams_max; }
    /// Dials `to`; once open, `message` is written. Requires may_dial() (asserted).
    StreamId dial(Instant now, const Endpoint& to, Purpose purpose,
                  const wire::StreamMessage& message, Instant deadline);
    /// Dials `to` for a push/pull: what is to be said is asked for when the stream is open, which
    /// may be seconds later, and a state of now would then be old.
    StreamId dial(Instant now, const Endpoint& to, Purpose purpose, Instant deadline);

    /// Returns the purpose if the first message is to be given by request(), in the same call of
    /// the node. UserBytes end well here: they are written, and memberlist does not answer them.
    [[nodiscard]] std::optional<Purpose> handle_opened(StreamId stream);
    /// Writes the first message of a stream that handle_opened() returned a purpose for.
    void request(StreamId stream, const wire::StreamMessage& message);
    /// The outcome of a dialled stream comes when it is closed already; that of one we serve leaves
    /// it open for respond() or close(), which must follow in the same call of the node.
    [[nodiscard]] std::optional<StreamOutcome> handle_bytes(Instant now, StreamId stream,
                                                            ByteView bytes);
    [[nodiscard]] std::optional<StreamOutcome> handle_closed(StreamId stream, StreamEnd end);
    /// The next stream whose time is up: call until there is none. A served one has no outcome.
    [[nodiscard]] std::optional<StreamOutcome> take_expired(Instant now);
    [[nodiscard]] Instant next_deadline() const { return deadlines_.next(); }
    /// We stood still for `stall`, and nobody could finish.
    void shift(Duration stall) { deadlines_.shift(stall); }

    /// Writes the answer of a served stream and closes it.
    void respond(StreamId stream, const wire::StreamMessage& message);
    /// Nothing if it is closed already.
    void close(StreamId stream);
    void close_all();

  private:
    struct Stream {
        Purpose purpose;
        Endpoint peer;
        bool opened;
        Bytes request;  ///< Of a dialled stream, until it is open; empty: asked for then.
        std::optional<wire::StreamReader> reader;
        std::shared_ptr<const wire::Envelope> envelope;  ///< Of the moment it began.
        std::size_t held = 0;  ///< Of a served stream: what its reader takes in memory.
    };
    using Table = std::map<StreamId, Stream>;

    [[nodiscard]] bool may_come(const Endpoint& from) const;
    StreamId dial_with(Instant now, const Endpoint& to, Purpose purpose, Bytes request,
                       Instant deadline);
    void count_held(Stream& stream);
    void write(StreamId stream, Bytes bytes);
    [[nodiscard]] std::optional<StreamOutcome> refuse(Instant now, Table::iterator stream);
    [[nodiscard]] StreamOutcome fail(Table::iterator stream, StreamEnd end, std::string why);
    void forget(Table::iterator stream);

    Body& body_;
    Unreadable& unreadable_;
    Table streams_;
    Deadlines<StreamId> deadlines_;
    std::size_t dialled_ = 0;
    std::size_t held_ = 0;                                         ///< By all served streams.
    std::uint32_t last_dialled_ = static_cast<std::uint32_t>(-1);  ///< The first is 1.
    std::uint32_t last_accepted_ = 0;                              ///< The first is 2.
};

}  // namespace scrimp::swim
