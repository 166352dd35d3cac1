// Scenarios that run unchanged on the simulator and over real sockets: what holds on one stage and
// not on the other is a mistake in a stage, in a driver, or in what we believe of networks.
#include <gtest/gtest.h>

#include "tests/scenarios/simulated_stage.h"
#include "tests/scenarios/socket_stage.h"

namespace scrimp::scenarios {
namespace {

using namespace std::chrono_literals;
using swim::State;

/// For whatever must come: what passes never waits so long.
constexpr Duration patience = 20s;

template <class Stage>
class Scenario : public testing::Test {
  protected:
    /// Members a, b, c, … that all joined through the first of them and see each other.
    std::vector<Actor> cluster(std::size_t count) {
        std::vector<Actor> actors;
        for (std::size_t i = 0; i < count; ++i) {
            names.push_back(std::string(1, static_cast<char>('a' + i)));
            actors.push_back(stage.start(names.back()));
            if (first_envelope) stage.set_envelope(actors.back(), *first_envelope);
            if (i > 0) stage.join(actors.back(), actors.front());
        }
        EXPECT_TRUE(stage.until(patience, [&] { return all_see_all(actors); }));
        return actors;
    }
    bool sees(Actor observer, const std::string& name, State state) {
        const auto view = stage.view(observer, name);
        return view && view->state == state;
    }
    bool all_see(const std::vector<Actor>& observers, const std::string& name, State state) {
        return std::all_of(observers.begin(), observers.end(),
                           [&](Actor each) { return sees(each, name, state); });
    }
    bool all_see_all(const std::vector<Actor>& actors) {
        return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
            return all_see(actors, name, State::Alive);
        });
    }
    bool come_to_see(const std::vector<Actor>& observers, const std::string& name, State state) {
        return stage.until(patience, [&] { return all_see(observers, name, state); });
    }
    /// Whether what `of` now says of itself reaches all.
    bool hear_of(const std::vector<Actor>& observers, Actor of, const std::string& name,
                 const std::string& metadata) {
        stage.set_metadata(of, metadata);
        return stage.until(patience, [&] {
            return std::all_of(observers.begin(), observers.end(), [&](Actor each) {
                const auto view = stage.view(each, name);
                return view && view->metadata == metadata;
            });
        });
    }
    bool hears(Actor actor, const std::string& text) {
        return stage.until(patience, [&] {
            const auto heard = stage.heard(actor);
            return std::find(heard.begin(), heard.end(), text) != heard.end();
        });
    }

    Stage stage{quick_config()};
    std::vector<std::string> names;
    std::optional<wire::Envelope> first_envelope;
};

using Stages = testing::Types<SimulatedStage, SocketStage>;

struct StageNames {
    template <class Stage>
    static std::string GetName(int) {
        return std::is_same_v<Stage, SimulatedStage> ? "simulated" : "sockets";
    }
};
TYPED_TEST_SUITE(Scenario, Stages, StageNames);

wire::Envelope sealed_with(std::initializer_list<const char*> keys, bool incoming = true,
                           bool outgoing = true) {
    wire::Envelope envelope;
    for (const char* key : keys) EXPECT_TRUE(envelope.keys.add(scrimp::view_of(key)));
    envelope.verify_incoming = incoming;
    envelope.verify_outgoing = outgoing;
    return envelope;
}
constexpr const char* old_key = "sixteen bytes, 1";
constexpr const char* new_key = "sixteen bytes, 2";

TYPED_TEST(Scenario, five_nodes_join_through_one_and_see_each_other) {
    const auto actors = this->cluster(5);
    for (std::size_t i = 1; i < actors.size(); ++i) {
        ASSERT_TRUE(
            this->stage.until(patience, [&] { return this->stage.joined(actors[i]).has_value(); }));
        EXPECT_EQ(this->stage.joined(actors[i])->reached, 1);
    }
    EXPECT_EQ(this->stage.failures(), 0u);
}

TYPED_TEST(Scenario, twenty_nodes_converge_and_stay) {
    const auto actors = this->cluster(20);
    this->stage.run_for(1s);
    EXPECT_TRUE(this->all_see_all(actors));
    EXPECT_EQ(this->stage.failures(), 0u);
}

TYPED_TEST(Scenario, a_chain_of_joins_becomes_one_cluster) {
    std::vector<Actor> actors;
    for (const char* name : {"a", "b", "c", "d", "e"}) {
        this->names.emplace_back(name);
        actors.push_back(this->stage.start(name));
    }
    for (std::size_t i = 1; i < actors.size(); ++i) this->stage.join(actors[i - 1], actors[i]);
    EXPECT_TRUE(this->stage.until(patience, [&] { return this->all_see_all(actors); }));
}

TYPED_TEST(Scenario, a_goodbye_is_seen_as_left) {
    auto actors = this->cluster(4);
    this->stage.leave(actors[1]);
    actors.erase(actors.begin() + 1);
    EXPECT_TRUE(this->come_to_see(actors, "b", State::Left));
    EXPECT_EQ(this->stage.failures(), 0u);
}

TYPED_TEST(Scenario, a_killed_member_is_seen_as_dead_and_nobody_else) {
    auto actors = this->cluster(4);
    this->stage.kill(actors[1]);
    actors.erase(actors.begin() + 1);
    EXPECT_TRUE(this->come_to_see(actors, "b", State::Dead));
    for (const char* name : {"a", "c", "d"}) {
        EXPECT_TRUE(this->all_see(actors, name, State::Alive)) << name;
    }
}

TYPED_TEST(Scenario, a_restarted_member_outbids_its_former_life) {
    const auto actors = this->cluster(4);
    ASSERT_TRUE(this->hear_of(actors, actors[1], "b", "first life"));
    const auto before = this->stage.view(actors[0], "b")->incarnation;
    this->stage.kill(actors[1]);
    this->stage.restart(actors[1]);
    this->stage.set_metadata(actors[1], "second life");
    this->stage.join(actors[1], actors[2]);
    EXPECT_TRUE(this->stage.until(patience, [&] {
        const auto view = this->stage.view(actors[0], "b");
        return this->all_see_all(actors) && view->metadata == "second life" &&
               view->incarnation > before;
    }));
}

TYPED_TEST(Scenario, a_member_that_left_comes_back_from_elsewhere) {
    auto actors = this->cluster(3);
    this->stage.leave(actors[1]);
    ASSERT_TRUE(this->come_to_see({actors[0], actors[2]}, "b", State::Left));
    const Endpoint old = this->stage.view(actors[0], "b")->endpoint;
    actors[1] = this->stage.start_elsewhere("b");
    this->stage.join(actors[1], actors[0]);
    EXPECT_TRUE(this->come_to_see(actors, "b", State::Alive));
    EXPECT_NE(this->stage.view(actors[2], "b")->endpoint, old);
}

TYPED_TEST(Scenario, new_metadata_reaches_everyone) {
    const auto actors = this->cluster(5);
    EXPECT_TRUE(this->hear_of(actors, actors[3], "d", "second edition"));
    EXPECT_TRUE(this->hear_of(actors, actors[3], "d", std::string(512, 'x')));
    EXPECT_TRUE(this->hear_of(actors, actors[3], "d", ""));
}

TYPED_TEST(Scenario, user_messages_arrive_by_packet_by_stream_and_by_gossip) {
    const auto actors = this->cluster(3);
    ASSERT_TRUE(this->stage.send_best_effort(actors[0], "b", "best effort"));
    EXPECT_TRUE(this->hears(actors[1], "best effort"));
    const std::string large(100'000, 'l');
    ASSERT_TRUE(this->stage.send_reliable(actors[0], "c", large));
    EXPECT_TRUE(this->hears(actors[2], large));
    ASSERT_TRUE(this->stage.broadcast(actors[2], "to all"));
    EXPECT_TRUE(this->hears(actors[0], "to all"));
    EXPECT_TRUE(this->hears(actors[1], "to all"));
    EXPECT_FALSE(this->stage.send_reliable(actors[0], "nobody", "lost"));
}

TYPED_TEST(Scenario, a_second_claimant_of_a_name_is_refused_and_the_first_stays) {
    const auto actors = this->cluster(3);
    const Endpoint holder = this->stage.view(actors[0], "b")->endpoint;
    const Actor impostor = this->stage.start_elsewhere("b");
    this->stage.join(impostor, actors[0]);
    this->stage.run_for(1s);
    for (const Actor each : actors) {
        EXPECT_EQ(this->stage.view(each, "b")->endpoint, holder);
        EXPECT_TRUE(this->sees(each, "b", State::Alive));
    }
}

TYPED_TEST(Scenario, a_key_is_rotated_while_traffic_runs) {
    this->first_envelope = sealed_with({old_key});
    const auto actors = this->cluster(4);
    int edition = 0;
    const auto each_gets = [&](const wire::Envelope& envelope) {
        for (const Actor actor : actors) {
            this->stage.set_envelope(actor, envelope);
            EXPECT_TRUE(
                this->hear_of(actors, actors[0], "a", "edition " + std::to_string(++edition)));
        }
    };
    each_gets(sealed_with({old_key, new_key}));
    each_gets(sealed_with({new_key, old_key}));
    each_gets(sealed_with({new_key}));
    EXPECT_EQ(this->stage.failures(), 0u);

    const Actor sleeper = this->stage.start("sleeper");
    this->stage.set_envelope(sleeper, sealed_with({old_key}));
    this->stage.join(sleeper, actors[0]);
    ASSERT_TRUE(
        this->stage.until(patience, [&] { return this->stage.joined(sleeper).has_value(); }));
    EXPECT_EQ(this->stage.joined(sleeper)->reached, 0);
    EXPECT_NE(this->stage.joined(sleeper)->last_error, "");
}

TYPED_TEST(Scenario, encryption_comes_to_a_running_cluster_without_an_outage) {
    const auto actors = this->cluster(4);
    int edition = 0;
    for (const auto& [incoming, outgoing] :
         {std::pair{false, false}, {false, true}, {true, true}}) {
        for (const Actor actor : actors) {
            this->stage.set_envelope(actor, sealed_with({old_key}, incoming, outgoing));
            EXPECT_TRUE(
                this->hear_of(actors, actors[0], "a", "edition " + std::to_string(++edition)));
        }
    }
    EXPECT_EQ(this->stage.failures(), 0u);
    const Actor plain = this->stage.start("plain");
    this->stage.join(plain, actors[0]);
    ASSERT_TRUE(this->stage.until(patience, [&] { return this->stage.joined(plain).has_value(); }));
    EXPECT_EQ(this->stage.joined(plain)->reached, 0) << "plaintext is no longer taken";
}

TYPED_TEST(Scenario, two_clusters_of_different_labels_do_not_merge) {
    this->first_envelope.emplace();
    this->first_envelope->label = "blue";
    const auto actors = this->cluster(3);
    const Actor green = this->stage.start("green");
    wire::Envelope label;
    label.label = "green";
    this->stage.set_envelope(green, label);
    this->stage.join(green, actors[0]);
    ASSERT_TRUE(this->stage.until(patience, [&] { return this->stage.joined(green).has_value(); }));
    EXPECT_EQ(this->stage.joined(green)->reached, 0);
    for (const Actor each : actors) EXPECT_FALSE(this->stage.view(each, "green"));
}

TYPED_TEST(Scenario, a_member_stopped_for_a_second_comes_back_and_accuses_nobody) {
    const auto actors = this->cluster(4);
    this->stage.pause(actors[2]);
    this->stage.run_for(1s);
    this->stage.resume(actors[2]);
    this->stage.run_for(2s);
    EXPECT_TRUE(this->all_see_all(actors));
    EXPECT_EQ(this->stage.failures(), 0u);
}

}  // namespace
}  // namespace scrimp::scenarios
