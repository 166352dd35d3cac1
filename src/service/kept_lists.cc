#include "service/kept_lists.h"

#include "base/assert.h"

namespace scrimp::service {

const KeptList* KeptLists::find(const ListDigest& digest) const {
    const auto found = lists_.find(digest);
    return found == lists_.end() ? nullptr : &found->second;
}

bool KeptLists::add(Instant now, const ListDigest& digest, std::shared_ptr<const std::string> text,
                    const std::string& source) {
    const std::size_t more = text->size();
    if (used_bytes_ + more > bytes_max_) return false;
    while (bytes_ + more > bytes_max_) drop_oldest_unused();
    const Instant drop_at = now + unused_keep_;
    const auto [place, is_new] =
        lists_.emplace(digest, KeptList{std::move(text), source, 0, drop_at});
    SCRIMP_ASSERT(is_new);
    unused_.emplace(drop_at, digest);
    bytes_ += more;
    return true;
}

void KeptLists::use(const ListDigest& digest) {
    KeptList& list = lists_.at(digest);
    if (list.users++ > 0) return;
    unused_.erase({list.drop_at, digest});
    list.drop_at = never;
    used_bytes_ += list.text->size();
}

void KeptLists::release(Instant now, const ListDigest& digest) {
    const auto found = lists_.find(digest);
    if (found == lists_.end()) return;
    SCRIMP_ASSERT(found->second.users > 0);
    if (--found->second.users > 0) return;
    used_bytes_ -= found->second.text->size();
    found->second.drop_at = now + unused_keep_;
    unused_.emplace(found->second.drop_at, digest);
}

void KeptLists::handle_deadline(Instant now) {
    while (now >= next_deadline()) drop_oldest_unused();
}

Instant KeptLists::next_deadline() const {
    return unused_.empty() ? never : unused_.begin()->first;
}

void KeptLists::drop_oldest_unused() {
    const auto oldest = lists_.find(unused_.begin()->second);
    bytes_ -= oldest->second.text->size();
    lists_.erase(oldest);
    unused_.erase(unused_.begin());
}

}  // namespace scrimp::service
