#include "base/base64.h"

#include <array>

#include <gtest/gtest.h>

namespace scrimp {
namespace {

TEST(Base64, decodes_what_it_encodes_and_nothing_else) {
    // RFC 4648, section 10.
    EXPECT_EQ(base64_encode(""), "");
    EXPECT_EQ(base64_encode("f"), "Zg==");
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
    for (const std::string& bytes : {std::string(), std::string("f"), std::string("fo\0\xff", 4)}) {
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    }
    for (const char* text : {"Z", "Zg=", "Zg", "Z*==", "=Zg="}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
}

TEST(Base64, decodes_into_the_callers_room) {
    std::array<std::byte, base64_decoded_max(8)> room;
    const auto size = base64_decode("Zm9vYmE=", room);
    ASSERT_TRUE(size) << size.error().message;
    EXPECT_EQ(text_of(ByteView(room).first(*size)), "fooba");
    EXPECT_FALSE(base64_decode("Zm9v*mE=", room));
}

}  // namespace
}  // namespace scrimp
