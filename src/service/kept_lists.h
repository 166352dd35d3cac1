// The texts that an Exchange holds, by their digests: those that members announce, and for a while
// those that nobody announces any more, which are the first to go when there is no room.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/time.h"
#include "service/application_list.h"

namespace scrimp::service {

struct KeptList {
    std::shared_ptr<const std::string> text;
    std::string source;
    std::size_t users = 0;    ///< Members that announce it.
    Instant drop_at = never;  ///< Set while there is none.
};

class KeptLists {
  public:
    KeptLists(std::size_t bytes_max, Duration unused_keep)
        : bytes_max_(bytes_max), unused_keep_(unused_keep) {}

    /// Null if it is not kept. Valid until the next call that changes anything.
    [[nodiscard]] const KeptList* find(const ListDigest& digest) const;
    /// Keeps a text that is not kept yet, without users. False if there is no room beside those
    /// that are used, and then none is dropped.
    [[nodiscard]] bool add(Instant now, const ListDigest& digest,
                           std::shared_ptr<const std::string> text, const std::string& source);
    /// One member more announces a text that is kept, or one less; release() of another does
    /// nothing.
    void use(const ListDigest& digest);
    void release(Instant now, const ListDigest& digest);
    /// Drops what nobody has announced for long.
    void handle_deadline(Instant now);
    [[nodiscard]] Instant next_deadline() const;

  private:
    void drop_oldest_unused();

    std::size_t bytes_max_;
    Duration unused_keep_;
    std::size_t bytes_ = 0;
    std::size_t used_bytes_ = 0;  ///< Of those that have users.
    std::map<ListDigest, KeptList> lists_;
    std::set<std::pair<Instant, ListDigest>> unused_;
};

}  // namespace scrimp::service
