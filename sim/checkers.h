// What must hold at every event, whatever the network does. Each checker sees one life of one
// node from outside (its members, events, packets, streams and deadlines), remembers what it needs
// and nothing of the node's own bookkeeping, and answers with a sentence when the rule is broken.
//
//   IncarnationChecker  what is known of a name only moves forward; the dead come back, and a
//                       suspicion ends, only by a higher incarnation; nobody invents one
//   FoldChecker         applying every MemberEvent in order gives members()
//   check_self          a running node lists itself, once, alive
//   check_order         members() is sorted by name, without repetition, within its bound
//   PacketChecker       packets keep the size limit, decode whole, and no piece of news is told
//                       more often than the logarithmic bound of the gossip queue
//   StreamChecker       streams are few and end in time
//   ProgressChecker     deadlines move forward: no livelock without time passing
//
// Cost: linear in the members for each event, which is what makes a thousand nodes slow to check.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "swim/config.h"
#include "swim/types.h"

namespace scrimp::sim {

/// A broken rule in words; nothing if it holds.
using Finding = std::optional<std::string>;

/// The highest incarnation each name ever gave itself, in any of its lives.
using Truth = std::map<std::string, std::uint32_t, std::less<>>;

[[nodiscard]] bool is_live(swim::State state);
/// The member of that name in a list sorted by name, or null.
[[nodiscard]] const swim::Member* find_member(std::span<const swim::Member> members,
                                              std::string_view name);

class IncarnationChecker {
  public:
    /// `truth` may be null where forged messages are part of the scenario.
    [[nodiscard]] Finding observe(std::span<const swim::Member> members, const Truth* truth);
    /// Whether the last observation differed from the one before, and whether a name vanished.
    [[nodiscard]] bool changed() const { return changed_; }
    [[nodiscard]] bool forgot() const { return forgot_; }

  private:
    std::vector<swim::Member> known_;
    bool changed_ = false;
    bool forgot_ = false;
};

class FoldChecker {
  public:
    /// Whether the event makes sense after those before it.
    [[nodiscard]] Finding apply(const swim::MemberEvent& event);
    /// What the node was told to know beforehand comes with no event.
    void adopt(std::span<const swim::Member> members);
    /// `self` is left out: a node need not announce itself to itself.
    [[nodiscard]] Finding compare(std::span<const swim::Member> members,
                                  std::string_view self) const;

  private:
    struct Folded {
        swim::State state = swim::State::Dead;
        std::shared_ptr<const swim::Profile> profile;
    };
    std::map<std::string, Folded, std::less<>> folded_;
};

[[nodiscard]] Finding check_self(std::span<const swim::Member> members, std::string_view self,
                                 bool leaving);
[[nodiscard]] Finding check_order(std::span<const swim::Member> members, std::size_t members_max);

/// How often one piece of news may be sent by one node: mult * ceil(log10(members + 1)).
[[nodiscard]] int retransmissions_max(int mult, std::size_t members);

class PacketChecker {
  public:
    /// Of what the node `sender` sends. `config` must outlive the checker.
    PacketChecker(const swim::Config& config, std::string sender)
        : config_(config), sender_(std::move(sender)) {}
    /// A packet on its way to the member `to_name` (empty if it is none); `members` is how many
    /// the sender knows, `envelope` what it speaks in now.
    [[nodiscard]] Finding observe(ByteView packet, std::string_view to_name, std::size_t members,
                                  const wire::Envelope& envelope);
    /// News of those whom the sender has forgotten are new when it meets them again.
    void forget_absent(std::span<const swim::Member> members);
    /// A suspicion of `name`, or its death, has ended. An accusation that only confirmed it
    /// (memberlist does not raise the incarnation then) may start the next one, and is news again.
    void forget(const std::string& name) { told_.erase(name); }

  private:
    const swim::Config& config_;
    std::string sender_;
    std::size_t members_most_ = 1;
    /// By the member they are about.
    std::map<std::string, std::map<std::string, int>, std::less<>> told_;
};

class StreamChecker {
  public:
    StreamChecker(std::size_t streams_max, Duration life_max)
        : streams_max_(streams_max), life_max_(life_max) {}
    [[nodiscard]] Finding opened(Instant now, swim::StreamId stream);
    [[nodiscard]] Finding closed(swim::StreamId stream);
    [[nodiscard]] Finding check(Instant now) const;
    /// The process stood still: its streams may be that much older.
    void excuse(Duration stall);

  private:
    std::size_t streams_max_;
    Duration life_max_;
    std::map<swim::StreamId, Instant> opened_at_;
};

class ProgressChecker {
  public:
    /// A deadline of the node was served.
    [[nodiscard]] Finding woken(Instant now);

  private:
    Instant last_{};
    int times_ = 0;
};

}  // namespace scrimp::sim
