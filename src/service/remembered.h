// What is remembered of a member across our own restart: its last word.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "service/application_list.h"

namespace scrimp::service {

struct Remembered {
    std::string member_name;
    Endpoint endpoint;
    Bytes metadata;
    /// The list behind the metadata's digest; null: there is none, or it is not known. Shared by
    /// those with equal lists.
    std::shared_ptr<const std::string> list_text{};
};

using ListTexts = std::map<ListDigest, std::shared_ptr<const std::string>>;

/// All the lists of `members` by their digests, each of which is made of the text and so is true.
[[nodiscard]] ListTexts lists_of(const std::vector<Remembered>& members);

}  // namespace scrimp::service
