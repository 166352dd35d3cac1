// The stage of virtual time: a sim::World, whose checkers watch every event of the scenario too.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world.h"
#include "tests/scenarios/stage.h"

namespace scrimp::scenarios {

class SimulatedStage {
  public:
    explicit SimulatedStage(swim::Config config = quick_config())
        : world_({.config = std::move(config), .quality = {}}, 1) {}
    ~SimulatedStage() { EXPECT_EQ(world_.complaint(), ""); }
    SimulatedStage(const SimulatedStage&) = delete;
    SimulatedStage& operator=(const SimulatedStage&) = delete;

    Actor start(std::string name) { return actor_of(world_.spawn(false, std::move(name))); }
    Actor start_elsewhere(std::string name) { return start(std::move(name)); }
    void restart(Actor actor) { world_.restart(host_of(actor)); }
    void join(Actor actor, Actor seed) { world_.join(host_of(actor), {host_of(seed)}); }
    void leave(Actor actor) { world_.leave(host_of(actor)); }
    void kill(Actor actor) { world_.kill(host_of(actor)); }
    void pause(Actor actor) { world_.pause(host_of(actor)); }
    void resume(Actor actor) { world_.resume(host_of(actor)); }
    void set_metadata(Actor actor, std::string_view text) {
        world_.set_metadata(host_of(actor), text);
    }
    void set_envelope(Actor actor, const wire::Envelope& envelope) {
        act(actor, [&](swim::Node& node, Instant now) {
            node.set_envelope(now, envelope);
            return true;
        });
    }
    bool broadcast(Actor from, std::string_view text) {
        return act(from, [&](swim::Node& node, Instant now) {
            return node.broadcast(now, scrimp::view_of(text)).has_value();
        });
    }
    bool send_best_effort(Actor from, std::string_view to, std::string_view text) {
        return act(from, [&](swim::Node& node, Instant now) {
            return node.send_best_effort(now, to, scrimp::view_of(text)).has_value();
        });
    }
    bool send_reliable(Actor from, std::string_view to, std::string_view text) {
        return act(from, [&](swim::Node& node, Instant now) {
            return node.send_reliable(now, to, scrimp::view_of(text)).has_value();
        });
    }

    [[nodiscard]] std::optional<View> view(Actor observer, std::string_view name) const {
        const sim::Host& host = world_.host(host_of(observer));
        if (!host.running()) return std::nullopt;
        for (const swim::Member& member : host.node().members()) {
            if (member.profile->name == name) return scenarios::view_of(member);
        }
        return std::nullopt;
    }
    [[nodiscard]] std::vector<std::string> heard(Actor actor) const {
        std::vector<std::string> texts;
        for (const Bytes& message : world_.host(host_of(actor)).inbox()) {
            texts.emplace_back(text_of(message));
        }
        return texts;
    }
    [[nodiscard]] std::optional<swim::JoinFinished> joined(Actor actor) const {
        const auto& joins = world_.host(host_of(actor)).joins();
        if (joins.empty()) return std::nullopt;
        return joins.back();
    }
    [[nodiscard]] std::size_t failures() const { return world_.count(swim::Change::Failed); }

    template <class Condition>
    bool until(Duration limit, Condition&& holds) {
        return world_.run_until(limit, std::forward<Condition>(holds));
    }
    void run_for(Duration span) { world_.run_for(span); }

    [[nodiscard]] sim::World& world() { return world_; }

  private:
    static sim::HostId host_of(Actor actor) {
        return sim::HostId{static_cast<std::uint32_t>(actor)};
    }
    static Actor actor_of(sim::HostId host) { return Actor{static_cast<std::size_t>(host)}; }

    template <class Call>
    bool act(Actor actor, Call&& call) {
        return world_.host(host_of(actor)).act(world_.now(), std::forward<Call>(call));
    }

    sim::World world_;
};

}  // namespace scrimp::scenarios
