// When a host hears and wakes: at once, or not while it is paused, frozen, blocked or busy.
#include <algorithm>
#include <utility>

#include "sim/host_life.h"

namespace scrimp::sim {
namespace {

// Nothing takes no time at all on a slow machine.
constexpr Duration handling_min = std::chrono::microseconds{1};

}  // namespace

void Host::pause(Instant now) {
    if (!running() || paused_) return;
    world_->trace.add(now, spec_.name, "is paused");
    paused_ = true;
    deaf_since_ = now;
}

void Host::freeze(Instant now) {
    if (!running() || paused_) return;
    pause(now);
    world_->trace.add(now, spec_.name, "its clock stands still");
    frozen_ = true;
}

void Host::resume(Instant now) {
    if (!running() || !paused_) return;
    world_->trace.add(now, spec_.name, "is resumed");
    paused_ = false;
    if (std::exchange(frozen_, false)) behind_ += now - deaf_since_;
    life_->streams.excuse(now - deaf_since_);
    // An event loop that wakes from a stop may look at its timers or at its sockets first.
    if (world_->random.chance(0.5)) wake(now);
    hear_held(now);
}

void Host::block(Instant now) {
    if (!running() || blocked_) return;
    world_->trace.add(now, spec_.name, "is blocked");
    blocked_ = true;
    deaf_since_ = now;
}

void Host::unblock(Instant now) {
    if (!running() || !blocked_) return;
    world_->trace.add(now, spec_.name, "is unblocked");
    blocked_ = false;
    life_->streams.excuse(now - deaf_since_);
    while (auto call = gate_.take_stuck()) carry(now, *call);
    hear_held(now);
}

void Host::set_handling_time(Instant now, Duration most) {
    world_->trace.add(now, spec_.name, most > Duration::zero() ? "is slow" : "is quick");
    handling_max_ = most;
}

/// Until the process is busy again, or has heard all.
void Host::hear_held(Instant now) {
    while (running() && now >= busy_until_) {
        auto delivery = gate_.take_held();
        if (!delivery) return;
        hear(now, *delivery);
    }
}

void Host::hear(Instant now, Delivery& delivery) {
    handle(now, delivery);
    settle(now);
    work(now);
}

/// What was just done takes a slow process some time, in which it neither hears nor wakes.
void Host::work(Instant now) {
    if (handling_max_ == Duration::zero()) return;
    const Duration span = handling_min + world_->random.below(handling_max_);
    busy_until_ = now + span;
    life_->streams.excuse(span);
}

void Host::deliver(Instant now, Delivery delivery) {
    if (!running()) return;
    if (paused_ || blocked_ || now < busy_until_) return gate_.hold(std::move(delivery));
    if (world_->random.chance(world_->options.spurious_deadlines)) wake(now);
    hear(now, delivery);
}

void Host::wake(Instant now) {
    Life& life = *life_;
    if (machines_deadline() <= now) report(now, life.progress.woken(now));
    life.node.handle_deadline(local(now));
    if (life.way_in) life.way_in->handle_deadline(local(now));
    if (life.trader) life.trader->handle_deadline(local(now));
    settle(now);
    if (handling_max_ == Duration::zero()) {
        if (!blocked_ && !paused_) hear_held(now);
        return;
    }
    // One turn of a busy event loop: its timers, then the first of what waits.
    work(now);
    if (blocked_ || paused_) return;
    if (auto delivery = gate_.take_held()) hear(now, *delivery);
}

Instant Host::next_deadline() const {
    if (!running() || paused_) return never;
    Instant next = machines_deadline();
    if (!blocked_ && gate_.holds()) next = std::min(next, busy_until_);
    return std::max(next, busy_until_);
}

Instant Host::machines_deadline() const {
    Instant next = life_->node.next_deadline();
    if (life_->way_in) next = std::min(next, life_->way_in->next_deadline());
    if (life_->trader) next = std::min(next, life_->trader->next_deadline());
    return next == never ? never : next + behind_;
}

}  // namespace scrimp::sim
