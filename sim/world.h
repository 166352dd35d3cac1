// A cluster in one process on virtual time, from one seed.
//
// World owns the clock. It takes the earliest of what the network delivers, what a node waits for
// and what the scenario planned, hands it to its host, and lets the checkers look. Nothing else
// moves time, so a minute of a hundred nodes takes as long as its events take to compute, and the
// same seed with the same calls gives the same trace hash.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/host.h"

namespace scrimp::sim {

class World {
  public:
    /// `text` as for Trace.
    World(Options options, std::uint64_t seed, std::ostream* text = nullptr);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Starts a host of its own address, alone: it knows nobody until it joins. Names are n000,
    /// n001, … unless given. Applications are for a world that trades.
    HostId spawn(bool balancer = false, std::string name = {},
                 std::vector<service::Application> applications = {});
    /// Spawns `count` hosts, the first a balancer, and lets all others join it now. With keepers
    /// they find it themselves.
    std::vector<HostId> spawn_cluster(std::size_t count);
    /// Spawns `count` hosts, the first a balancer, that know each other from the start: O(n) for
    /// each, and without the minutes a large cluster takes to join.
    std::vector<HostId> spawn_known(std::size_t count);

    void join(HostId host, const std::vector<HostId>& seeds);
    void leave(HostId host);
    void kill(HostId host, bool silent = false);
    /// A new process under the same name and address, with incarnation 0 and no memory.
    void restart(HostId host);
    void pause(HostId host);
    void freeze(HostId host);
    void resume(HostId host);
    void set_handling_time(HostId host, Duration most);
    void block(HostId host);
    void unblock(HostId host);
    void set_metadata(HostId host, std::string_view metadata);
    /// Of a process that runs or of the next one: they are its configuration.
    void set_applications(HostId host, std::vector<service::Application> applications);
    /// Puts bytes on the wire in the name of `from`.
    void inject(const Endpoint& from, HostId to, Bytes packet);
    /// Cuts every link between the two groups, one way (a to b) or both.
    void cut(const std::vector<HostId>& a, const std::vector<HostId>& b, Cut what = everything,
             bool both_ways = true);
    void heal();
    /// Calls `what` when the clock has moved on by `delay`.
    void plan(Duration delay, std::function<void()> what);

    /// One event; false if none is due up to `limit`, the clock then stands at `limit`.
    bool step(Instant limit);
    void run_for(Duration span);
    /// Whether `done` came true within `span`; asked after every event.
    template <class Done>
    bool run_until(Duration span, Done&& done) {
        const Instant limit = now_ + span;
        while (!done()) {
            if (!step(limit)) return done();
        }
        return true;
    }

    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] Network& network() { return surroundings_.network; }
    [[nodiscard]] Random& random() { return surroundings_.random; }
    [[nodiscard]] std::deque<Host>& hosts() { return hosts_; }
    [[nodiscard]] const std::deque<Host>& hosts() const { return hosts_; }
    [[nodiscard]] Host& host(HostId id) { return hosts_[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const Host& host(HostId id) const { return hosts_[static_cast<std::size_t>(id)]; }
    [[nodiscard]] const std::string& name(HostId id) const { return host(id).spec().name; }

    /// How `observer` sees `subject`; nothing if it does not know it.
    [[nodiscard]] std::optional<swim::Member> view(HostId observer, HostId subject) const;
    [[nodiscard]] bool sees(HostId observer, HostId subject, swim::State state) const;
    [[nodiscard]] const std::vector<Sighting>& sightings() const { return surroundings_.sightings; }
    [[nodiscard]] std::size_t count(swim::Change change) const;
    [[nodiscard]] const std::vector<Letter>& letters() const { return surroundings_.letters; }
    [[nodiscard]] const std::vector<Violation>& violations() const {
        return surroundings_.violations;
    }
    /// The violations as text, for a test's message; empty if there are none.
    [[nodiscard]] std::string complaint() const;
    [[nodiscard]] const Trace& trace() const { return surroundings_.trace; }
    [[nodiscard]] const Options& options() const { return options_; }

  private:
    struct Wake {
        HostId host;
        std::uint64_t arming;
    };
    struct Timer {
        Instant deadline = never;
        std::uint64_t arming = 0;
    };
    using Event = std::variant<Wake, std::function<void()>>;

    void after(Host& host);
    void arm(Host& host);

    Options options_;
    Instant now_;
    Surroundings surroundings_;
    std::deque<Host> hosts_;
    std::vector<Timer> timers_;
    EventQueue<Event> events_;
};

}  // namespace scrimp::sim
