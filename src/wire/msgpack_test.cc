#include "wire/msgpack.h"

#include <gtest/gtest.h>

namespace scrimp::wire {
namespace {

using Status = MsgpackScanner::Status;

Bytes hex(std::string_view text) {
    return parse_hex(text).value();
}

TEST(Msgpack, writes_integers_in_their_shortest_unsigned_form) {
    Bytes out;
    for (const std::uint64_t value :
         {0ull, 127ull, 128ull, 255ull, 256ull, 65535ull, 65536ull, 0xffffffffull, 0x100000000ull})
        append_msgpack_unsigned(out, value);
    EXPECT_EQ(to_hex(out), "007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000");
}

TEST(Msgpack, writes_text_and_bytes_in_the_raw_family) {
    const auto head_of = [](std::size_t size) {
        Bytes out;
        append_msgpack_raw(out, Bytes(size));
        return to_hex(ByteView(out).first(out.size() - size));
    };
    EXPECT_EQ(head_of(0), "a0");
    EXPECT_EQ(head_of(31), "bf");
    EXPECT_EQ(head_of(32), "da0020");
    EXPECT_EQ(head_of(65535), "daffff");
    EXPECT_EQ(head_of(65536), "db00010000");
}

TEST(Msgpack, reads_numbers_of_every_width_and_sign) {
    const Bytes bytes =
        hex("2accffcd0100ce00010000cf0000000100000000d07fd10100d200010000d30000000000000001c0");
    MsgpackReader in(bytes);
    for (const std::uint64_t expected :
         {42ull, 255ull, 256ull, 65536ull, 0x100000000ull, 127ull, 256ull, 65536ull, 1ull, 0ull})
        EXPECT_EQ(in.read_unsigned(), expected);
    EXPECT_EQ(in.position(), bytes.size());
}

TEST(Msgpack, refuses_negative_numbers_floats_and_text_where_a_number_is_wanted) {
    for (const char* bad : {"ff", "d0ff", "d1ffff", "d2ffffffff", "d3ffffffffffffffff",
                            "ca00000000", "a131", "c3", "90", "80", "c1", ""}) {
        const Bytes bytes = hex(bad);
        MsgpackReader in(bytes);
        EXPECT_FALSE(in.read_unsigned()) << bad;
        EXPECT_EQ(in.position(), 0u) << bad;
    }
}

TEST(Msgpack, reads_bytes_of_every_form) {
    for (const char* form :
         {"a20102", "d9020102", "da00020102", "db000000020102", "c4020102", "c500020102",
          "c6000000020102", "920102", "dc00020102", "dd000000020102", "92cc01cd0002"}) {
        const Bytes bytes = hex(form);
        MsgpackReader in(bytes);
        EXPECT_EQ(in.read_bytes(), std::optional(std::optional(hex("0102")))) << form;
        EXPECT_EQ(in.position(), bytes.size()) << form;
    }
}

TEST(Msgpack, tells_nil_from_empty_bytes) {
    const Bytes bytes = hex("c0a0");
    MsgpackReader in(bytes);
    const auto nil = in.read_bytes();
    const auto empty = in.read_bytes();
    ASSERT_TRUE(nil && empty);
    EXPECT_EQ(*nil, std::nullopt);
    EXPECT_EQ(*empty, Bytes{});
}

TEST(Msgpack, believes_no_length_that_is_not_there) {
    for (const char* lie :
         {"a2ff", "dbffffffff", "c6ffffffffff", "ddffffffff01", "92ff01", "da00"}) {
        const Bytes bytes = hex(lie);
        MsgpackReader in(bytes);
        EXPECT_FALSE(in.read_bytes()) << lie;
        EXPECT_EQ(in.position(), 0u) << lie;
        EXPECT_FALSE(in.skip() && in.position() > bytes.size()) << lie;
    }
}

TEST(Msgpack, skips_one_value_of_any_kind) {
    for (const char* value : {"c0", "c3", "ff", "ca00000000", "cb0000000000000000", "a3616263",
                              "d401ff", "d801000102030405060708090a0b0c0d0e0f", "c70201ffff",
                              "93a161c081c201", "de0001a161dc000101"}) {
        const Bytes bytes = hex(std::string(value) + "2a");
        MsgpackReader in(bytes);
        ASSERT_TRUE(in.skip()) << value;
        EXPECT_EQ(in.read_unsigned(), 42u) << value;
    }
}

TEST(Msgpack, skips_nesting_of_any_depth_in_constant_memory) {
    Bytes bytes(1'000'000, std::byte{0x91});
    bytes.push_back(std::byte{0x01});
    MsgpackReader in(bytes);
    EXPECT_TRUE(in.skip());
    EXPECT_EQ(in.position(), bytes.size());
}

TEST(MsgpackScanner, finds_the_end_wherever_it_is_interrupted) {
    const Bytes bytes = hex("82a16193010203a162da000561626364652a");
    const std::size_t whole = bytes.size() - 1;
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        MsgpackScanner scanner(100);
        Status status = Status::NeedsMore;
        for (std::size_t seen = 0; status == Status::NeedsMore && seen < bytes.size();) {
            seen = std::min(seen + step, bytes.size());
            status = scanner.scan(ByteView(bytes).first(seen));
            EXPECT_EQ(status == Status::Complete, seen >= whole) << step << ' ' << seen;
        }
        EXPECT_EQ(scanner.size(), whole) << step;
    }
}

TEST(MsgpackScanner, refuses_a_declared_size_beyond_the_limit_before_it_arrives) {
    for (const char* huge : {"db00000065", "dd00000064", "df00000032", "92db00000060"}) {
        MsgpackScanner scanner(100);
        EXPECT_EQ(scanner.scan(hex(huge)), Status::TooLarge) << huge;
    }
    MsgpackScanner scanner(100);
    EXPECT_EQ(scanner.scan(hex("da005f")), Status::NeedsMore);
}

}  // namespace
}  // namespace scrimp::wire
