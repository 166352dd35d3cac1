// One process on a simulated host, from its start to its end: the machines, what the kernel knows
// of its streams, and the checkers that look on. For the sources of Host alone.
#pragma once

#include "sim/host.h"
#include "sim/trader.h"
#include "sim/way_in.h"

namespace scrimp::sim {

struct Host::Life {
    Life(Instant now, const Options& options, const swim::Identity& self, wire::NonceSource nonces,
         std::uint64_t seed);

    swim::Node node;
    std::optional<WayIn> way_in;
    std::optional<Trader> trader;
    std::map<swim::StreamId, ConnectionEnd> ends;
    std::map<ConnectionEnd, swim::StreamId> names;
    bool leaving = false;
    bool left = false;
    std::vector<Bytes> inbox;
    std::vector<swim::JoinFinished> joins;

    IncarnationChecker incarnations;
    FoldChecker fold;
    bool events = true;  ///< Since the fold was last compared.
    PacketChecker packets;
    StreamChecker streams;
    ProgressChecker progress;
};

}  // namespace scrimp::sim
