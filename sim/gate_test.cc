#include "sim/gate.h"

#include "sim/scenario.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;

TEST(Gate, keeps_datagrams_up_to_the_kernels_buffer_and_connections_without_limit) {
    Gate gate;
    for (int i = 0; i < 1000; ++i) gate.hold(PacketArrived{HostId{0}, {}, Bytes(40)});
    gate.hold(DialArrived{HostId{0}, {}, {}});
    std::size_t packets = 0;
    std::size_t dials = 0;
    while (const auto delivery = gate.take_held()) {
        ++(std::holds_alternative<PacketArrived>(*delivery) ? packets : dials);
    }
    EXPECT_EQ(packets, 425'984U / 768);
    EXPECT_EQ(dials, 1U);
    gate.hold(PacketArrived{HostId{0}, {}, Bytes(1400)});
    EXPECT_TRUE(gate.take_held()) << "what was taken makes room";
}

TEST(Gate, lets_a_blocked_process_think_and_neither_hear_nor_speak) {
    Scenario world;
    const auto ids = world.converged_cluster(3);
    world.block(ids[2]);
    world.run_for(4s);
    EXPECT_TRUE(world.sees(ids[0], ids[2], swim::State::Suspect));
    EXPECT_FALSE(world.sees(ids[2], ids[0], swim::State::Alive) &&
                 world.sees(ids[2], ids[1], swim::State::Alive))
        << "its timers went on, and nobody answered";
    EXPECT_TRUE(world.sees(ids[0], ids[1], swim::State::Alive)) << "it could accuse nobody";
    world.unblock(ids[2]);
    EXPECT_TRUE(world.converges_within(60s));
}

}  // namespace
}  // namespace scrimp::sim
