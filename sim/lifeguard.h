// The experiments of the Lifeguard paper (Dadgar, Phillips, Currey 2018, section V) on our nodes.
//
// A group of agents is slow: some of them, by chance, block before each send and after each
// receive, all at once for a while (the anomaly), and are then free for a while. In the interval
// experiment that repeats for two minutes; what counts are deaths declared of agents that were not
// slow, and the load. In the threshold experiment one anomaly lasts; what counts is how soon the
// slow ones, who are as good as dead, are found out. A setting is a row of the paper's tables: a
// Config of plain numbers.
//
// What differs from the paper: agents are bare members, without Consul's traffic; nothing is
// compressed, so bytes are those before compression; and a blocked agent's timers all go on, so
// that it probes and accuses into its queue, where a Go agent's prober stands still in its first
// send. Hence the slow agents here accuse more, and more of it reaches the healthy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "swim/config.h"

namespace scrimp::sim {

/// Which of Lifeguard's parts are on, and how patient a suspicion is: its minimum is alpha times
/// log10(n), its maximum beta times that.
struct LifeguardParts {
    bool probe = false;
    bool suspicion = false;
    bool buddy = false;
    int alpha = 5;
    int beta = 6;
};

/// Nothing but memberlist's protocol with these parts; what we have added to it is off.
[[nodiscard]] swim::Config paper_config(const LifeguardParts& parts);

struct LifeguardSetting {
    std::string name;
    swim::Config config;
};
/// The rows of tables IV to VI: SWIM, LHA-Probe, LHA-Suspicion, Buddy, Lifeguard; and our default.
[[nodiscard]] std::vector<LifeguardSetting> paper_settings();
/// The columns of table VII: Lifeguard with alpha 2, 4, 5 and beta 2, 4, 6; but the last, which is
/// Lifeguard as it stands above.
[[nodiscard]] std::vector<LifeguardSetting> paper_patience();

struct Anomalies {
    std::size_t agents = 128;
    std::size_t slow = 4;
    Duration blocked = std::chrono::seconds{2};
    Duration open = std::chrono::seconds{1};
};

/// The seed means the same slow agents for every setting.
struct IntervalOutcome {
    std::uint64_t false_deaths = 0;             ///< Declared by anyone, of agents not slow (FP).
    std::uint64_t false_deaths_at_healthy = 0;  ///< Of these, declared at agents not slow (FP-).
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;  ///< Packets and streams, without IP headers.
    Duration span{};
};
[[nodiscard]] IntervalOutcome run_interval(const swim::Config& config, const Anomalies& anomalies,
                                           std::uint64_t seed);

/// From the beginning of the anomaly, one entry for each slow agent that was found out: until the
/// first healthy agent declared it dead, and until all had.
struct ThresholdOutcome {
    std::vector<Duration> first;
    std::vector<Duration> full;
};
[[nodiscard]] ThresholdOutcome run_threshold(const swim::Config& config, const Anomalies& anomalies,
                                             std::uint64_t seed);

}  // namespace scrimp::sim
