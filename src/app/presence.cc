#include "app/presence.h"

#include <utility>

#include "app/gossip_words.h"
#include "base/machine.h"
#include "base/printable.h"
#include "runtime/clock.h"
#include "runtime/nonces.h"
#include "service/memory.h"

namespace scrimp::app {

namespace {

/// Of a name that no member can have, what a line of the log has room for.
constexpr std::size_t name_chars_max = 80;

service::ExchangeConfig exchange_config(const Config& config) {
    service::ExchangeConfig exchange;
    exchange.self = config.node_name;
    exchange.role = config.load_balancer ? service::Role::LoadBalancer : service::Role::Backend;
    return exchange;
}

swim::Config gossip_config(const Config& config) {
    swim::Config gossip = config.gossip;
    gossip.tells_doubts = config.load_balancer;
    return gossip;
}

}  // namespace

Presence::Presence(boost::asio::io_context& loop, const Config& config,
                   runtime::GossipDriver& gossip, const Endpoint& address,
                   const OwnAnnouncement& own, std::vector<service::Remembered> known,
                   std::uint32_t former_incarnation, runtime::LineBudget& budget,
                   Listeners listeners)
    : config_(config),
      gossip_(gossip),
      budget_(budget),
      listeners_(std::move(listeners)),
      circle_(config.load_balancer),
      node_(runtime::now(), gossip_config(config),
            swim::Identity{.name = config.node_name,
                           .advertised = address,
                           .metadata = own.metadata,
                           .former_incarnation = former_incarnation},
            runtime::kernel_nonces(), runtime::kernel_seed()),
      exchange_(runtime::now(), exchange_config(config), runtime::kernel_seed()),
      exchange_driver_(loop, exchange_, exchange_ways()),
      unheard_(std::move(known)),
      grace_(loop, [this](Instant) { unheard_.clear(); }) {
    exchange_.restore(runtime::now(), unheard_);
    exchange_.set_own_list(runtime::now(), own.list_text);
}

void Presence::begin() {
    gossip_.start(node_, [this](Instant, const swim::Action& action) { hear(action); });
}

void Presence::announce(const OwnAnnouncement& own) {
    if (leaving_) return;
    // First the list: whoever hears of the new digest asks at once.
    exchange_driver_.set_own_list(own.list_text);
    if (const Result<void> taken = gossip_.set_metadata(own.metadata); !taken) {
        runtime::log_warning("what we serve could not be announced: " + taken.error().message);
    }
}

void Presence::set_envelope(const wire::Envelope& envelope) {
    if (envelope != node_.envelope()) gossip_.set_envelope(envelope);
}

void Presence::send(const std::string& member, ByteView payload) {
    if (!leaving_) (void)gossip_.send_reliable(member, payload);
}

void Presence::leave() {
    leaving_ = true;
    exchange_driver_.stop();
    gossip_.leave();
}

runtime::ExchangeWays Presence::exchange_ways() {
    return {.broadcast = [this](ByteView payload) { (void)gossip_.broadcast(payload); },
            .send = [this](const std::string& member,
                           ByteView payload) { (void)gossip_.send_reliable(member, payload); },
            .learned =
                [this](const service::ListLearned& learned) {
                    if (!leaving_) listeners_.learned(learned);
                },
            .missing =
                [this](const service::ListMissing& missing) {
                    budget_.warning("the applications of " + shown(missing.member) +
                                    " are not known yet: asked " +
                                    std::to_string(missing.attempts) + " times, " + missing.reason);
                }};
}

void Presence::hear(const swim::Action& action) {
    std::visit(
        Overloaded{
            [this](const swim::MemberEvent& event) { handle_member(event); },
            [this](const swim::Doubted& doubt) {
                if (!leaving_) listeners_.doubted(doubt);
            },
            [this](const swim::UserMessage& message) { handle_message(message.payload); },
            [this](const swim::NameConflict& conflict) {
                budget_.warning(conflict_text(conflict, config_.node_name));
            },
            [this](const swim::PeerUnreadable& unreadable) {
                budget_.warning(unreadable_text(unreadable, node_.envelope()));
            },
            [this](const swim::PacketsBlocked& blocked) { budget_.warning(blocked_text(blocked)); },
            [this](const swim::AnnouncementRefused& refused) {
                budget_.warning("refused: " + printable(refused.name, name_chars_max) +
                                ": the node " + refused.reason);
            },
            [this](const swim::JoinFinished& join) { handle_joined(join); },
            [this](const swim::LeaveFinished&) { listeners_.left(); },
            [](const auto&) {}},  // The driver's own.
        action);
}

void Presence::handle_message(ByteView payload) {
    if (leaving_) return;
    if (const auto farewell = service::decode_farewell(payload)) {
        return listeners_.farewell(*farewell);
    }
    if (const auto challenge = service::decode_challenge(payload)) {
        return listeners_.challenge(*challenge);
    }
    exchange_driver_.handle_message(payload);
}

void Presence::handle_member(const swim::MemberEvent& event) {
    const swim::Profile& profile = *event.member.profile;
    if (profile.name == config_.node_name) return;
    const service::Role role = service::role_of(profile.metadata);
    budget_.info("member " + std::string(swim::name_of(event.change)) + ": " +
                 member_text(profile) + " (" + std::string(service::name_of(role)) + ")");
    if (leaving_) return;
    if (!std::exchange(met_, true)) grace_.arm(runtime::now() + service::confirmation_grace);
    std::erase_if(unheard_, [&](const auto& known) { return known.member_name == profile.name; });
    circle_.handle_event(event.change, profile.name, role);
    // Before the exchange, which may know the member's list already.
    listeners_.member(event);
    exchange_driver_.handle_event(event);
}

void Presence::handle_joined(const swim::JoinFinished& join) {
    if (join.reached > 0) {
        const std::string line = "joined through " + std::to_string(join.reached) + " of " +
                                 std::to_string(join.attempted) + " seeds";
        // While we stay lonely the keeper joins again and again, and Waiting says so.
        circle_.lonely() ? runtime::log_debug(line) : runtime::log_info(line);
    }
    if (!leaving_) listeners_.joined(join);
}

std::vector<service::Remembered> Presence::members_to_remember() const {
    std::vector<service::Remembered> others = unheard_;
    for (const swim::Member& member : node_.members()) {
        const swim::Profile& profile = *member.profile;
        if (swim::is_gone(member.state) || profile.name == config_.node_name) continue;
        others.push_back(remember(profile));
    }
    return others;
}

service::Remembered Presence::remember(const swim::Profile& profile) const {
    service::Remembered member{profile.name, profile.endpoint, profile.metadata, {}};
    member.list_text = exchange_.list_of(profile.name);
    return member;
}

std::string Presence::counters_text() const {
    const swim::Stats& stats = node_.stats();
    const service::ExchangeStats& exchange = exchange_.stats();
    std::string line = "packets received " + std::to_string(stats.packets_received) + ", sent " +
                       std::to_string(stats.packets_sent) + ", bytes received " +
                       std::to_string(stats.bytes_received) + ", sent " +
                       std::to_string(stats.bytes_sent) + ", questions received " +
                       std::to_string(exchange.questions_received) + ", sent " +
                       std::to_string(exchange.questions_sent) + ", broadcasts sent " +
                       std::to_string(exchange.broadcasts_sent) + ", answers sent " +
                       std::to_string(exchange.answers_sent) + ", lists learned " +
                       std::to_string(exchange.lists_learned) + ", messages ignored " +
                       std::to_string(exchange.ignored) + ", refused";
    std::uint64_t refused = 0;
    for (std::size_t i = 0; i < stats.refused.size(); ++i) {
        if (stats.refused[i] == 0) continue;
        refused += stats.refused[i];
        line += " " + std::string(wire::name_of(static_cast<wire::Reason>(i))) + " " +
                std::to_string(stats.refused[i]);
    }
    return refused == 0 ? line + " 0" : line;
}

}  // namespace scrimp::app
