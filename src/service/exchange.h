// Learns the application lists that do not fit into metadata, and tells them to those who ask.
//
// A backend whose list is too long announces its digest. A balancer that meets a digest it has no
// text for asks the backend directly by a reliable message; then, if that stays silent, another
// balancer, who shares what it knows, then the backend again, and so on in turns with back-off, a
// few at a time. What is still missing a moment after it was asked for is also called for once by
// broadcast, all of it in one message: a packet may get through where no connection does. It stops
// when nobody announces the digest any more. Whoever the text comes from, its digest tells whether
// it is the one that the backend announces now: so the newest announcement of the backend wins, and
// hearsay is as good as the backend's own word. Where it came from is kept.
//
// Every node has one: a backend only answers, a balancer asks and answers for what it knows.
// What it passes on is opaque text; the Registry reads it.
//
// Bounds. memberlist does not say who sent a message, so anybody may ask in a balancer's name; what
// he gets is that the balancer is sent, of one text, a copy each answer_pause, and of all texts
// together no more than answer_bytes_per_second. Only members known as load balancers are answered.
// What is learned of all members together stays below kept_bytes_max; what would exceed it is not
// taken, so who came first keeps what it has. What a Registry has in force of the time before is
// bounded there. A text that nobody announces any more is kept for
// unused_keep, within the same bound and the first to make room: a reboot and a false alarm then
// cost no question, and the table never falls back to what metadata shows.
//
// Cost: O(log) of members and lists known for a message or event, plus one SHA-256 of an answer.
// Source: the original's design (BackendResponder, NotifyMsg), which it never finished. The
// messages are those of service/exchange_message.h; Go members ignore them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "service/application_list.h"
#include "service/metadata.h"
#include "service/remembered.h"
#include "swim/types.h"

namespace scrimp::service {

struct ExchangeConfig {
    std::string self;  ///< Our member name; is_plain_name().
    Role role = Role::Backend;

    /// From asking for one list to asking for it again: doubled with every second question, since
    /// backend and balancers take turns, and shortened by up to a half by chance.
    Duration retry_min = std::chrono::seconds{1};
    Duration retry_max = std::chrono::seconds{60};
    /// Direct questions under way at once: a cluster that starts together is asked in turns of some
    /// milliseconds. Answers are connections to us, of which a peer takes 16 from one address, and
    /// many members may share one: half of that.
    std::size_t asked_max = 8;
    /// How long an unanswered question counts as under way.
    Duration answer_wait = std::chrono::seconds{1};
    /// From the announcement of a list to the broadcast for what is still missing, and from one
    /// broadcast to the next.
    Duration broadcast_delay = std::chrono::milliseconds{500};
    Duration broadcast_pause = std::chrono::seconds{10};
    /// Texts kept, all together: a thousand backends of a hundred applications each take half.
    std::size_t kept_bytes_max = std::size_t{32} << 20;
    /// A text that nobody announces: longer than a reboot takes, and the rediscovery after it.
    Duration unused_keep = std::chrono::minutes{2};

    /// The same member is not sent the same text twice within this: half of retry_min, so that
    /// whoever asks again because an answer was lost is heard.
    Duration answer_pause = std::chrono::milliseconds{500};
    /// Answers to one broadcast come within this, each at a moment by chance.
    Duration answer_spread = std::chrono::seconds{1};
    /// What we send for questions, whoever asks: a hundredth of a gigabit. A balancer that starts
    /// asks for 5,000 applications of 50 backends at once, 0.6 MB: the burst is six times that.
    std::size_t answer_bytes_per_second = std::size_t{1} << 20;
    std::size_t answer_burst_bytes = std::size_t{4} << 20;
};

struct BroadcastMessage {
    Bytes payload;
    friend bool operator==(const BroadcastMessage&, const BroadcastMessage&) = default;
};
struct SendMessage {
    std::string member;
    Bytes payload;
    friend bool operator==(const SendMessage&, const SendMessage&) = default;
};
/// `text` is what `member` announces now: its digest is verified, its contents are not.
struct ListLearned {
    std::string member;
    ListDigest digest;
    std::shared_ptr<const std::string> text;
    /// Who told us: `member`, one that announces the same, a balancer, or source_memory.
    std::string source;
    friend bool operator==(const ListLearned&, const ListLearned&) = default;
};
/// A list was asked for in vain for the 4th, 8th, 16th … time; for the log.
struct ListMissing {
    std::string member;  ///< The first of those who announce it.
    int attempts = 0;
    std::string reason;  ///< In words, printable: "nobody answers", say.
    friend bool operator==(const ListMissing&, const ListMissing&) = default;
};
using ExchangeAction = std::variant<BroadcastMessage, SendMessage, ListLearned, ListMissing>;

struct ExchangeStats {
    std::uint64_t questions_sent = 0;  ///< Direct ones.
    std::uint64_t broadcasts_sent = 0;
    std::uint64_t questions_received = 0;  ///< Of either kind.
    std::uint64_t answers_sent = 0;
    std::uint64_t lists_learned = 0;  ///< Texts, each once, however many announce it.
    /// Messages of others' making, malformed, unasked-for, of a stranger or over a limit.
    std::uint64_t ignored = 0;
};

class Exchange {
  public:
    Exchange(Instant now, ExchangeConfig config, std::uint64_t seed);
    ~Exchange();

    /// Our own list, to be told to those who ask; empty text: our metadata says it all.
    void set_own_list(Instant now, std::string list_text);
    /// Before any event: their lists are kept, and from the first event on as if nobody announced
    /// them yet. However long the cluster is not to be found, they are there.
    void restore(Instant now, const std::vector<Remembered>& members);
    /// Events of other members; our own name must not come here.
    void handle_event(Instant now, const swim::MemberEvent& event);
    /// The payload of any user message; those that are not ours are counted and dropped.
    void handle_message(Instant now, ByteView payload);
    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<ExchangeAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

    /// The text that `member` announces now; null if it is not known, or if there is none to know.
    [[nodiscard]] std::shared_ptr<const std::string> list_of(const std::string& member) const;
    /// Lists announced and not known.
    [[nodiscard]] std::size_t missing() const;
    [[nodiscard]] const ExchangeStats& stats() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Exchange>);

}  // namespace scrimp::service
