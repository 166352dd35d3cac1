#include "sim/trader.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/assert.h"
#include "service/exchange_message.h"

namespace scrimp::sim {
namespace {

service::Role role_of(const HostSpec& spec) {
    return spec.balancer ? service::Role::LoadBalancer : service::Role::Backend;
}

service::ExchangeConfig exchange_config(const HostSpec& self) {
    service::ExchangeConfig config;
    config.self = self.name;
    config.role = role_of(self);
    return config;
}

Letter::Kind kind_of(const service::ExchangeMessage& message) {
    return std::visit(Overloaded{
                          [](const service::Question&) { return Letter::Kind::Question; },
                          [](const service::Call&) { return Letter::Kind::Call; },
                          [](const service::Answer&) { return Letter::Kind::Answer; },
                      },
                      message);
}

}  // namespace

std::vector<service::Application> make_applications(std::string_view owner, std::size_t count,
                                                    int edition) {
    const std::string line = std::string(owner) + "-e" + std::to_string(edition);
    std::vector<service::Application> made;
    for (std::size_t i = 0; i < count; ++i) {
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), "app-%03zu", i);
        const std::string own = number.data();
        made.push_back(
            {.name = service::Name::parse(line + "-" + own).value(),
             .listen_port = 443,
             .application_port = static_cast<std::uint16_t>(8000 + i),
             .domains = {service::Domain::parse(own + "." + line + ".example").value()}});
    }
    return made;
}

void set_applications(HostSpec& spec, std::vector<service::Application> applications) {
    const auto encoded = service::encode_metadata(role_of(spec), applications);
    SCRIMP_ASSERT(encoded.has_value());
    spec.metadata = encoded->bytes;
    spec.list_text = encoded->rest ? service::render_list(applications) : std::string();
    spec.applications = std::move(applications);
}

Trader::Trader(Instant now, const HostSpec& self,
               const std::vector<service::Remembered>& remembered, Surroundings& world)
    : self_(self),
      world_(world),
      exchange_(now, exchange_config(self), world.random.next()),
      checker_(exchange_config(self)) {
    if (self.balancer) registry_.emplace().restore(now, remembered);
    exchange_.restore(now, remembered);
    handle_own_list(now);
}

void Trader::handle_own_list(Instant now) {
    exchange_.set_own_list(now, self_.list_text);
}

void Trader::handle_event(Instant now, const swim::MemberEvent& event) {
    exchange_.handle_event(now, event);
    checker_.handle_event(event);
    if (registry_) registry_->handle_event(now, event);
}

void Trader::handle_message(Instant now, ByteView payload) {
    exchange_.handle_message(now, payload);
}

void Trader::handle_deadline(Instant now) {
    if (exchange_.next_deadline() <= now) exchange_.handle_deadline(now);
    if (registry_ && registry_->next_deadline() <= now) registry_->handle_deadline(now);
}

bool Trader::serve(Instant now, swim::Node& node) {
    bool asked = false;
    while (const auto action = exchange_.poll_action()) {
        carry(now, node, *action);
        asked = true;
    }
    while (registry_ && registry_->poll_action()) {
    }
    return asked;
}

Instant Trader::next_deadline() const {
    const Instant exchange = exchange_.next_deadline();
    return registry_ ? std::min(exchange, registry_->next_deadline()) : exchange;
}

void Trader::carry(Instant now, swim::Node& node, const service::ExchangeAction& action) {
    std::visit(Overloaded{
                   [&](const service::BroadcastMessage& message) {
                       send(now, node, {}, message.payload, node.broadcast(now, message.payload));
                   },
                   [&](const service::SendMessage& message) {
                       send(now, node, message.member, message.payload,
                            node.send_reliable(now, message.member, message.payload));
                   },
                   [&](const service::ListLearned& learned) {
                       world_.trace.add(
                           now, self_.name,
                           "learns the list of " + learned.member + " from " + learned.source);
                       if (!registry_) return;
                       registry_->handle_list(now, learned.member, learned.digest, learned.text,
                                              learned.source);
                   },
                   [&](const service::ListMissing& missing) {
                       world_.trace.add(
                           now, self_.name,
                           "misses the list of " + missing.member + ": " + missing.reason);
                   },
               },
               action);
}

/// A message that the node does not take is as good as lost: the exchange asks again.
void Trader::send(Instant now, const swim::Node& node, const std::string& to, ByteView payload,
                  const Result<void>& sent) {
    world_.trace.add(now, self_.name,
                     (to.empty() ? "tells all" : "tells " + to) +
                         (sent ? std::string() : ", in vain: " + sent.error().message),
                     payload);
    const auto message = service::decode_exchange(payload);
    SCRIMP_ASSERT(message.has_value());
    world_.letters.push_back({now, kind_of(*message), self_.name, to, payload.size()});
    world_.report(now, self_.name, checker_.sent(now, to, *message, node.members()));
}

std::vector<service::Remembered> Trader::memory(const swim::Node& node) const {
    std::vector<service::Remembered> remembered;
    for (const swim::Member& member : node.members()) {
        const swim::Profile& profile = *member.profile;
        if (!is_live(member.state) || profile.name == self_.name) continue;
        remembered.push_back({.member_name = profile.name,
                              .endpoint = profile.endpoint,
                              .metadata = profile.metadata,
                              .list_text = exchange_.list_of(profile.name)});
    }
    return remembered;
}

const service::Registry& Trader::registry() const {
    SCRIMP_ASSERT(registry_.has_value());
    return *registry_;
}

}  // namespace scrimp::sim
