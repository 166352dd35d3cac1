// Equal profiles, held once.
//
// Thousands of simulated nodes in one process hold each other's profiles; a profile never changes,
// so nodes that were told the same may share it. The pool remembers, for each thread, the profiles
// somebody still holds; forgetting one only costs memory, so a collision of hashes simply replaces.
#pragma once

#include <memory>

#include "swim/types.h"

namespace scrimp::swim {

/// A shared profile equal to `profile`. Amortised O(size of the profile).
[[nodiscard]] std::shared_ptr<const Profile> intern(Profile profile);

}  // namespace scrimp::swim
