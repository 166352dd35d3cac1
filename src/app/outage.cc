#include "app/outage.h"

#include <algorithm>

#include "base/words.h"

namespace scrimp::app {

std::optional<std::string> Outage::handle_failed(Instant now, const std::string& reason) {
    reason_ = reason;
    if (failures_++ == 0) {
        began_ = now;
        told_every_ = told_every_min;
        tell_at_ = now + told_every_;
        return what_ + " failed: " + reason;
    }
    if (now < tell_at_) return std::nullopt;
    told_every_ = std::min(told_every_ * 2, told_every_max);
    tell_at_ = now + told_every_;
    return text(now) + " (" + counted(failures_, "time") + ")";
}

std::optional<std::string> Outage::handle_worked(Instant now) {
    if (failures_ == 0) return std::nullopt;
    std::string line = what_ + " works again after " + counted(failures_, "failure") + " in " +
                       rough_text(now - began_);
    failures_ = 0;
    return line;
}

std::string Outage::text(Instant now) const {
    return what_ + " fails since " + rough_text(now - began_) + ": " + reason_;
}

}  // namespace scrimp::app
