// When a rollout may begin: together with its neighbours, and not too often.
//
// The first change after quiet goes at once; changes that follow wait until none came for a while,
// so a burst is one or two reloads. Where a rollout takes long (a large table, a slow machine) so
// is the waiting: quiet for a quarter of what the last one took, at most once as long as it took,
// both bounded. So a stream of changes has the proxy reload at most half of the time.
//
// A change that takes an upstream out is more urgent than one that adds, so it waits less. But even
// the first one waits a moment: hosts die together (a rack, a switch), the proxy passes the dead
// by on its own meanwhile, and one reload in place of two is a generation of workers less.
//
// Over all that a token bucket: so many reloads at once, one more each interval. Removals may take
// as many again on credit; then they wait for tokens too.
#pragma once

#include "base/time.h"

namespace scrimp::proxy {

struct PaceConfig {
    Duration settle_quiet = std::chrono::milliseconds{250};
    Duration settle_max = std::chrono::milliseconds{600};
    Duration removal_quiet = std::chrono::milliseconds{150};
    Duration removal_max = std::chrono::milliseconds{450};
    /// A day of churn is one reload a second then; ten newcomers one after the other do not notice.
    unsigned reload_burst = 10;
    Duration reload_interval = std::chrono::seconds{1};
};

class Pace {
  public:
    explicit Pace(const PaceConfig& config) : config_(config) {}

    /// A change came; `removes`: what waits now takes an upstream out.
    void handle_change(Instant now, bool removes);
    void handle_begun() { waiting_ = false; }
    /// `removes`: what waits, or will be tried again, takes an upstream out.
    void handle_ended(Instant now, Duration took, bool removes);
    /// What had begun waits again.
    void handle_put_off(Instant now);
    void handle_reload(Instant now);

    [[nodiscard]] bool is_waiting() const { return waiting_; }
    [[nodiscard]] bool removes() const { return removes_; }
    /// While waiting.
    [[nodiscard]] Instant due() const;
    /// Whether it is the bucket that lets us wait.
    [[nodiscard]] bool is_limited() const;

  private:
    [[nodiscard]] Duration quiet() const;
    void settle();
    [[nodiscard]] Instant next_token() const;

    PaceConfig config_;
    bool waiting_ = false;
    bool removes_ = false;
    bool changed_ = false;     ///< Ever.
    Instant changed_at_{};     ///< The last time.
    Instant waiting_since_{};  ///< Not while something else was under way.
    Instant settled_{};        ///< When what waits is due, but for the bucket.
    Instant full_at_{};        ///< When the bucket is full again.
    Duration last_took_{};
};

}  // namespace scrimp::proxy
