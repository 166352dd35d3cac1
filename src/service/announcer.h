// One member as it announces itself: its metadata, and the list that they may stand for.
//
// A list that metadata does not hold whole comes later, or never. Until then the member's last word
// that is known whole stays in force (the Registry's essay says why).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "service/metadata.h"

namespace scrimp::service {

/// A list as it was read; shared by all who announce it.
struct ReadList {
    Announcement announcement;
    std::string fault;      ///< Why nothing could be made of it; empty if something could.
    std::size_t bytes = 0;  ///< Of its text.
};
using ListPointer = std::shared_ptr<const ReadList>;

struct Announcer {
    std::string shown_name;
    Endpoint endpoint;
    Bytes metadata;
    Announcement told;       ///< What the metadata says.
    std::string fault;       ///< Why the metadata as a whole says nothing; empty if it does.
    bool confirmed = false;  ///< The cluster spoke of it in this life of ours.
    Instant since{};         ///< Of this presence of its.

    /// The last list known whole, while metadata does not hold the one announced: that one if
    /// `complete`, else what the member announced before. Null: none yet.
    ListPointer list;
    std::string list_source;
    Instant list_until{};    ///< While `list` is not what the cluster says: since when.
    std::string list_fault;  ///< Why the announced list, which is known, cannot be used.
    bool complete = true;    ///< Nothing more is to be had: `told` is all, or its list is known.

    [[nodiscard]] const Announcement& in_force() const { return list ? list->announcement : told; }
    /// Whether a list is in force that the cluster does not say is announced now.
    [[nodiscard]] bool lives_on_the_past() const { return list && !(complete && confirmed); }
    [[nodiscard]] std::string source() const {
        if (list) return list_source;
        return std::string(confirmed ? source_metadata : source_memory);
    }
    /// Whether a table or its refusals would be the same without it.
    [[nodiscard]] bool says_nothing() const;
    /// Where its applications are, each place once, sorted.
    [[nodiscard]] std::vector<Endpoint> endpoints() const;
    /// The newcomer under the name of `before` tells only a part of its list: what that served
    /// stays in force.
    void inherit(Instant now, Announcer& before);
};

[[nodiscard]] Announcer read_announcer(const std::string& name, const Endpoint& endpoint,
                                       ByteView metadata, bool confirmed);

/// What is wrong with the metadata, given the list that it announces; empty if nothing is.
[[nodiscard]] std::string count_fault(const ListSummary& announced, const Announcement& list);

/// Lists in force that are not announced now, by the bytes of their texts: as much as an Exchange
/// keeps of those that are (kept_bytes_max), so all backends may change their lists at once.
inline constexpr std::size_t past_lists_bytes_max = std::size_t{32} << 20;

/// The oldest of the lists that are in force and not announced give way to what metadata shows if
/// they are too large together.
void bound_past_lists(std::map<std::string, Announcer>& announcers);

}  // namespace scrimp::service
