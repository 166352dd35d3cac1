// Our presence in the cluster under one address: the node, the exchange of lists beside it, and who
// is there. A change of address ends one presence and begins another in the same process.
//
//   member events ─► log, circle, exchange ─► those who listen
//   user messages ─► exchange ─► questions and answers ─► node; lists learned ─► those who listen
//                 └► farewells, challenges ─► those who listen
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/circle.h"
#include "app/config.h"
#include "app/own_announcement.h"
#include "runtime/exchange_driver.h"
#include "runtime/gossip_driver.h"
#include "runtime/log.h"
#include "service/challenge.h"
#include "service/exchange.h"
#include "service/farewell_message.h"
#include "service/registry.h"
#include "swim/node.h"

namespace scrimp::app {

/// Those who listen. Nobody of them is told anything after leave() but that we have left.
struct Listeners {
    std::function<void(const swim::MemberEvent&)> member;
    std::function<void(const service::ListLearned&)> learned;
    std::function<void(const service::FarewellMessage&)> farewell;
    std::function<void(const service::ChallengeMessage&)> challenge =
        [](const service::ChallengeMessage&) {};
    std::function<void(const swim::JoinFinished&)> joined;
    std::function<void()> left;
    /// On a balancer only.
    std::function<void(const swim::Doubted&)> doubted = [](const swim::Doubted&) {};
};

class Presence {
  public:
    /// `config`, `gossip`, and `budget` for lines that peers provoke, must outlive us. `known`:
    /// members of the life before this one; `former_incarnation`: of the presence before, 0 if
    /// there is none.
    Presence(boost::asio::io_context& loop, const Config& config, runtime::GossipDriver& gossip,
             const Endpoint& address, const OwnAnnouncement& own,
             std::vector<service::Remembered> known, std::uint32_t former_incarnation,
             runtime::LineBudget& budget, Listeners listeners);

    /// Listens and speaks from now on; listeners may be called before it returns.
    void begin();
    /// We serve something else now.
    void announce(const OwnAnnouncement& own);
    /// We seal and understand otherwise now.
    void set_envelope(const wire::Envelope& envelope);
    /// To one member, or to nobody if it cannot be sent.
    void send(const std::string& member, ByteView payload);
    /// Says goodbye; `left` follows.
    void leave();

    [[nodiscard]] std::uint32_t incarnation() const { return node_.self().incarnation; }
    [[nodiscard]] bool lonely() const { return circle_.lonely(); }
    /// Members neither dead nor left, ourselves included.
    [[nodiscard]] std::size_t alive_count() const { return node_.alive_count(); }
    /// Every known member, ourselves included, sorted by name. Valid until the loop goes on.
    [[nodiscard]] std::span<const swim::Member> members() const { return node_.members(); }
    /// The others that are here, and those of the life before whom nobody has spoken of yet.
    [[nodiscard]] std::vector<service::Remembered> members_to_remember() const;
    /// What was counted, for the last line of the log.
    [[nodiscard]] std::string counters_text() const;

  private:
    [[nodiscard]] runtime::ExchangeWays exchange_ways();
    void hear(const swim::Action& action);
    void handle_message(ByteView payload);
    void handle_member(const swim::MemberEvent& event);
    void handle_joined(const swim::JoinFinished& join);
    [[nodiscard]] service::Remembered remember(const swim::Profile& profile) const;

    const Config& config_;
    runtime::GossipDriver& gossip_;
    runtime::LineBudget& budget_;
    Listeners listeners_;
    Circle circle_;
    swim::Node node_;
    service::Exchange exchange_;
    runtime::ExchangeDriver exchange_driver_;
    /// Of the life before, as long as nobody has spoken of them and the cluster may still do so.
    std::vector<service::Remembered> unheard_;
    runtime::DeadlineTimer grace_;
    bool met_ = false;
    bool leaving_ = false;
};

}  // namespace scrimp::app
