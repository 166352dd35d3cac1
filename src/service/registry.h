// Who serves what, at one moment: folds member events into a routing table.
//
// Two applications cannot share a name or a (listen port, domain): the claim with the most
// backends holds it, then the one that held it before, then the lesser in order; the loser waits,
// visible in refusals(), and takes over the moment the holder is gone. Names that differ in capital
// letters only are one name, as they are to nginx. So a rolling update to another port switches
// over when most backends have it, and a lone newcomer, mistaken or hostile, takes nothing away.
//
// Who holds an application gives its traffic to those of its backends that are well: a backend says
// how it is (service/conditions.h), and the balancer's own sight adds what it finds at an address
// (handle_unavailable). service/rotation.h has the choice, service/observations.h slow start and
// the damping of those that come and go. An application of which nobody is well enough has no
// route, and keeps its name and domains. Backends on their way in or out, whose first checks are
// under way or which drain, do not count for what they claim. A suspected member stays routed until
// something is found: the proxy's own retry is quicker than a false alarm is rare.
//
// Who may announce what is the operator's choice (service/admission.h); what is beyond is refused
// like any other fault.
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
// between lists that are known costs no more than its events.
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
#include "service/admission.h"
#include "service/metadata.h"
#include "service/observations.h"
#include "service/remembered.h"
#include "service/routing_table.h"
#include "service/standing.h"
#include "service/support.h"
#include "swim/types.h"

namespace scrimp::service {

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

/// From the first word of the cluster until those who join are newcomers: all others are already
/// known then, or were here before us.
inline constexpr Duration own_start = std::chrono::seconds{30};

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
    explicit Registry(std::vector<std::uint16_t> reserved_ports = {}, Support support = {},
                      RotationConfig rotation = {});
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
    /// Who may announce what; nobody is refused until this is called.
    void set_admission(Instant now, AdmissionConfig admission);
    /// The wall clock, by which permits end: to be told before restore() and handle_deadline(). It
    /// may jump.
    void handle_clock(Instant now, std::int64_t unix_seconds);
    void set_rotation(Instant now, const RotationConfig& rotation);
    /// The balancer finds that a member does not answer at one of its endpoints. It gets no traffic
    /// there then, unless `stays` says in words why it does all the same; without a reason only
    /// these words are new. Holds until the opposite is found, or the member is gone or elsewhere.
    void handle_unavailable(Instant now, const std::string& member_name, const Endpoint& endpoint,
                            std::string_view reason, std::string_view stays = {});
    void handle_available(Instant now, const std::string& member_name, const Endpoint& endpoint);
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
    /// Every upstream that is announced, routed or not, as of the last call: for people.
    [[nodiscard]] std::vector<Standing> standings() const;
    /// Where the member's applications are, each place once, sorted; empty for strangers.
    [[nodiscard]] std::vector<Endpoint> endpoints_of(const std::string& member_name) const;
    /// Those announced by the member, none by strangers. Valid until the next call to the registry.
    [[nodiscard]] std::span<const Application> applications_of(
        const std::string& member_name) const;
    /// By all together, each as often as it is announced.
    [[nodiscard]] std::size_t announced_by_all() const;
    /// Members that announce any, the next `most` behind `after` by name, and round again.
    [[nodiscard]] std::vector<std::string> announcing(const std::string& after,
                                                      std::size_t most) const;
    /// Whether the member announces an application there as healthy: whoever refuses then fails.
    [[nodiscard]] bool is_announced_healthy(const std::string& member_name,
                                            const Endpoint& endpoint) const;
    /// The revision from which on tables heed the metadata of which `digest` is digest_of(): the
    /// present one. Nothing while they do not, or if the member announces something else now.
    [[nodiscard]] std::optional<std::uint64_t> revision_with(const std::string& member_name,
                                                             const ListDigest& digest) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
static_assert(Machine<Registry>);

}  // namespace scrimp::service
