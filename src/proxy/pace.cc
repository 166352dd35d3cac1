#include "proxy/pace.h"

#include <algorithm>

namespace scrimp::proxy {
namespace {

/// A new backend may wait so long for traffic, where rollouts are slow, but not longer.
constexpr Duration quiet_longest = std::chrono::seconds{1};
constexpr Duration settle_longest = std::chrono::seconds{3};

}  // namespace

Duration Pace::quiet() const {
    return std::max(removes_ ? config_.removal_quiet : config_.settle_quiet,
                    std::min(last_took_ / 4, quiet_longest));
}

void Pace::settle() {
    const Duration longest = std::max(removes_ ? config_.removal_max : config_.settle_max,
                                      std::min(last_took_, settle_longest));
    settled_ = std::min(changed_at_ + quiet(), waiting_since_ + longest);
}

void Pace::handle_change(Instant now, bool removes) {
    removes_ = removes;
    const bool at_once = !removes && (!changed_ || now - changed_at_ >= quiet());
    changed_ = true;
    changed_at_ = now;
    if (!waiting_) waiting_since_ = now;
    waiting_ = true;
    settle();
    if (at_once && waiting_since_ == now) settled_ = now;
}

void Pace::handle_ended(Instant now, Duration took, bool removes) {
    last_took_ = took;
    removes_ = removes;
    if (waiting_) handle_put_off(now);
}

void Pace::handle_put_off(Instant now) {
    waiting_ = true;
    waiting_since_ = now;
    settle();
}

void Pace::handle_reload(Instant now) {
    full_at_ = std::max(full_at_, now) + config_.reload_interval;
}

Instant Pace::next_token() const {
    const unsigned tokens = removes_ ? 2 * config_.reload_burst : config_.reload_burst;
    return full_at_ - (tokens - 1) * config_.reload_interval;
}

Instant Pace::due() const {
    return std::max(settled_, next_token());
}

bool Pace::is_limited() const {
    return waiting_ && next_token() > settled_;
}

}  // namespace scrimp::proxy
