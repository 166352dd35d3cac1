// What a balancer has seen of its upstreams beside what they announce: who does not answer it, who
// is new, and who comes and goes too often.
//
// A finding is about one address and port, and lasts until the opposite is found. It is stronger
// than an announcement of health and weaker than a person's word.
//
// Damping is that of routes in BGP (RFC 2439): to fall out costs an upstream a penalty, which
// halves with every half-life. From penalty_suppress on it is held back until penalty_reuse, so an
// upstream that falls out four times within a minute or so stays out for a little more than one.
// Only failures cost: whoever leaves, drains or is in maintenance does so by intent. The penalty
// outlives the member, or a process that crashes whenever it starts would never have one.
//
// Slow start gives a newcomer a quarter of its weight, and one more quarter with each quarter of
// the time. All newcomers take their steps at the same moments, so a hundred of them cost as many
// reloads as one. Nobody is new while we ourselves are.
//
// Cost: nothing for who never fails. Bounded: 4,096 members, and applications_max applications,
// ports and findings of each. Whoever comes beyond takes the place of who matters least: of those
// that are gone, and of those the one that has failed least.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/time.h"
#include "service/condition.h"
#include "service/metadata.h"
#include "service/rotation.h"

namespace scrimp::service {

struct RotationConfig {
    OnAllUnhealthy on_all_unhealthy = OnAllUnhealthy::All;
    Duration slow_start = Duration::zero();                 ///< Zero: full weight at once.
    Duration damping_half_life = std::chrono::seconds{60};  ///< Zero: nobody is held back.
    friend bool operator==(const RotationConfig&, const RotationConfig&) = default;
};

/// What one failure costs; the numbers below are in failures.
inline constexpr double penalty_of_failure = 1.0;
/// Three failures at once stay below it by the time that passes between them; the fourth does not.
inline constexpr double penalty_suppress = 3.0;
/// Reached from there after one half-life.
inline constexpr double penalty_reuse = 1.5;
/// Held back for two half-lives at most, however often it failed.
inline constexpr double penalty_max = 6.0;

struct Finding {
    Condition condition;  ///< Unavailable, and why; or healthy, if only `stays` is to be told.
    /// Why it gets traffic all the same; empty: it does not.
    std::string stays{};
    Instant since{};
};

/// What was seen of one upstream.
struct Sighted {
    const Finding* finding = nullptr;  ///< Null: nothing was found.
    Instant damped_until = Instant::min();
    std::uint8_t start_percent = whole_percent;
    Instant changed_at = Instant::min();
};

class Observations {
  public:
    explicit Observations(RotationConfig config) : config_(config) {}
    void set_config(const RotationConfig& config) { config_ = config; }
    [[nodiscard]] const RotationConfig& config() const { return config_; }

    /// Return whether anything changed. `member` is as its name came. Without a reason the finding
    /// is that nothing is wrong there, whatever else is. `is_failure`: it should answer there, so
    /// it pays for it.
    bool note_unavailable(Instant now, const std::string& member, const Endpoint& endpoint,
                          std::string_view reason, std::string_view stays, bool is_failure = true);
    bool note_available(Instant now, const std::string& member, const Endpoint& endpoint);
    /// It joined, after we had begun.
    void note_newcomer(Instant now, const std::string& member);
    /// It announces its application otherwise than before.
    void note_change(Instant now, const std::string& member, const std::string& application,
                     Availability before, Availability after);
    /// The cluster took it for dead.
    void note_failed(Instant now, const std::string& member);
    /// It is elsewhere: nothing is found there any more.
    void drop_findings(const std::string& member);
    /// Nor if it is gone.
    void note_gone(const std::string& member);

    [[nodiscard]] Sighted look(Instant now, const std::string& member,
                               const std::string& application, const Endpoint& endpoint) const;
    /// Forgets what no longer matters, and findings where nobody is. `announced`: what a member
    /// announces, null if it is not known.
    void prune(Instant now,
               const std::function<const Announcement*(const std::string& member)>& announced);
    /// Members of whom something is kept.
    [[nodiscard]] std::size_t size() const { return members_.size(); }
    /// When look() answers otherwise without anything having been noted.
    [[nodiscard]] Instant next_change(Instant now) const;

  private:
    struct Track {
        Instant changed_at = Instant::min();
        Instant entered_at = Instant::min();
        Instant damped_until = Instant::min();
        double penalty = 0;  ///< As of penalised_at.
        Instant penalised_at{};
    };
    /// Of a member, of applications of its and of ports of its.
    struct MemberTracks {
        Track whole;
        std::map<std::string, Track> applications;
        std::map<std::uint16_t, Track> ports;
        std::map<Endpoint, Finding> findings;
        bool gone = false;
    };

    MemberTracks& tracks_of(Instant now, const std::string& member);
    template <class Key>
    Track& track_of(Instant now, std::map<Key, Track>& tracks, const Key& key) const;
    void make_room(Instant now);
    void drop_tracks(Instant now, MemberTracks& tracks, const Announcement* announcement) const;
    [[nodiscard]] double worst_penalty(Instant now, const MemberTracks& tracks) const;
    [[nodiscard]] bool matters(Instant now, const Track& track) const;
    void penalise(Instant now, Track& track) const;
    [[nodiscard]] double penalty_at(Instant now, const Track& track) const;
    [[nodiscard]] std::uint8_t start_percent_at(Instant now, Instant entered_at) const;
    template <class Visit>
    static void for_each(const MemberTracks& tracks, Visit visit);

    RotationConfig config_;
    std::map<std::string, MemberTracks> members_;
};

}  // namespace scrimp::service
