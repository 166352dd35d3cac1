// An Exchange with a clock, short words for what the cluster does, and what it asked for as text.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/machine.h"
#include "service/exchange.h"
#include "service/exchange_message.h"
#include "service/list_test.h"

namespace scrimp::service {

using namespace std::chrono_literals;
using swim::Change;
using Texts = std::vector<std::string>;

class Trial {
  public:
    explicit Trial(Role role, ExchangeConfig config = {}, std::uint64_t seed = 7)
        : exchange(now, with(std::move(config), role), seed) {}

    void tell(Change change, const std::string& name, const Bytes& metadata) {
        exchange.handle_event(now, event_of(change, name, "10.0.0.1", metadata));
        settle();
    }
    void join(const std::string& name, const LongList& list) {
        tell(Change::Joined, name, list.metadata);
    }
    void join_balancer(const std::string& name) {
        tell(Change::Joined, name, encode_metadata(Role::LoadBalancer, {})->bytes);
    }
    void hear(const ExchangeMessage& message) { hear(encode_exchange(message)); }
    void hear(const Bytes& payload) {
        exchange.handle_message(now, payload);
        settle();
    }
    void answer(const LongList& list, const std::string& source) {
        hear(Answer{list.digest, source, list.text});
    }
    void run_until(Instant end) {
        while (exchange.next_deadline() <= end) {
            now = std::max(now, exchange.next_deadline());
            exchange.handle_deadline(now);
        }
        now = end;
    }
    void run_for(Duration duration) { run_until(now + duration); }

    /// "ask b1", "call 2", "answer lb1 3000", "learned b1 from lb2", "missing b1 after 4: …".
    Texts actions() {
        Texts texts;
        while (const auto action = exchange.poll_action()) {
            texts.push_back(std::visit([](const auto& each) { return text_of(each); }, *action));
        }
        return texts;
    }

    Instant now{};
    Exchange exchange;

  private:
    static ExchangeConfig with(ExchangeConfig config, Role role) {
        config.self = "self";
        config.role = role;
        return config;
    }
    void settle() {
        while (exchange.next_deadline() <= now) exchange.handle_deadline(now);
    }
    static std::string text_of(const BroadcastMessage& message) {
        const auto call = decode_exchange(message.payload);
        return "call " + std::to_string(std::get<Call>(*call).digests.size());
    }
    static std::string text_of(const SendMessage& message) {
        const auto sent = decode_exchange(message.payload);
        const auto* answer = std::get_if<Answer>(&*sent);
        if (answer == nullptr) return "ask " + message.member;
        return "answer " + message.member + " " + std::to_string(answer->text.size());
    }
    static std::string text_of(const ListLearned& learned) {
        return "learned " + learned.member + " from " + learned.source;
    }
    static std::string text_of(const ListMissing& missing) {
        return "missing " + missing.member + " after " + std::to_string(missing.attempts) + ": " +
               missing.reason;
    }
};

}  // namespace scrimp::service
