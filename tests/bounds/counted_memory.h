// Counts every allocation of the program it is linked into, so that a test can say what the most
// was that something held at once. It replaces the global operators new and delete; what C
// libraries take by malloc is not seen.
#pragma once

#include <cstddef>

namespace scrimp::bounds {

/// Bytes allocated and not freed.
[[nodiscard]] std::size_t held_now();

/// The most bytes held at once since it was made, beyond those held then.
class Peak {
  public:
    Peak();
    [[nodiscard]] std::size_t bytes() const;

  private:
    std::size_t before_;
};

}  // namespace scrimp::bounds
