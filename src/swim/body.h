// What the organs of one node share: plain parts, no decisions.
#pragma once

#include <deque>

#include "base/random.h"
#include "swim/config.h"
#include "swim/gossip_queue.h"
#include "swim/health.h"
#include "swim/lost.h"
#include "swim/roster.h"
#include "swim/round_trips.h"
#include "swim/stats.h"

namespace scrimp::swim {

struct Body {
    const Config config;  ///< But for the envelope, which changes.
    const wire::NonceSource nonces;
    Random random;
    Roster roster;
    Health health;
    /// Label, keys and compression of everything that begins now. Whatever began before keeps its
    /// own.
    std::shared_ptr<const wire::Envelope> envelope =
        std::make_shared<const wire::Envelope>(config.envelope);
    GossipQueue news{};           ///< Alive, suspect and dead, by member.
    GossipQueue user_messages{};  ///< Of the floor above; sent in the room that news leaves.
    Lost lost{};
    RoundTrips round_trips{};
    Stats stats{};
    std::deque<Action> actions{};

    void tell_doubt(std::string_view name) {
        if (!config.tells_doubts) return;
        const Member* const member = roster.find(name);
        const bool is_here = member != nullptr && !is_gone(member->state);
        if (is_here && !roster.is_self(*member)) actions.push_back(Doubted{*member});
    }
    /// Names a question, ours or one we relay, until its answer. Starts by chance, so that a
    /// restarted node does not take answers to its former life for its own.
    std::uint32_t last_question = 0;
};

}  // namespace scrimp::swim
