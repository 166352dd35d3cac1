// The same packets and streams to a Go memberlist 0.2.2 node and to ours: members, answers, events
// and gossip must agree. Reads what differential/main.go prints, plays each step to a swim::Node
// and compares; prints a summary, or the first difference and the command that replays it.
//
// What is known to differ is normalised here or kept out by the generator, each for a reason:
//   - suspicions and recoveries are events of ours alone: memberlist has none;
//   - a conflict is reported once a second by ours, at every claim by Go: compared as sets;
//   - the number of a relayed ping is each node's own: its place among the relayed is compared; and
//     ours names no source, which is the packet's;
//   - the words of an error answer differ: that there is one is compared;
//   - Go answers the pings of a packet before it handles its news, so other gossip rides on those
//     answers: compared is the last word of each about every member, and how often it was told,
//     once both have been asked until no gossip waits any more;
//   - a message damaged in one bit is not always taken alike: Go takes what no member can be (no
//     name, no port, versions of nobody); they are counted, and the episode ends;
//   - Go's queue loses one of two news of the same length now and then: queueBroadcast (queue.go)
//     takes its number before it may begin to count anew, and equal numbers replace each other;
//   - where Go crashes, ours must only live on (and the episode ends).
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/machine.h"
#include "deeds.h"
#include "swim/node.h"

namespace {

using namespace scrimp;
using namespace scrimp::differential;
using nlohmann::json;

/// As differential/generate.go has them.
const char* const self_name = "self";
const char* const self_endpoint = "10.9.9.9:7946";

Bytes bytes_of(const json& hex) {
    return *parse_hex(hex.get<std::string>());
}

/// Of null as of an empty list.
const json& each_of(const json& step, const char* key) {
    static const json none = json::array();
    return step.at(key).is_null() ? none : step.at(key);
}

Deeds deeds_of_go(const json& step, const wire::Envelope& envelope) {
    Deeds deeds;
    for (const json& packet : each_of(step, "sent")) {
        (void)note_packet(deeds, packet.at("to"), bytes_of(packet.at("bytes")), envelope);
    }
    for (const json& event : each_of(step, "events")) {
        const std::string text =
            event.at(0).get<std::string>() + " " + event.at(1).get<std::string>();
        if (event.at(0) != "conflict" || !deeds.events.contains(text)) deeds.events.insert(text);
    }
    for (const json& message : each_of(step, "users")) {
        deeds.user_messages.insert(message.get<std::string>());
    }
    deeds.answer = answer_words(bytes_of(step.at("answer")), envelope);
    const auto state = read_answer(bytes_of(step.at("state")), envelope);
    if (const auto* everybody = state ? std::get_if<wire::PushPull>(&*state) : nullptr) {
        deeds.members = members_of(*everybody);
    }
    return deeds;
}

swim::Config config_of(const json& settings) {
    // memberlist's DefaultLANConfig, and none of our own rules of detection.
    swim::Config config;
    config.stranger_interval = Duration::zero();
    for (const json& key : settings.at("keys")) {
        if (!config.envelope.keys.add(bytes_of(key))) std::abort();
    }
    config.envelope.verify_incoming = settings.at("incoming");
    config.envelope.verify_outgoing = settings.at("outgoing");
    config.envelope.compress = settings.at("compression");
    return config;
}

/// Our node. Its deadlines never come, as Go's timers do not.
class Ours {
  public:
    explicit Ours(const json& settings)
        : config_(config_of(settings)),
          node_(
              now_, config_,
              swim::Identity{self_name, *parse_endpoint(self_endpoint), to_bytes("self")},
              [this](std::span<std::byte> nonce) {
                  ++nonces_;
                  for (std::size_t i = 0; i < nonce.size(); ++i) {
                      nonce[i] = static_cast<std::byte>(nonces_ >> (8 * (i % 8)));
                  }
              },
              1) {}

    [[nodiscard]] const wire::Envelope& envelope() const { return config_.envelope; }

    Deeds play(const json& step) {
        // Time enough for every report that is made at most once a second.
        now_ += std::chrono::seconds{2};
        Deeds deeds;
        const std::string what = step.at("do");
        if (what == "packet") {
            hear(deeds, *parse_endpoint(step.at("from").get<std::string>()),
                 bytes_of(step.at("bytes")));
        } else if (what == "ack") {
            ask(deeds, wire::Ack{relays_.at(step.at("relay").get<std::size_t>()), {}});
        } else if (what == "stream") {
            hear_stream(deeds, step);
        } else if (what == "drain") {
            for (std::size_t before = 0; before != deeds.news.size() || before == 0;) {
                before = deeds.news.size();
                ask(deeds, wire::Ping{drain_question, "", {}});
                if (deeds.news.size() == before) break;
            }
        }
        for (const swim::Member& member : node_.members()) {
            deeds.members[member.profile->name] = words(state_of(member));
        }
        return deeds;
    }

  private:
    static wire::NodeState state_of(const swim::Member& member) {
        const swim::Profile& profile = *member.profile;
        Bytes versions;
        for (const std::uint8_t version : profile.versions) append_u8(versions, version);
        return {
            profile.name,     profile.endpoint.ip_bytes(), profile.endpoint.port,
            profile.metadata, member.incarnation,          static_cast<std::uint8_t>(member.state),
            versions};
    }

    void hear(Deeds& deeds, const Endpoint& from, ByteView packet) {
        node_.handle_packet(now_, from, packet);
        take(deeds);
    }

    void ask(Deeds& deeds, const wire::Message& message) {
        const std::vector<Bytes> parts{wire::encode_message(message)};
        wire::Envelope sealing = envelope();
        sealing.verify_outgoing = true;
        const auto zeros = [](std::span<std::byte> nonce) {
            std::fill(nonce.begin(), nonce.end(), std::byte{});
        };
        hear(deeds, *parse_endpoint("10.0.99.99:7946"),
             wire::encode_packet(parts, sealing, false, zeros));
    }

    void hear_stream(Deeds& deeds, const json& step) {
        const auto stream = node_.handle_stream_accepted(now_, *parse_endpoint("10.0.99.99:40000"));
        written_.clear();
        const Bytes bytes = bytes_of(step.value("bytes", json("")));
        if (!bytes.empty()) node_.handle_stream_bytes(now_, stream, bytes);
        node_.handle_stream_closed(now_, stream, swim::StreamEnd::Closed);
        take(deeds);
        deeds.answer = answer_words(step.value("cut", false) ? ByteView{} : written_, envelope());
    }

    void take(Deeds& deeds) {
        while (const auto action = node_.poll_action()) {
            std::visit(Overloaded{
                           [&](const swim::SendPacket& packet) {
                               const auto relayed =
                                   note_packet(deeds, packet.to.text(), packet.payload, envelope());
                               if (relayed) relays_.push_back(relayed->seq_no);
                           },
                           [&](const swim::WriteStream& write) { append(written_, write.bytes); },
                           [&](const swim::MemberEvent& event) { note_event(deeds, event); },
                           [&](const swim::NameConflict& conflict) {
                               deeds.events.insert("conflict " + conflict.existing.profile->name);
                           },
                           [&](const swim::UserMessage& message) {
                               deeds.user_messages.insert(to_hex(message.payload));
                           },
                           [](const auto&) {},
                       },
                       *action);
        }
    }

    static void note_event(Deeds& deeds, const swim::MemberEvent& event) {
        const std::string& name = event.member.profile->name;
        switch (event.change) {
            case swim::Change::Joined:
                deeds.events.insert("joined " + name);
                break;
            case swim::Change::Updated:
                deeds.events.insert("updated " + name);
                break;
            case swim::Change::Left:
            case swim::Change::Failed:
                deeds.events.insert("gone " + name);
                break;
            case swim::Change::Suspected:
            case swim::Change::Recovered:
                break;
        }
    }

    Instant now_{std::chrono::seconds{1}};
    std::uint64_t nonces_ = 0;
    swim::Config config_;
    swim::Node node_;
    std::vector<std::uint32_t> relays_;  ///< The numbers of the pings it sent for others.
    Bytes written_;
};

/// The last word of one side about each member, and how often it was told.
class Gossip {
  public:
    void hear(const Deeds& deeds) {
        for (const News& news : deeds.news) {
            Word& last = last_[news.subject];
            last.times = last.text == news.text ? last.times + 1 : 1;
            last.text = news.text;
            last.bytes = news.bytes;
        }
    }
    void forget() { last_.clear(); }
    [[nodiscard]] Texts texts() const {
        Texts texts;
        for (const auto& [subject, word] : last_) {
            texts.insert(word.text + ", told " + std::to_string(word.times));
        }
        return texts;
    }
    /// Leaves out what Go's queue has lost, as it may lose one of two news of the same length; how
    /// many there are.
    int leave_out_lost(Gossip& ours) {
        return static_cast<int>(std::erase_if(ours.last_, [&](const auto& entry) {
            const auto& [subject, word] = entry;
            const auto theirs = last_.find(subject);
            const bool is_less = theirs == last_.end() || theirs->second.times < word.times;
            const bool has_twin = std::any_of(last_.begin(), last_.end(), [&](const auto& other) {
                return other.first != subject && other.second.bytes == word.bytes;
            });
            if (is_less && has_twin && theirs != last_.end()) last_.erase(theirs);
            return is_less && has_twin;
        }));
    }

  private:
    struct Word {
        std::string text;
        std::size_t times = 0;
        std::size_t bytes = 0;
    };
    std::map<std::string, Word> last_;
};

/// Differences shown of a run: more of them are seldom news.
constexpr int shown_max = 10;

struct Tally {
    std::map<std::string, int> steps;
    std::map<std::string, int> crashes;
    int episodes = 0;
    int different = 0;
    int damaged = 0;
    int taken_otherwise = 0;
    int lost_by_go = 0;
};

class Comparison {
  public:
    void begin(const json& settings) {
        settings_ = settings;
        ours_ = std::make_unique<Ours>(settings);
        told_by_go_.forget();
        told_by_us_.forget();
        ++tally_.episodes;
    }
    void play(const json& step) {
        if (!ours_) return;  // They differ already.
        const std::string what = step.at("do");
        const Deeds us = ours_->play(step);
        ++tally_.steps[what];
        if (const std::string crash = step.at("crash"); !crash.empty()) {
            ++tally_.crashes[crash];
            return;
        }
        const Deeds go = deeds_of_go(step, ours_->envelope());
        told_by_go_.hear(go);
        told_by_us_.hear(us);
        std::string found = difference(go, us);
        if (what == "drain") {
            tally_.lost_by_go += told_by_go_.leave_out_lost(told_by_us_);
            found += difference("gossip", told_by_go_.texts(), told_by_us_.texts());
            told_by_go_.forget();
            told_by_us_.forget();
        }
        if (step.value("damaged", false)) {
            ++tally_.damaged;
            tally_.taken_otherwise += found.empty() ? 0 : 1;
        } else if (!found.empty()) {
            report(step, found);
        }
    }
    [[nodiscard]] const Tally& tally() const { return tally_; }

  private:
    void report(const json& step, const std::string& found) {
        ours_.reset();
        if (++tally_.different > shown_max) return;
        std::cerr << "episode " << settings_.at("episode") << " differs at: " << step.at("what")
                  << "\n"
                  << found << "settings: " << settings_
                  << "\nbytes: " << step.value("bytes", json(""))
                  << "\nreplay: SCRIMP_DIFFERENTIAL_SEED=" << settings_.at("episode")
                  << " SCRIMP_DIFFERENTIAL_EPISODES=1 ./dev interop\n\n";
    }

    Tally tally_;
    json settings_;
    std::unique_ptr<Ours> ours_;
    Gossip told_by_go_, told_by_us_;
};

}  // namespace

int main() {
    Comparison comparison;
    for (std::string line; std::getline(std::cin, line);) {
        const json step = json::parse(line);
        if (step.at("do") == "begin") {
            comparison.begin(step);
        } else {
            comparison.play(step);
        }
    }
    const Tally& tally = comparison.tally();
    std::cout << tally.episodes << " episodes, " << tally.different << " different:";
    for (const auto& [what, count] : tally.steps) std::cout << " " << count << " " << what;
    std::cout << "; " << tally.taken_otherwise << " of " << tally.damaged
              << " damaged messages taken otherwise; " << tally.lost_by_go
              << " news lost by Go's queue\n";
    for (const auto& [crash, count] : tally.crashes) {
        std::cout << "Go crashed " << count << " times: " << crash << "\n";
    }
    return tally.different == 0 ? 0 : 1;
}
