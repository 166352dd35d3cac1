// Anybody's user messages, as a balancer and as a backend hear them: what decodes is written and
// read as the same message, a list is learned only if it is what was asked for, and nothing but a
// known balancer is answered. A list of anybody is read within its bounds. The first byte chooses:
// a payload (even), a list (odd).
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "fuzz.h"
#include "service/exchange.h"
#include "service/exchange_message.h"
#include "service/metadata.h"

namespace {

using namespace scrimp;
using service::Role;

swim::MemberEvent joined(const std::string& name, const Bytes& metadata) {
    auto profile = std::make_shared<swim::Profile>();
    profile->name = name;
    profile->endpoint = *parse_ip("10.0.0.1", 9999);
    profile->metadata = metadata;
    swim::Member member;
    member.profile = std::move(profile);
    return {.change = swim::Change::Joined, .member = member};
}

/// A backend's announcement of a list that does not fit, and that list.
struct Announced {
    Announced() {
        std::vector<service::Application> many;
        for (int i = 0; i < 60; ++i) {
            const std::string name = "a" + std::to_string(i * 7919 % 10'007);
            many.push_back({.name = *service::Name::parse(name),
                            .listen_port = 443,
                            .application_port = static_cast<std::uint16_t>(1024 + i * 37),
                            .protocol = service::Protocol::Http,
                            .domains = {*service::Domain::parse(name + ".example")}});
        }
        text = service::render_list(many);
        metadata = service::encode_metadata(Role::Backend, many)->bytes;
    }
    std::string text;
    Bytes metadata;
};

void exchange(Role role, ByteView payload) {
    static const Announced announced;
    static const Bytes balancer = service::encode_metadata(Role::LoadBalancer, {})->bytes;
    service::ExchangeConfig config;
    config.self = "self";
    config.role = role;
    service::Exchange machine(Instant{}, config, 1);
    machine.set_own_list(Instant{}, role == Role::Backend ? announced.text : "");
    machine.handle_event(Instant{}, joined("lb1", balancer));
    machine.handle_event(Instant{}, joined("b1", announced.metadata));
    machine.handle_deadline(Instant{});
    machine.handle_message(Instant{}, payload);
    machine.handle_deadline(Instant{} + config.answer_spread);
    while (const auto action = machine.poll_action()) {
        if (const auto* learned = std::get_if<service::ListLearned>(&*action)) {
            SCRIMP_ASSERT(*learned->text == announced.text && learned->member == "b1");
        } else if (const auto* sent = std::get_if<service::SendMessage>(&*action)) {
            const auto message = service::decode_exchange(sent->payload);
            SCRIMP_ASSERT(message);
            SCRIMP_ASSERT(!std::holds_alternative<service::Answer>(*message) ||
                          sent->member == "lb1");
        }
    }
}

void read_list(std::string_view text) {
    const auto list = service::parse_list(text);
    if (!list) {
        SCRIMP_ASSERT(
            std::ranges::all_of(list.error().message, [](char c) { return c >= ' ' && c < 0x7f; }));
        return;
    }
    SCRIMP_ASSERT(list->applications.size() <= service::applications_max);
    SCRIMP_ASSERT(list->rejections.size() <= service::rejections_max);
    const auto again =
        service::parse_list(service::render_list(list->applications, list->conditions));
    // Ports grow quotes, so only the bound on size can stand between.
    SCRIMP_ASSERT(!again || again->applications == list->applications);
    SCRIMP_ASSERT(!again || again->conditions.size() == list->conditions.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = fuzz::view(data, size);
    if (input.empty()) return 0;
    const ByteView rest = input.subspan(1);
    if ((data[0] & 1) != 0) {
        read_list(text_of(rest));
        return 0;
    }
    if (const auto message = service::decode_exchange(rest)) {
        SCRIMP_ASSERT(service::decode_exchange(service::encode_exchange(*message)) == message);
    }
    exchange(Role::LoadBalancer, rest);
    exchange(Role::Backend, rest);
    return 0;
}
