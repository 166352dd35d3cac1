#include "sim/exchange_checker.h"

#include <algorithm>

#include "base/machine.h"

namespace scrimp::sim {
namespace {

std::string seconds_text(Duration span) {
    return std::to_string(std::chrono::duration<double>(span).count()) + " s";
}

}  // namespace

std::uint64_t questions_max(const service::ExchangeConfig& config, Duration span) {
    std::uint64_t count = 1;
    for (Duration wait = config.retry_min; wait / 2 <= span; ++count) {
        span -= wait / 2;
        if (count % 2 == 0) wait = std::min(2 * wait, config.retry_max);
    }
    return count;
}

Finding ExchangeChecker::sent(Instant now, const std::string& to,
                              const service::ExchangeMessage& message,
                              std::span<const swim::Member> members) {
    if (!to.empty()) {
        const swim::Member* const member = find_member(members, to);
        if (member == nullptr || !is_live(member->state))
            return "writes to " + to + ", who is gone";
    }
    return std::visit(
        Overloaded{
            [&](const service::Call&) -> Finding {
                const Instant before = std::exchange(called_at_, now);
                if (before == Instant::min() || now - before >= config_.broadcast_pause) return {};
                return "calls again after " + seconds_text(now - before);
            },
            [&](const service::Question& question) -> Finding {
                Asked& asked = asked_.try_emplace(question.digest, Asked{now}).first->second;
                const std::uint64_t most = questions_max(config_, now - asked.first);
                if (++asked.times <= most) return {};
                return "asks " + std::to_string(asked.times) + " times within " +
                       seconds_text(now - asked.first) + " for " + question.digest.text();
            },
            [&](const service::Answer& answer) -> Finding {
                const auto [told, first] = answered_at_.try_emplace({to, answer.digest}, now);
                const Instant before = std::exchange(told->second, now);
                if (first || now - before >= config_.answer_pause) return {};
                return "tells " + to + " the same list after " + seconds_text(now - before);
            },
        },
        message);
}

void ExchangeChecker::handle_event(const swim::MemberEvent& event) {
    const auto announced = service::decode_metadata(event.member.profile->metadata);
    if (announced && announced->rest) asked_.erase(announced->rest->digest);
}

}  // namespace scrimp::sim
