#include "proxy/fingerprint.h"

#include <gtest/gtest.h>

namespace scrimp::proxy {
namespace {

TEST(Fingerprint, is_the_half_of_sha_256) {
    // FIPS 180-4, examples.
    EXPECT_EQ(fingerprint("abc"), "ba7816bf8f01cfea414140de5dae2223");
    EXPECT_EQ(fingerprint(""), "e3b0c44298fc1c149afbf4c8996fb924");
}

}  // namespace
}  // namespace scrimp::proxy
