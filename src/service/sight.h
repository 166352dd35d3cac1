// A balancer's own sight of its upstreams: it looks where the cluster has doubts, so that a dead
// backend loses its traffic before the cluster has agreed on its death, and a living one keeps it
// although its agent is dead.
//
//   doubt, suspicion ─► probe of the port ─┬─ answers ──► well, whatever the agent does
//                                          ├─ refused ──► that application is gone, at once
//                                          └─ silence ──► the host is gone, once the agent is
//                                                         suspected too, or at a second silence
//   death ─┬─ no port answers ──► the registry hears of it
//          └─ one answers ──────► it hears of it when agent_grace is over
//
// Everything else that the cluster says goes to the registry as it comes: goodbyes at once. Nobody
// is probed while the cluster has no doubt; who was found missing is looked at until it is back.
// When one is found missing that is announced as healthy, one port of every other member is looked
// at once, of the next 256 if there are more: backends die in racks, and what dies together shall
// be one change of the configuration.
//
// The guard. Silence may be the fault of whoever listens. If more than unavailable_share_max of
// all upstreams, or all of them, would go for silence or for the word of the cluster alone within
// loss_window, those that did stay in rotation until they are seen again, or are few enough, or
// until it is proven that we see and they are gone (sight_guard.cc):
//
//   silent for guard_hold ─► each of its applications answers elsewhere ─► silent again: gone
//   silent for guard_patience, while something answered all that time ───► gone
//
// Where nothing at all answers nothing is proven, however long it lasts; and whose port answers,
// though its agent is dead, serves. A refusal comes from the host itself: it is never held back,
// and no more is leaving, draining or maintenance.
//
// Cost: nothing without doubts. With some, O(ports of the members in doubt) a call, ports_max of
// each. Whoever forges doubts makes us open a connection a second to each member, no more. A host
// that is silent costs one connection at a time, the rarer the longer it is: every second at
// first, every 8 s in the end.
// Source: our own; the guard is Eureka's self-preservation and Envoy's panic threshold, but for
// its end, which neither has.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/machine.h"
#include "service/registry.h"
#include "swim/types.h"

namespace scrimp::service {

struct SightConfig {
    /// How long a member whose agent is dead and whose port answers keeps its traffic: an upgrade
    /// or a crash and restart of the agent take less. Zero: the cluster's word is enough.
    Duration agent_grace = std::chrono::seconds{30};
    /// In percent of all upstreams. 100: only a drop to nothing is held back.
    int unavailable_share_max = 50;
    friend bool operator==(const SightConfig&, const SightConfig&) = default;
};

/// Losses within this are one event to the guard: longer than a cluster takes to agree.
inline constexpr Duration loss_window = std::chrono::seconds{30};

/// Silence that the guard holds is not believed sooner: a network that is put right again, a switch
/// that starts anew, and overload that goes round take seconds.
inline constexpr Duration guard_hold = std::chrono::seconds{10};
/// Of applications of which nobody answers, while others do: to drop them is an error page either
/// way, and to keep them costs one connection now and then.
inline constexpr Duration guard_patience = std::chrono::minutes{5};

enum class PortAnswer : std::uint8_t { Open, Refused, Unreachable, Silent };

/// Try to connect; tell handle_probed() how it ended.
struct ProbePort {
    std::string member_name;
    Endpoint endpoint;
    /// A new doubt goes before all that wait: it may be a host that dies now.
    bool is_urgent = false;
    friend bool operator==(const ProbePort&, const ProbePort&) = default;
};
/// For Registry::handle_event.
struct Forward {
    swim::MemberEvent event;
};
/// For Registry::handle_unavailable.
struct Missing {
    std::string member_name;
    Endpoint endpoint;
    std::string reason;
    std::string stays;
    friend bool operator==(const Missing&, const Missing&) = default;
};
/// For Registry::handle_available.
struct Back {
    std::string member_name;
    Endpoint endpoint;
    friend bool operator==(const Back&, const Back&) = default;
};
/// The guard begins or ends to hold.
struct GuardTurned {
    bool holds = false;
    friend bool operator==(const GuardTurned&, const GuardTurned&) = default;
};
using SightAction = std::variant<ProbePort, Forward, Missing, Back, GuardTurned>;

class Sight {
  public:
    /// What the registry knows is read, and never changed: what it shall hear are actions, to be
    /// carried out in their order before the next call.
    Sight(SightConfig config, const Registry& registry) : config_(config), registry_(registry) {}

    /// Events of other members; the registry hears them from us only.
    void handle_event(Instant now, const swim::MemberEvent& event);
    /// Somebody gets no answer from the member's agent; not yet a suspicion.
    void handle_doubt(Instant now, const std::string& member_name);
    void handle_probed(Instant now, const ProbePort& probe, PortAnswer answer);
    void set_config(Instant now, const SightConfig& config);
    /// Our own node leaves and comes back: what we doubted counts no longer.
    void handle_blackout(Instant now);
    void handle_deadline(Instant now);
    [[nodiscard]] std::optional<SightAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

    /// Whether the guard holds anybody in rotation.
    [[nodiscard]] bool guards() const { return guards_; }
    /// Upstreams that it holds.
    [[nodiscard]] std::size_t guarded() const { return guards_ ? lost_ : 0; }

  private:
    struct Place {
        std::optional<PortAnswer> answer{};
        int silences = 0;  ///< In a row.
        Instant silent_since{};
        bool is_probed = false;
        Instant probed_at = Instant::min();
        Instant probe_at{};
        Duration pause{};
    };
    struct Verdict {
        std::string reason;
        std::string stays;
        friend bool operator==(const Verdict&, const Verdict&) = default;
    };
    /// A member in doubt.
    struct Case {
        bool doubted = true;  ///< Since it was last looked at.
        bool suspected = false;
        std::optional<swim::MemberEvent> death{};  ///< Not told to the registry yet.
        Instant died_at{};
        bool is_new = true;                      ///< Somebody doubts, and nobody has looked.
        std::optional<Instant> silent_since{};   ///< The whole host.
        Instant look_at{};                       ///< Again, while it is silent.
        Instant silent_at{};                     ///< When the last look began that found it so.
        std::optional<Instant> others_answer{};  ///< At its applications, though it is silent.
        bool given_up = false;                   ///< Its silence is proven.
        std::map<Endpoint, Place> places;
        std::map<Endpoint, Verdict> told;  ///< What the registry knows of us.
    };

    Case* open(Instant now, const std::string& name, bool all_places);
    void widen(Instant now, Case& opened, const std::string& name);
    void look_around(Instant now);
    void look(Instant now, const std::string& name, Case& opened);
    [[nodiscard]] static Place* next_place(Instant now, Case& opened);
    void note_silence(Instant now, Case& opened, Place& place);
    void note_answer(Instant now, const ProbePort& probe, PortAnswer answer);
    [[nodiscard]] static bool is_over(Instant now, const Case& opened);
    void close(const std::string& name);
    [[nodiscard]] static bool is_silent(const Case& opened);
    [[nodiscard]] static bool has(const Case& opened, PortAnswer answer);
    [[nodiscard]] static bool is_unclear(const Case& opened);
    [[nodiscard]] bool is_past_grace(Instant now, const Case& opened) const;
    [[nodiscard]] static bool is_hung(Instant now, const Place& place);
    [[nodiscard]] std::size_t blind_count(Instant now, const std::string& name,
                                          const Case& opened) const;
    void weigh(Instant now, const std::string& name, Case& opened);
    [[nodiscard]] bool is_proven(Instant now, const Case& opened) const;
    void turn_guard(Instant now);
    void settle(Instant now);
    void tell(Instant now, const std::string& name, Case& opened);
    [[nodiscard]] std::map<Endpoint, Verdict> verdicts_on(Instant now, const std::string& name,
                                                          const Case& opened) const;
    [[nodiscard]] bool may_go(Instant now, const Case& opened) const;

    SightConfig config_;
    const Registry& registry_;
    std::map<std::string, Case> cases_;
    std::deque<std::pair<Instant, std::size_t>> released_;  ///< Upstreams lost, and when.
    std::optional<Instant> looked_around_at_;
    std::string looked_up_to_;  ///< The last member that was looked at then.
    /// By application: when one of its upstreams last answered. Those of guard_patience.
    std::map<std::string, Instant> answered_;
    Instant answered_at_ = Instant::min();  ///< Anything.
    Instant answering_since_{};             ///< Until then, without a gap.
    bool guards_ = false;
    std::size_t lost_ = 0;
    std::deque<SightAction> actions_;
};
static_assert(Machine<Sight>);

}  // namespace scrimp::service
