#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace scrimp {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "scrimplb: bug: %s:%d: '%s' does not hold\n", file, line, expression);
    std::abort();
}

}  // namespace scrimp
