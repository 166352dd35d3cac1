#include "service/conditions.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/printable.h"

namespace scrimp::service {
namespace {

constexpr std::size_t shown_word_chars_max = 32;

bool is_announced(Availability state) {
    return state != Availability::Healthy && state != Availability::Unavailable;
}

std::string_view usual_reason(Availability state) {
    switch (state) {
        case Availability::Initial:
            return reason::initial;
        case Availability::Draining:
            return reason::draining;
        case Availability::Maintenance:
            return reason::maintenance;
        default:
            return reason::failed_checks;
    }
}

}  // namespace

const Condition& condition_of(const Conditions& conditions, const Name& application) {
    static const Condition healthy{};
    if (conditions.empty()) return healthy;
    const auto found =
        std::ranges::lower_bound(conditions, application, {}, &NamedCondition::application);
    const bool named = found != conditions.end() && found->application == application;
    return named ? found->condition : healthy;
}

Conditions sorted_conditions(Conditions conditions) {
    std::erase_if(conditions, [](const NamedCondition& each) {
        return each.condition.state == Availability::Healthy;
    });
    std::ranges::sort(conditions, [](const NamedCondition& a, const NamedCondition& b) {
        if (a.application != b.application) return a.application < b.application;
        return a.condition > b.condition;
    });
    const auto [first, last] = std::ranges::unique(conditions, {}, &NamedCondition::application);
    conditions.erase(first, last);
    return conditions;
}

std::string render_condition(const Condition& condition) {
    if (condition.state == Availability::Healthy) return {};
    std::string text = ",\"state\":\"" + std::string(name_of(condition.state)) + "\"";
    if (!condition.reason.empty()) text += ",\"reason\":" + Json(condition.reason).dump();
    return text;
}

Result<std::optional<Condition>> parse_condition(const Json& application) {
    const Json* state = find_member(application, "state");
    if (state == nullptr) return std::nullopt;
    const Result<std::string> word = read_text(*state);
    if (!word) return fail("state: " + word.error().message);
    const std::optional<Availability> known = parse_availability(*word);
    if (!known || !is_announced(*known)) {
        return fail("state: '" + printable(*word, shown_word_chars_max) +
                    "' is none of initial, unhealthy, draining and maintenance");
    }
    Condition condition{*known, std::string(usual_reason(*known))};
    if (const Json* given = find_member(application, "reason")) {
        const Result<std::string> text = read_text(*given);
        if (!text) return fail("reason: " + text.error().message);
        if (!text->empty()) condition.reason = printable(*text, reason_bytes_max);
    }
    return condition;
}

}  // namespace scrimp::service
