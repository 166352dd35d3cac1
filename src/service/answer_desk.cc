#include "service/answer_desk.h"

#include <algorithm>

namespace scrimp::service {
namespace {

/// What an answer costs at least: a connection is no cheaper because it says little.
constexpr std::size_t answer_bytes_min = 4096;
/// More load balancers than any cluster asks with at once.
constexpr std::size_t planned_max = 64;
/// Several balancers that join at once and ask for several lists. Whom this misses asks again.
constexpr std::size_t held_max = 16;

}  // namespace

bool AnswerDesk::may_answer(Instant now, const std::string& asker, const ListDigest& digest,
                            std::size_t bytes, Duration pause) {
    refill(now);
    forget_old(now);
    const std::size_t cost = std::max(bytes, answer_bytes_min);
    const auto last = sent_.find({asker, digest});
    if (last != sent_.end() && now < last->second + pause) return false;
    if (cost > tokens_) return false;
    tokens_ -= cost;
    sent_.insert_or_assign({asker, digest}, now);
    return true;
}

bool AnswerDesk::plan(Instant now, const std::string& asker) {
    if (planned_.contains(asker)) return true;
    if (planned_.size() == planned_max) return false;
    planned_.emplace(asker, now + random_.below(config_.answer_spread));
    return true;
}

std::vector<std::string> AnswerDesk::take_due(Instant now) {
    std::vector<std::string> due;
    std::erase_if(planned_, [&](const auto& planned) {
        if (now < planned.second) return false;
        due.push_back(planned.first);
        return true;
    });
    return due;
}

Instant AnswerDesk::next_deadline() const {
    Instant first = never;
    for (const auto& [asker, at] : planned_) first = std::min(first, at);
    return first;
}

void AnswerDesk::hold(Instant now, const Question& question) {
    if (held_.size() == held_max) held_.pop_front();
    held_.emplace_back(now, question);
}

std::vector<Question> AnswerDesk::take_held(Instant now, const std::string& asker) {
    std::vector<Question> questions;
    std::erase_if(held_, [&](const auto& held) {
        // Whoever got no answer for so long has asked somebody else.
        if (now >= held.first + config_.answer_wait) return true;
        if (held.second.asker != asker) return false;
        questions.push_back(held.second);
        return true;
    });
    return questions;
}

void AnswerDesk::refill(Instant now) {
    constexpr Duration step = std::chrono::milliseconds{1};
    const auto steps = static_cast<std::size_t>((now - refilled_at_) / step);
    refilled_at_ += step * static_cast<Duration::rep>(steps);
    // After an hour every bucket is full, and the product cannot overflow.
    constexpr std::size_t steps_max = 3'600'000;
    const std::size_t gained = std::min(steps, steps_max) * config_.answer_bytes_per_second / 1000;
    tokens_ = std::min(tokens_ + gained, config_.answer_burst_bytes);
}

/// Nobody asks for a pause longer than that between broadcasts.
void AnswerDesk::forget_old(Instant now) {
    if (now < forget_at_) return;
    forget_at_ = now + config_.broadcast_pause;
    std::erase_if(sent_,
                  [&](const auto& sent) { return now >= sent.second + config_.broadcast_pause; });
}

}  // namespace scrimp::service
