#include "base/json.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/printable.h"

namespace scrimp {
namespace {

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
    const auto parsed = parse_json(text, limits);
    return parsed ? "accepted" : parsed.error().message;
}

TEST(Json, reads_every_kind_of_value_and_its_nesting) {
    const auto json = parse_json(R"({"a":[1,-2,2.5,"x",true,null,{"b":[]}],"c":{}})");
    ASSERT_TRUE(json);
    EXPECT_EQ(json->dump(), R"({"a":[1,-2,2.5,"x",true,null,{"b":[]}],"c":{}})");
}

TEST(Json, points_at_the_line_and_column_of_a_mistake) {
    EXPECT_TRUE(refusal("{\n  \"a\": 1,\n  b\n}").starts_with("line 3, column 3: "))
        << refusal("{b");
    EXPECT_TRUE(refusal("").starts_with("line 1, column 1: "));
    EXPECT_TRUE(refusal("{} x").starts_with("line 1, column 4: "));
}

TEST(Json, refuses_a_key_given_twice_in_whatever_letters) {
    EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":3})"), "the key 'a' appears twice");
    EXPECT_EQ(refusal(R"({"Port":1,"port":2})"), "the key 'port' appears twice");
    EXPECT_EQ(refusal(R"([{"a":1},{"a":1}])"), "accepted");
}

TEST(Json, reads_keys_in_small_letters_and_leaves_values_alone) {
    EXPECT_EQ(parse_json(R"({"Bind-Address":"Ab"})")->dump(), R"({"bind-address":"Ab"})");
}

TEST(Json, bounds_depth_and_size) {
    EXPECT_EQ(refusal("[[[]]]", {.depth_max = 3}), "accepted");
    EXPECT_EQ(refusal("[[[[]]]]", {.depth_max = 3}), "nested more than 3 deep");
    EXPECT_EQ(refusal(std::string(500'000, '[')), "nested more than 16 deep");
    EXPECT_EQ(refusal("[1,2]", {.bytes_max = 4}), "larger than 4 bytes");
}

TEST(Json, refuses_broken_text_without_repeating_it_raw) {
    for (const std::string& text :
         {std::string("\"\xff\""), std::string("\"\x01\""), std::string("{\"a\":1e999}"),
          std::string("{\"a\":01}"), std::string("[1,]"), std::string("'a'"), std::string(1, '\0'),
          std::string("\"\\ud800\"")}) {
        const std::string reason = refusal(text);
        EXPECT_NE(reason, "accepted") << text;
        EXPECT_TRUE(std::ranges::all_of(reason, [](char c) { return c >= ' ' && c < 0x7f; }))
            << reason;
    }
}

TEST(Json, reads_ports_as_numbers_and_as_strings) {
    EXPECT_EQ(read_port(Json("443")), 443);
    EXPECT_EQ(read_port(Json(65'535U)), 65'535);
    for (const Json& value :
         {Json(0U), Json(-5), Json(70'000U), Json(80.0), Json(""), Json("0"), Json("70000"),
          Json("80 "), Json("+80"), Json(true), Json::array(), Json(nullptr)}) {
        EXPECT_FALSE(read_port(value)) << value;
    }
}

TEST(Json, says_which_type_it_wanted_and_which_it_got) {
    EXPECT_EQ(read_text(Json(1)).error().message, "must be a string, not a number");
    EXPECT_EQ(read_bool(Json("true")).error().message, "must be true or false, not a string");
    EXPECT_EQ(read_port(Json::object()).error().message, "must be a port, not an object");
}

TEST(Json, takes_null_for_not_given) {
    const auto json = parse_json(R"({"a":null,"b":0})");
    EXPECT_EQ(find_member(*json, "a"), nullptr);
    EXPECT_EQ(find_member(*json, "c"), nullptr);
    ASSERT_NE(find_member(*json, "b"), nullptr);
}

TEST(Printable, lets_no_control_byte_through_and_keeps_texts_apart) {
    EXPECT_EQ(printable("plain 1.", 80), "plain 1.");
    EXPECT_EQ(printable("a\n\x1b[31m\x7f\xff\\", 80), "a\\x0a\\x1b[31m\\x7f\\xff\\\\");
    EXPECT_NE(printable("\\x0a", 80), printable("\n", 80));
}

TEST(Printable, cuts_between_characters) {
    EXPECT_EQ(printable("abcdefgh", 8), "abcdefgh");
    EXPECT_EQ(printable("abcdefghi", 8), "abcde...");
    EXPECT_EQ(printable("abc\n\n", 8), "abc...");
    EXPECT_EQ(printable(std::string(300, 'x'), 63).size(), 63u);
}

}  // namespace
}  // namespace scrimp
