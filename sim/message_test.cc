#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;
using swim::Change;
using swim::Node;

TEST(Metadata, an_update_reaches_all_within_a_second) {
    Scenario world;
    const auto ids = world.converged_cluster(20);
    world.set_metadata(ids[7], "backend, second edition");
    EXPECT_TRUE(world.converges_within(2s));
    EXPECT_EQ(world.count(Change::Updated), 19U);
}

TEST(Metadata, of_the_last_update_wins_under_loss_doubling_and_reordering) {
    Options options = lossy(0.2);
    options.quality.duplication = 0.2;
    options.quality.lateness = 0.3;
    options.quality.late_max = 1s;
    Scenario world(options);
    const auto ids = world.converged_cluster(10);
    for (int edition = 0; edition < 30; ++edition) {
        world.set_metadata(ids[3], "edition " + std::to_string(edition));
        world.run_for(150ms);
    }
    EXPECT_TRUE(world.converges_within(convergence_max(world.options().config, 10)));
    EXPECT_EQ(world.count(Change::Failed), 0U);
}

TEST(Metadata, of_512_bytes_travels_and_of_513_is_refused) {
    Scenario world;
    const auto ids = world.converged_cluster(3);
    world.set_metadata(ids[1], std::string(512, 'x'));
    EXPECT_TRUE(world.converges_within(2s));
    const auto refused = world.host(ids[1]).act(
        world.now(), [](Node& node, Instant now) { return node.set_metadata(now, Bytes(513)); });
    EXPECT_FALSE(refused);
}

TEST(UserMessage, broadcast_reaches_everyone_once_or_more) {
    Scenario world;
    const auto ids = world.converged_cluster(10);
    const auto sent = world.host(ids[0]).act(world.now(), [](Node& node, Instant now) {
        return node.broadcast(now, view_of("who serves what?"));
    });
    ASSERT_TRUE(sent);
    // A broadcast is not passed on: its sender tells it to a few members a round, so with ten
    // members and mult * digits = 8 tellings some may miss it; several must not.
    world.run_for(5s);
    std::size_t heard = 0;
    for (const HostId id : ids) heard += world.host(id).inbox().empty() ? 0U : 1U;
    EXPECT_GE(heard, 3U);
}

TEST(UserMessage, sent_reliably_arrives_under_loss) {
    Scenario world(lossy(0.3));
    const auto ids = world.converged_cluster(5);
    std::string text(100'000, 'y');
    const auto sent = world.host(ids[1]).act(world.now(), [&](Node& node, Instant now) {
        return node.send_reliable(now, world.name(ids[4]), view_of(text));
    });
    ASSERT_TRUE(sent);
    world.run_for(10s);
    ASSERT_EQ(world.host(ids[4]).inbox().size(), 1U);
    EXPECT_EQ(text_of(world.host(ids[4]).inbox().front()), text);
}

TEST(UserMessage, sent_best_effort_arrives_on_a_quiet_network) {
    Scenario world;
    const auto ids = world.converged_cluster(3);
    const auto sent = world.host(ids[1]).act(world.now(), [&](Node& node, Instant now) {
        return node.send_best_effort(now, world.name(ids[2]), view_of("psst"));
    });
    ASSERT_TRUE(sent);
    world.run_for(1s);
    ASSERT_EQ(world.host(ids[2]).inbox().size(), 1U);
    EXPECT_EQ(text_of(world.host(ids[2]).inbox().front()), "psst");
}

TEST(Packets, doubled_and_reordered_change_nothing) {
    Options options = lan();
    options.quality.duplication = 0.5;
    options.quality.lateness = 0.3;
    options.quality.late_max = 400ms;
    Scenario world(options);
    const auto ids = world.converged_cluster(10);
    world.run_for(60s);
    EXPECT_FALSE(find_disagreement(world));
    EXPECT_EQ(world.count(Change::Failed), 0U);
    EXPECT_EQ(world.count(Change::Joined), 90U);
}

TEST(Hostile, random_packets_change_nothing) {
    Scenario world;
    const auto ids = world.converged_cluster(5);
    const Endpoint stranger = parse_endpoint("192.0.2.66:666").value();
    Random random(99);
    for (int i = 0; i < 2'000; ++i) {
        Bytes packet(random.below(std::uint64_t{1'500}));
        for (std::byte& byte : packet) byte = static_cast<std::byte>(random.next());
        // Every second one with a type that exists, so that it comes further in.
        if (i % 2 == 0 && !packet.empty()) packet[0] = static_cast<std::byte>(random.below(14ULL));
        world.inject(stranger, ids[random.below(5ULL)], std::move(packet));
        if (i % 20 == 0) world.run_for(100ms);
    }
    world.run_for(10s);
    EXPECT_FALSE(find_disagreement(world));
    EXPECT_EQ(world.count(Change::Failed), 0U);
    EXPECT_EQ(world.host(ids[0]).node().members().size(), 5U);
}

TEST(Hostile, a_flood_of_forged_members_and_deaths_is_survived) {
    Options options = lan();
    options.check_truth = false;
    options.config.members_max = 50;
    Scenario world(options);
    const auto ids = world.converged_cluster(5);
    const Endpoint stranger = parse_endpoint("192.0.2.66:666").value();
    for (std::uint32_t i = 0; i < 200; ++i) {
        wire::Alive forged;
        forged.incarnation = 1;
        forged.node = "ghost" + std::to_string(i);
        forged.address = parse_ip("192.0.2.77").value().ip_bytes();
        forged.port = 7946;
        forged.versions = Bytes{std::byte{1}, std::byte{5}, std::byte{2}, {}, {}, {}};
        const wire::Dead death{.incarnation = i, .node = world.name(ids[i % 5]), .from = "ghost"};
        for (const wire::Message& message : {wire::Message(forged), wire::Message(death)}) {
            world.inject(stranger, ids[i % 3], wire::encode_message(message));
        }
        world.run_for(50ms);
    }
    for (const HostId id : ids) EXPECT_LE(world.host(id).node().members().size(), 50U);
    const bool over = run_until_converged(world, 1200s).has_value();
    EXPECT_TRUE(over) << find_disagreement(world).value_or("");
}

}  // namespace
}  // namespace scrimp::sim
