// What all hosts of one world share: its options, network, chance and trace, the seed store, and
// what is known from outside: who is a balancer, what each ever said of itself, who saw what, and
// which rules were broken.
#pragma once

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "service/application.h"
#include "sim/checkers.h"
#include "sim/network.h"
#include "sim/trace.h"
#include "swim/config.h"

namespace scrimp::sim {

struct Options {
    swim::Config config;
    LinkQuality quality;
    bool split_streams = true;
    /// Timers of a busy machine fire late, by up to this.
    Duration timer_late_max = Duration::zero();
    /// Chance that a delivery comes with a deadline call nobody asked for.
    double spurious_deadlines = 0;
    /// Every node has a Keeper, and the balancers publish themselves in the seed store.
    bool keepers = false;
    /// A restarted process knows whom the one before it knew.
    bool remembers = true;
    double seed_store_failure = 0;
    Duration seed_store_delay = std::chrono::milliseconds{30};
    /// Off where forged but well-formed messages are part of the scenario.
    bool check_truth = true;
    /// Off where the checkers would take most of the time and memory: thousands of nodes.
    bool check_rules = true;
    /// Every node has a Trader: backends announce applications, balancers route them.
    bool trades = false;
};

struct HostSpec {
    std::string name;
    Endpoint endpoint;
    Bytes metadata;
    bool balancer = false;
    std::vector<service::Application> applications{};
    std::string list_text{};  ///< Theirs, if the metadata does not hold them all.
};

/// A member event and who saw it.
struct Sighting {
    Instant at;
    HostId observer;
    swim::Change change;
    std::string name;
};

/// What a Trader handed to its node.
struct Letter {
    enum class Kind : std::uint8_t { Question, Call, Answer };
    Instant at;
    Kind kind;
    std::string from;
    std::string to;  ///< Empty: to all.
    std::size_t bytes;
};
struct Violation {
    Instant at;
    std::string observer;
    std::string rule;
};

struct Surroundings {
    Surroundings(const Options& given, Instant start, std::uint64_t seed, std::ostream* text)
        : options(given), random(seed), network(random.next()), trace(start, text) {
        network.set_quality(options.quality);
        network.set_splitting(options.split_streams);
    }
    void report(Instant now, const std::string& who, const Finding& finding) {
        if (!finding) return;
        trace.add(now, who, "VIOLATION " + *finding);
        violations.push_back({now, who, *finding});
    }

    const Options& options;
    Random random;
    Network network;
    Trace trace;
    Truth truth;
    std::set<std::string, std::less<>> balancers;
    std::vector<Endpoint> seed_store;
    std::vector<Sighting> sightings;
    std::vector<Letter> letters;
    std::vector<Violation> violations;
};

}  // namespace scrimp::sim
