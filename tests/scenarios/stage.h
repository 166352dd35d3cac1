// Where a scenario plays. One body runs unchanged on two stages: SimulatedStage (virtual time,
// sim/world.h) and SocketStage (real time, a real GossipDriver for each node on a loopback address
// of its own). What both offer is here; what a stage can do beyond that (cuts, loss) is for tests
// of that stage alone.
//
//   Actor start(name);  void restart(actor);  Actor start_elsewhere(name);
//   void join(actor, seed);  void leave(actor);  void kill(actor);
//   void pause(actor);  void resume(actor);
//   void set_metadata(actor, text);  void set_envelope(actor, envelope);
//   bool broadcast(from, text);  bool send_best_effort(from, to, text);  bool send_reliable(…);
//   std::optional<View> view(observer, name);   what one believes of another
//   std::vector<std::string> heard(actor);      the user messages of this life
//   std::optional<swim::JoinFinished> joined(actor);  the end of its last join
//   std::size_t failures();                     deaths anybody ever declared
//   bool until(limit, condition);               waits, at most so long, until it holds
//   void run_for(span);
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "swim/config.h"
#include "swim/types.h"

namespace scrimp::scenarios {

/// One machine of the cluster, whatever runs on it.
enum class Actor : std::size_t {};

struct View {
    swim::State state;
    std::uint32_t incarnation;
    Endpoint endpoint;
    std::string metadata;
};

inline View view_of(const swim::Member& member) {
    return {member.state, member.incarnation, member.profile->endpoint,
            std::string(text_of(member.profile->metadata))};
}

/// Timers with which a scenario takes a second or two of real time, and which a machine that stops
/// us for half a second does not break: a suspicion lasts two seconds at least.
inline swim::Config quick_config() {
    swim::Config config = swim::lan_profile();
    config.probe_interval = std::chrono::milliseconds{500};
    config.probe_timeout = std::chrono::milliseconds{250};
    config.gossip_interval = std::chrono::milliseconds{50};
    config.push_pull_interval = std::chrono::seconds{5};
    config.suspicion_max_timeout_mult = 2;
    config.stream_timeout = std::chrono::seconds{2};
    return config;
}

}  // namespace scrimp::scenarios
