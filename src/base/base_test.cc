#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/random.h"

namespace scrimp {
namespace {

TEST(Bytes, spells_and_reads_hexadecimal) {
    const Bytes bytes = to_bytes(std::string_view("\x00\x7f\xff", 3));
    EXPECT_EQ(to_hex(bytes), "007fff");
    EXPECT_EQ(parse_hex("007FfF"), bytes);
    EXPECT_FALSE(parse_hex("0"));
    EXPECT_FALSE(parse_hex("0g"));
}

TEST(Bytes, reads_back_the_numbers_it_appends) {
    Bytes bytes;
    append_u8(bytes, 7);
    append_u16be(bytes, 0xfffe);
    append_u32be(bytes, 0x81020304);
    EXPECT_EQ(to_hex(bytes), "07fffe81020304");
    EXPECT_EQ(read_u16be(bytes, 1), 0xfffe);
    EXPECT_EQ(read_u32be(bytes, 3), 0x81020304u);
}

TEST(BytesDeathTest, refuses_to_read_past_the_end) {
    const Bytes bytes(3);
    EXPECT_DEATH((void)read_u32be(bytes, 0), "does not hold");
    EXPECT_DEATH((void)read_u16be(bytes, 2), "does not hold");
}

TEST(Endpoint, is_the_same_whichever_form_a_peer_announced) {
    const auto short_form = endpoint_from_bytes(*parse_hex("0a000001"), 1);
    const auto mapped = endpoint_from_bytes(*parse_hex("00000000000000000000ffff0a000001"), 1);
    ASSERT_TRUE(short_form && mapped);
    EXPECT_EQ(*short_form, *mapped);
    EXPECT_EQ(short_form->text(), "10.0.0.1:1");
    EXPECT_EQ(to_hex(mapped->ip_bytes()), "0a000001");
    EXPECT_FALSE(endpoint_from_bytes(Bytes(5), 1));
}

TEST(Endpoint, prints_what_it_parses) {
    EXPECT_EQ(parse_endpoint("[fd00::7]:9999")->text(), "[fd00::7]:9999");
    EXPECT_EQ(parse_endpoint("127.0.0.1:80")->text(), "127.0.0.1:80");
    EXPECT_EQ(parse_ip("[::1]")->host_text(), "[::1]");
    EXPECT_EQ(parse_ip("::1")->ip_text(), "::1");
}

TEST(Endpoint, refuses_what_is_no_address) {
    for (const char* text : {"", "10.0.0", "10.0.0.256", "[10.0.0.1]", "host", "fe80::1%eth0"}) {
        EXPECT_FALSE(parse_ip(text)) << text;
    }
    for (const char* text : {"10.0.0.1", "10.0.0.1:0", "10.0.0.1:70000", "::1:80", "10.0.0.1:8x"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
    EXPECT_FALSE(parse_ip(std::string_view("127.0.0.1\0x", 11)));
}

TEST(Endpoint, knows_what_stands_for_any_address_and_for_itself) {
    EXPECT_TRUE(parse_ip("0.0.0.0")->is_unspecified());
    EXPECT_TRUE(parse_ip("::")->is_unspecified());
    EXPECT_TRUE(parse_ip("127.3.2.1")->is_loopback());
    EXPECT_TRUE(parse_ip("::1")->is_loopback());
    EXPECT_FALSE(parse_ip("10.0.0.1")->is_loopback());
}

TEST(Random, repeats_itself_from_the_same_seed) {
    Random one(42);
    Random two(42);
    Random other(43);
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t drawn = one.next();
        EXPECT_EQ(drawn, two.next());
        EXPECT_NE(drawn, other.next());
    }
}

TEST(Random, reaches_every_value_below_its_bound_and_none_beyond) {
    Random random(1);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
    EXPECT_EQ(seen.size(), 7u);
    EXPECT_EQ(*seen.rbegin(), 6u);
}

TEST(Random, shuffles_without_losing_anything) {
    Random random(5);
    std::vector<int> items{1, 2, 3, 4, 5, 6, 7, 8};
    random.shuffle(std::span(items));
    EXPECT_NE(items, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(std::set<int>(items.begin(), items.end()).size(), 8u);
}

}  // namespace
}  // namespace scrimp
