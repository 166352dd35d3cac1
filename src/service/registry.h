// Who serves what, at one moment: folds member events into a routing table.
//
// Two applications cannot share a name or a (listen port, domain): the claim with the most
// backends holds it, then the one that held it before, then the lesser in order; the loser waits,
// visible in refusals(), and takes over the moment the holder is gone. Names that differ in capital
// letters only are one name, as they are to nginx. So a rolling update to another port switches
// over when most backends have it, and a lone newcomer, mistaken or hostile, takes nothing away.
//
// A suspected member stays routed: the proxy's own retry is quicker than a false alarm is rare.
//
// After a restart the registry begins with what was remembered (restore): remembered backends are
// routed until the cluster speaks about them, or, once it has spoken at all, until a grace is over.
// So a restarting balancer never blanks a running configuration.
//
// A list that metadata does not hold whole comes by the exchange (handle_list). Until then what
// metadata shows is routed, or what the same member served before: its last word that is known
// whole stays in force until a newer one is. So a backend whose list changes loses nothing on the
// way, and one whose new list cannot be had is served as it was; backends() tells who is. Of such
// lists of the past, past_lists_bytes_max stay in force, whatever members do: the oldest give way.
// How much is announced now is bounded by whoever learns it (service/exchange.h).
//
// Cost: an event is folded in O(log members) and makes the table due; the next deadline rebuilds it
// once for all events since, O(n log n) of the announced applications, some 6 ms for 5,000, and at
// most every rebuild_pause. A list is read when it is taken and not again for as long as the caller
// holds its text: members with equal lists share one reading, and a member that goes back and forth
// between lists that are known costs no more than its events. Left out on purpose: health and
// weights, later issues.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/machine.h"
#include "service/metadata.h"
#include "service/remembered.h"
#include "service/support.h"
#include "swim/types.h"

namespace scrimp::service {

struct Upstream {
    std::string member_name;  ///< Escaped where it is not printable ASCII (base/printable.h).
    Endpoint endpoint;        ///< The member's address with the application's port.
    friend auto operator<=>(const Upstream&, const Upstream&) = default;
};

struct Route {
    Application application;
    std::vector<Upstream> upstreams;  ///< Sorted, unique, at least one.
    friend auto operator<=>(const Route&, const Route&) = default;
};

/// Sorted throughout, so equal tables render to equal bytes.
struct RoutingTable {
    std::uint64_t revision = 0;  ///< Grows with each change.
    std::vector<Route> routes;
};

/// An announcement, or a part of one, that is not routed: one log line each, printable throughout.
struct Refusal {
    std::string member_name;
    std::string application;  ///< Empty: the announcement as a whole.
    std::string reason;
    friend auto operator<=>(const Refusal&, const Refusal&) = default;
};

struct TableChanged {};
using RegistryAction = std::variant<TableChanged, Refusal>;

/// How long after the cluster first spoke a remembered backend may stay unconfirmed: some rounds
/// of a backend's own way back in, which starts when it misses its balancer.
inline constexpr Duration confirmation_grace = std::chrono::seconds{10};

/// From one table to the next: a flood of forged announcements costs some tenth of the time, and
/// the rollout settles for longer than this. The first change after a pause is due at once.
inline constexpr Duration rebuild_pause = std::chrono::milliseconds{50};

/// Lists in force that are not announced now, by the bytes of their texts: as much as an Exchange
/// keeps of those that are (kept_bytes_max), so all backends may change their lists at once.
inline constexpr std::size_t past_lists_bytes_max = std::size_t{32} << 20;

/// Refusals reported of one member at a time, so that it cannot make us log a thousand lines; the
/// last then tells how many more there are.
inline constexpr std::size_t refusals_per_member_max = 16;

/// What is known of one member, and from whom.
struct BackendView {
    std::string member_name;  ///< Escaped where it is not printable ASCII.
    /// Those in force, routed or refused. Valid until the next call to the registry.
    std::span<const Application> applications;
    /// Where they come from: source_metadata, source_memory, or who told us the list.
    std::string source;
    /// Whether they are all that the member announces now. If not: the first of a longer list that
    /// is not known yet, or what the member announced before.
    bool complete = true;
};

class Registry {
  public:
    /// `reserved_ports`: where the balancer itself listens; applications that want one are refused.
    explicit Registry(std::vector<std::uint16_t> reserved_ports = {}, Support support = {});
    ~Registry();

    /// Before any event. What cannot be understood is left out.
    void restore(Instant now, const std::vector<Remembered>& backends);
    /// Folds one event of another member; our own name must not come here. What it changes shows
    /// in table() and refusals() after the next deadline.
    void handle_event(Instant now, const swim::MemberEvent& event);
    /// The text of the list that a member announces, its digest verified by the caller, and who
    /// told it. Returns how many applications were taken; nothing if the list is at fault, which
    /// refusals() tell, or was passed over: the member does not announce it, or it is in force.
    std::optional<std::size_t> handle_list(Instant now, const std::string& member_name,
                                           const ListDigest& digest, const ListText& text,
                                           const std::string& source);
    void set_support(Instant now, Support support);
    /// Our own node leaves and comes back: everything known is as if remembered (see restore)
    /// until the cluster speaks of it again.
    void handle_blackout(Instant now);
    void handle_deadline(Instant now);
    /// Each refusal comes once, when it arises; TableChanged comes behind them, once for whatever
    /// changed since the last.
    [[nodiscard]] std::optional<RegistryAction> poll_action();
    [[nodiscard]] Instant next_deadline() const;

    [[nodiscard]] const RoutingTable& table() const;
    /// What is announced and not routed right now, sorted.
    [[nodiscard]] const std::vector<Refusal>& refusals() const;
    /// All members known, sorted by name: also those that announce nothing.
    [[nodiscard]] std::vector<BackendView> backends() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Registry>);

}  // namespace scrimp::service
