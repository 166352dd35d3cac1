#include "service/remembered.h"

#include <set>

namespace scrimp::service {

ListTexts lists_of(const std::vector<Remembered>& members) {
    ListTexts lists;
    std::set<const std::string*> seen;  // A shared text is digested once.
    for (const Remembered& member : members) {
        const auto& text = member.list_text;
        if (text && seen.insert(text.get()).second) lists.emplace(digest_of(*text), text);
    }
    return lists;
}

}  // namespace scrimp::service
