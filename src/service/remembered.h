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

/// Shared by all who hold it.
using ListText = std::shared_ptr<const std::string>;

struct Remembered {
    std::string member_name;
    Endpoint endpoint;
    Bytes metadata;
    /// The list behind the metadata's digest; null: there is none, or it is not known. Shared by
    /// those with equal lists.
    ListText list_text{};
};

using ListTexts = std::map<ListDigest, ListText>;

/// All the lists of `members` by their digests, each of which is made of the text and so is true.
[[nodiscard]] ListTexts lists_of(const std::vector<Remembered>& members);

}  // namespace scrimp::service
