#include "seed/document.h"

#include <gtest/gtest.h>

namespace scrimp::seed {
namespace {

using Seeds = std::vector<Endpoint>;

Endpoint at(std::string_view text) {
    return *parse_endpoint(text);
}

TEST(SeedsDocument, reads_what_the_original_writes) {
    const auto seeds = parse_seeds(
        R"({"seeds":[{"address":"10.0.0.1","port":"9999"},{"address":"[fd00::7]","port":"80"}]})");
    ASSERT_TRUE(seeds);
    EXPECT_EQ(*seeds, (Seeds{at("10.0.0.1:9999"), at("[fd00::7]:80")}));
}

TEST(SeedsDocument, writes_what_the_original_reads) {
    EXPECT_EQ(render_seeds({at("10.0.0.1:9999"), at("[fd00::7]:80")}),
              R"({"seeds":[{"address":"10.0.0.1","port":"9999"},)"
              R"({"address":"[fd00::7]","port":"80"}]})");
    EXPECT_EQ(render_seeds({}), R"({"seeds":[]})");
}

TEST(SeedsDocument, reads_ports_that_are_numbers_and_addresses_without_brackets) {
    const auto seeds = parse_seeds(R"({"seeds":[{"address":"fd00::7","port":9999}]})");
    ASSERT_TRUE(seeds);
    EXPECT_EQ(*seeds, Seeds{at("[fd00::7]:9999")});
}

TEST(SeedsDocument, may_be_empty_in_every_way_go_writes_it) {
    for (const char* text : {R"({"seeds":[]})", R"({"seeds":null})", " {\n\"seeds\" : [ ] }\n"}) {
        const auto seeds = parse_seeds(text);
        ASSERT_TRUE(seeds) << text;
        EXPECT_TRUE(seeds->empty());
    }
}

TEST(SeedsDocument, skips_entries_at_fault_and_returns_the_others) {
    const auto seeds = parse_seeds(R"({"seeds":[
        7, null, [], {}, {"address":"10.0.0.1"}, {"port":"1"}, {"address":7,"port":"1"},
        {"address":"host","port":"1"}, {"address":"10.0.0.1","port":"0"},
        {"address":"10.0.0.1","port":"70000"}, {"address":"10.0.0.1","port":-1},
        {"address":"10.0.0.1","port":65536}, {"address":"10.0.0.1","port":1.5},
        {"address":"10.0.0.1","port":true}, {"address":"0.0.0.0","port":"1"},
        {"address":"[::]","port":"1"}, {"address":"10.0.0.1:9999","port":"1"},
        {"address":"10.0.0.1","port":"9999","weight":3}]})");
    ASSERT_TRUE(seeds);
    EXPECT_EQ(*seeds, Seeds{at("10.0.0.1:9999")});
}

TEST(SeedsDocument, lists_a_seed_once_whichever_way_it_was_spelt) {
    const auto seeds = parse_seeds(R"({"seeds":[{"address":"10.0.0.1","port":"9999"},
        {"address":"10.0.0.2","port":"9999"},{"address":"10.0.0.1","port":9999},
        {"address":"::ffff:10.0.0.1","port":"9999"}]})");
    ASSERT_TRUE(seeds);
    EXPECT_EQ(*seeds, (Seeds{at("10.0.0.1:9999"), at("10.0.0.2:9999")}));
}

TEST(SeedsDocument, keeps_the_newest_when_there_are_too_many) {
    Seeds many;
    for (std::uint16_t port = 1; port <= 100; ++port) many.push_back(*parse_ip("10.0.0.1", port));
    const auto seeds = parse_seeds(render_seeds(many));
    ASSERT_TRUE(seeds);
    ASSERT_EQ(seeds->size(), seeds_max);
    EXPECT_EQ(seeds->front().port, 37);
    EXPECT_EQ(seeds->back().port, 100);
}

TEST(SeedsDocument, says_what_is_wrong_with_what_is_none) {
    const auto complaint = [](std::string_view text) {
        const auto seeds = parse_seeds(text);
        return seeds ? std::string("none") : seeds.error().message;
    };
    EXPECT_EQ(complaint("[]"), "not a seeds document: it is no JSON object");
    EXPECT_EQ(complaint("{}"), "not a seeds document: the key 'seeds' is missing");
    EXPECT_EQ(complaint(R"({"seeds":{}})"), "not a seeds document: 'seeds' is no list");
    EXPECT_TRUE(complaint("").starts_with("not a seeds document: line 1, column 1: "));
    EXPECT_TRUE(complaint("{\"seeds\":[\"\xff\"]}").starts_with("not a seeds document: line 1"));
    EXPECT_EQ(complaint(R"({"seeds":[],"seeds":[]})"),
              "not a seeds document: the key 'seeds' appears twice");
}

TEST(SeedsDocument, refuses_a_document_of_any_depth_or_size_without_harm) {
    EXPECT_FALSE(parse_seeds(std::string(document_bytes_max, '[')));
    EXPECT_FALSE(parse_seeds(std::string(document_bytes_max + 1, ' ')));
}

TEST(SeedsDocument, tells_whether_adding_changed_it) {
    Seeds seeds;
    EXPECT_TRUE(add_seed(seeds, at("10.0.0.1:1")));
    EXPECT_FALSE(add_seed(seeds, at("10.0.0.1:1")));
    EXPECT_TRUE(add_seed(seeds, at("10.0.0.1:2")));
    EXPECT_EQ(seeds, (Seeds{at("10.0.0.1:1"), at("10.0.0.1:2")}));
}

}  // namespace
}  // namespace scrimp::seed
