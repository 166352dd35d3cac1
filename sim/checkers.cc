#include "sim/checkers.h"

#include <algorithm>

#include "base/machine.h"
#include "wire/packet.h"

namespace scrimp::sim {
namespace {

using swim::Change;
using swim::Member;
using swim::State;

// One call may serve several deadlines of a node at one instant; a node that wants to be woken
// this often without a nanosecond passing will want it for ever.
constexpr int wakes_per_instant_max = 32;

std::string describe(const Member& member) {
    return member.profile->name + " " + std::string(name_of(member.state)) + " at incarnation " +
           std::to_string(member.incarnation);
}

Finding check_step(const Member& before, const Member& after) {
    const bool was_live = is_live(before.state);
    // Who is gone may come back from another address, and then starts over.
    if (!was_live && before.profile->endpoint != after.profile->endpoint) return std::nullopt;
    if (after.incarnation < before.incarnation) {
        return "incarnation went back: " + describe(before) + ", then " + describe(after);
    }
    if (after.incarnation > before.incarnation) return std::nullopt;
    if (!was_live && is_live(after.state)) {
        return "resurrection without a higher incarnation: " + describe(before) + ", then " +
               describe(after);
    }
    if (before.state == State::Suspect && after.state == State::Alive) {
        return "suspicion lifted without a higher incarnation: " + describe(after);
    }
    return std::nullopt;
}

/// A piece of gossip: whom it is about, and what makes it the same piece when sent again.
struct News {
    std::string about;
    std::string text;  ///< Empty for messages that are no gossip.
};

News news_of(const wire::Message& message, std::string_view listener) {
    return std::visit(
        Overloaded{
            [](const wire::Alive& alive) {
                return News{alive.node, "alive " + std::to_string(alive.incarnation) + " " +
                                            to_hex(alive.meta.value_or(Bytes{})) +
                                            to_hex(alive.address.value_or(Bytes{}))};
            },
            [&](const wire::Suspect& suspect) {
                // The suspect itself is told directly, with each ping (the buddy system) and when
                // the suspicion starts, beside the gossip.
                if (suspect.node == listener) return News{};
                return News{suspect.node, "suspect " + std::to_string(suspect.incarnation) +
                                              " by " + suspect.from};
            },
            [](const wire::Dead& dead) {
                return News{dead.node,
                            "dead " + std::to_string(dead.incarnation) + " by " + dead.from};
            },
            [](const auto&) { return News{}; },
        },
        message);
}

}  // namespace

bool is_live(State state) {
    return state == State::Alive || state == State::Suspect;
}

const Member* find_member(std::span<const Member> members, std::string_view name) {
    const auto found = std::lower_bound(
        members.begin(), members.end(), name,
        [](const Member& member, std::string_view text) { return member.profile->name < text; });
    return found != members.end() && found->profile->name == name ? &*found : nullptr;
}

Finding IncarnationChecker::observe(std::span<const Member> members, const Truth* truth) {
    Finding finding;
    forgot_ = false;
    changed_ = members.size() != known_.size();
    std::size_t at = 0;
    for (const Member& member : members) {
        while (at < known_.size() && known_[at].profile->name < member.profile->name) {
            if (is_live(known_[at].state)) finding = "forgotten alive: " + describe(known_[at]);
            changed_ = forgot_ = true;
            ++at;
        }
        const bool same_name =
            at < known_.size() && (known_[at].profile == member.profile ||
                                   known_[at].profile->name == member.profile->name);
        if (same_name && known_[at].profile == member.profile &&
            known_[at].incarnation == member.incarnation && known_[at].state == member.state) {
            ++at;
            continue;
        }
        changed_ = true;
        if (same_name) {
            if (auto step = check_step(known_[at], member)) finding = step;
            ++at;
        }
        if (truth == nullptr) continue;
        const auto said = truth->find(member.profile->name);
        if (said == truth->end() || said->second < member.incarnation) {
            finding = "nobody ever said so of itself: " + describe(member);
        }
    }
    for (; at < known_.size(); ++at) {
        if (is_live(known_[at].state)) finding = "forgotten alive: " + describe(known_[at]);
        forgot_ = true;
    }
    if (changed_) known_.assign(members.begin(), members.end());
    return finding;
}

Finding FoldChecker::apply(const swim::MemberEvent& event) {
    Folded& folded = folded_[event.member.profile->name];
    const State before = folded.state;
    bool legal = true;
    switch (event.change) {
        case Change::Joined:
            legal = !is_live(before);
            folded.state = State::Alive;
            break;
        case Change::Updated:
            legal = is_live(before);
            break;
        case Change::Suspected:
            legal = before == State::Alive;
            folded.state = State::Suspect;
            break;
        case Change::Recovered:
            legal = before == State::Suspect;
            folded.state = State::Alive;
            break;
        case Change::Left:
            legal = is_live(before);
            folded.state = State::Left;
            break;
        case Change::Failed:
            legal = is_live(before);
            folded.state = State::Dead;
            break;
    }
    folded.profile = event.member.profile;
    if (legal) return std::nullopt;
    return "event '" + std::string(name_of(event.change)) + "' about " + describe(event.member) +
           " though the events before it made it " + std::string(name_of(before));
}

void FoldChecker::adopt(std::span<const Member> members) {
    for (const Member& member : members) {
        folded_[member.profile->name] = {member.state, member.profile};
    }
}

Finding FoldChecker::compare(std::span<const Member> members, std::string_view self) const {
    std::size_t live_seen = 0;
    for (const Member& member : members) {
        if (member.profile->name == self) continue;
        const auto found = folded_.find(member.profile->name);
        const State folded = found == folded_.end() ? State::Dead : found->second.state;
        const bool live = is_live(member.state);
        if (live) ++live_seen;
        if (live != is_live(folded) || (live && member.state != folded)) {
            return "members() has " + describe(member) + ", the events made it " +
                   std::string(name_of(folded));
        }
        if (live && found->second.profile != member.profile &&
            found->second.profile->metadata != member.profile->metadata) {
            return "members() has other metadata than the events: " + describe(member);
        }
    }
    std::size_t live_folded = 0;
    for (const auto& [name, folded] : folded_) {
        if (name != self && is_live(folded.state)) ++live_folded;
    }
    if (live_folded != live_seen) return "the events name a live member that members() lacks";
    return std::nullopt;
}

Finding check_self(std::span<const Member> members, std::string_view self, bool leaving) {
    const Member* found = find_member(members, self);
    if (found == nullptr) return "the node does not list itself";
    if (!leaving && found->state != State::Alive) {
        return "the node lists itself as " + std::string(name_of(found->state));
    }
    return std::nullopt;
}

Finding check_order(std::span<const Member> members, std::size_t members_max) {
    if (members.size() > members_max) {
        return "more members than there are names: " + std::to_string(members.size());
    }
    const auto wrong = std::adjacent_find(
        members.begin(), members.end(),
        [](const Member& a, const Member& b) { return a.profile->name >= b.profile->name; });
    if (wrong != members.end()) return "members() is not sorted at " + wrong->profile->name;
    return std::nullopt;
}

int retransmissions_max(int mult, std::size_t members) {
    int digits = 0;
    for (std::size_t power = 1; power < members + 1; power *= 10) ++digits;
    return mult * digits;
}

Finding PacketChecker::observe(ByteView packet, std::string_view to_name, std::size_t members,
                               const wire::Envelope& envelope) {
    members_most_ = std::max(members_most_, members);
    if (packet.size() > config_.packet_bytes_max) {
        return "a packet of " + std::to_string(packet.size()) + " bytes";
    }
    const wire::PacketContents contents = wire::decode_packet(packet, envelope);
    if (!contents.refusals.empty()) {
        return "sent a packet it would refuse: " + contents.refusals.front().detail;
    }
    if (contents.messages.empty()) return "sent a packet that says nothing";
    // Several names may live at one address; the one that is pinged is meant.
    std::string_view listener = to_name;
    for (const wire::Message& message : contents.messages) {
        if (const auto* ping = std::get_if<wire::Ping>(&message)) listener = ping->node;
    }
    const int limit =
        retransmissions_max(swim::retransmit_mult_among(members_most_, config_), members_most_);
    for (const wire::Message& message : contents.messages) {
        const News news = news_of(message, listener);
        if (news.text.empty()) continue;
        // A goodbye may be told to each member directly, beside the gossip.
        const auto* dead = std::get_if<wire::Dead>(&message);
        const bool goodbye = dead != nullptr && dead->node == sender_ && dead->from == sender_;
        const int bound = goodbye ? limit + static_cast<int>(members_most_) : limit;
        if (++told_[news.about][news.text] > bound) {
            return "told more than " + std::to_string(bound) + " times: " + news.about + " " +
                   news.text;
        }
    }
    return std::nullopt;
}

void PacketChecker::forget_absent(std::span<const Member> members) {
    std::erase_if(told_,
                  [&](const auto& told) { return find_member(members, told.first) == nullptr; });
}

Finding StreamChecker::opened(Instant now, swim::StreamId stream) {
    if (!opened_at_.emplace(stream, now).second) return "a stream was named twice";
    if (opened_at_.size() > streams_max_) {
        return "more streams at once than allowed: " + std::to_string(opened_at_.size());
    }
    return std::nullopt;
}

Finding StreamChecker::closed(swim::StreamId stream) {
    if (opened_at_.erase(stream) == 0) return "closed a stream that was not open";
    return std::nullopt;
}

Finding StreamChecker::check(Instant now) const {
    for (const auto& [stream, opened_at] : opened_at_) {
        if (now - opened_at > life_max_) {
            return "stream " + std::to_string(static_cast<std::uint32_t>(stream)) +
                   " outlived its operation's time limit";
        }
    }
    return std::nullopt;
}

void StreamChecker::excuse(Duration stall) {
    for (auto& [stream, opened_at] : opened_at_) opened_at += stall;
}

Finding ProgressChecker::woken(Instant now) {
    if (now < last_) return "woken in the past";
    times_ = now == last_ ? times_ + 1 : 1;
    last_ = now;
    if (times_ > wakes_per_instant_max) return "wants to be woken for ever at one instant";
    return std::nullopt;
}

}  // namespace scrimp::sim
