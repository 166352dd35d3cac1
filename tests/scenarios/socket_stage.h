// The stage of real time: nodes on real UDP and TCP sockets, each on a loopback address and an
// event loop of its own, all in one thread. A node whose loop is not run is as good as stopped: its
// kernel goes on taking in what comes. A node whose driver is destroyed is as good as killed: its
// kernel refuses.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/gossip_driver.h"
#include "swim/node.h"
#include "tests/scenarios/stage.h"

namespace scrimp::scenarios {

class SocketStage {
  public:
    explicit SocketStage(swim::Config config = quick_config()) : config_(std::move(config)) {}

    Actor start(std::string name);
    Actor start_elsewhere(std::string name) { return start(std::move(name)); }
    void restart(Actor actor);
    void join(Actor actor, Actor seed);
    void leave(Actor actor) { process(actor).driver->leave(); }
    void kill(Actor actor) { machine(actor).process.reset(); }
    void pause(Actor actor) { machine(actor).paused = true; }
    void resume(Actor actor) { machine(actor).paused = false; }
    void set_metadata(Actor actor, std::string_view text);
    void set_envelope(Actor actor, const wire::Envelope& envelope);
    bool broadcast(Actor from, std::string_view text);
    bool send_best_effort(Actor from, std::string_view to, std::string_view text);
    bool send_reliable(Actor from, std::string_view to, std::string_view text);

    [[nodiscard]] std::optional<View> view(Actor observer, std::string_view name) const;
    [[nodiscard]] std::vector<std::string> heard(Actor actor) { return process(actor).heard; }
    [[nodiscard]] std::optional<swim::JoinFinished> joined(Actor actor) {
        return process(actor).joined;
    }
    [[nodiscard]] std::size_t failures() const { return failures_; }

    template <class Condition>
    bool until(Duration limit, Condition&& holds) {
        const auto give_up = std::chrono::steady_clock::now() + limit;
        while (!holds()) {
            if (std::chrono::steady_clock::now() >= give_up) return holds();
            turn();
        }
        return true;
    }
    void run_for(Duration span) {
        until(span, [] { return false; });
    }

  private:
    /// Destroyed from the last to the first: the driver before what it drives.
    struct Process {
        boost::asio::io_context loop;
        std::unique_ptr<swim::Node> node;
        std::unique_ptr<runtime::GossipDriver> driver;
        std::vector<std::string> heard;
        std::optional<swim::JoinFinished> joined;
    };
    struct Machine {
        std::string name;
        Endpoint endpoint;  ///< Its port is known once a process has run here.
        std::unique_ptr<Process> process;
        bool paused = false;
    };

    [[nodiscard]] Machine& machine(Actor actor) {
        return *machines_.at(static_cast<std::size_t>(actor));
    }
    [[nodiscard]] Process& process(Actor actor) { return *machine(actor).process; }
    void run_process(Machine& on);
    void hear(Process& process, const swim::Action& action);
    /// Lets every node that runs do what is due.
    void turn();

    swim::Config config_;
    std::vector<std::unique_ptr<Machine>> machines_;
    std::size_t failures_ = 0;
};

}  // namespace scrimp::scenarios
