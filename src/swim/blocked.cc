#include "swim/blocked.h"

#include <algorithm>

namespace scrimp::swim {

namespace {

/// Where one packet in three is lost, a probe is answered by the stream alone once in ten times:
/// five of them in a row are no accident.
constexpr int answers_in_a_row = 5;
/// An operator who reads it needs hours to act, and a new one sees it on the first page of the log.
constexpr Duration repeat_after = std::chrono::hours{1};
/// If it is our own packets that are blocked, every member is one of these.
constexpr Duration report_interval = std::chrono::seconds{10};
/// What is forgotten beyond this is noticed anew.
constexpr std::size_t members_max = 256;

}  // namespace

bool Blocked::note_stream_only(const std::string& name, Instant now) {
    if (members_.size() >= members_max && !members_.contains(name)) {
        members_.erase(std::min_element(members_.begin(), members_.end(), [](auto& a, auto& b) {
            return a.second.told_at < b.second.told_at;
        }));
    }
    Row& row = members_[name];
    if (row.answers < answers_in_a_row) ++row.answers;
    const bool told = row.told_at != Instant{} && now - row.told_at < repeat_after;
    if (row.answers < answers_in_a_row || told || now < next_report_) return false;
    row.told_at = now;
    next_report_ = now + report_interval;
    return true;
}

}  // namespace scrimp::swim
