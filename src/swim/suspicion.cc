#include "swim/suspicion.h"

#include <algorithm>
#include <cmath>

namespace scrimp::swim {

Duration suspicion_patience(int confirmed, int wanted, Duration min, Duration max) {
    if (wanted < 1) return min;
    using Seconds = std::chrono::duration<double>;
    const double fraction = std::log(confirmed + 1.0) / std::log(wanted + 1.0);
    const Seconds raw = Seconds(max) - fraction * (Seconds(max) - Seconds(min));
    const std::chrono::milliseconds cut(static_cast<std::int64_t>(std::floor(raw.count() * 1000)));
    return std::max<Duration>(min, cut);
}

Suspicion::Suspicion(Instant now, std::optional<std::string> from, int wanted, Duration min,
                     Duration max)
    : started_at_(now), wanted_(wanted), min_(min), max_(max) {
    if (from) accusers_.push_back(std::move(*from));
}

bool Suspicion::awaits(std::string_view from) const {
    return static_cast<int>(accusers_.size()) <= wanted_ &&
           std::find(accusers_.begin(), accusers_.end(), from) == accusers_.end();
}

bool Suspicion::confirm(std::string_view from) {
    if (!awaits(from)) return false;
    accusers_.emplace_back(from);
    return true;
}

void Suspicion::end_by(Instant latest) {
    latest_ = std::min(latest_, latest);
}

void Suspicion::shift(Duration stall) {
    started_at_ += stall;
    if (latest_ != never) latest_ += stall;
}

Instant Suspicion::deadline() const {
    const int confirmed = std::max(0, static_cast<int>(accusers_.size()) - 1);
    return std::min(latest_, started_at_ + suspicion_patience(confirmed, wanted_, min_, max_));
}

}  // namespace scrimp::swim
