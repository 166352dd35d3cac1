#include "seed/document.h"

#include <gtest/gtest.h>

namespace scrimp::seed {
namespace {

using Seeds = std::vector<Seed>;
using namespace std::chrono_literals;

Endpoint at(std::string_view text) {
    return *parse_endpoint(text);
}

/// Without an age, as the original writes them.
Seeds plain(const std::vector<Endpoint>& endpoints) {
    Seeds seeds;
    for (const Endpoint& each : endpoints) seeds.push_back({each});
    return seeds;
}

const Endpoint one = at("10.0.0.1:9999");
const Endpoint two = at("10.0.0.2:9999");
const Endpoint three = at("[fd00::3]:9999");

TEST(SeedsDocument, reads_what_the_original_writes) {
    const auto seeds = parse_seeds(
        R"({"seeds":[{"address":"10.0.0.1","port":"9999"},{"address":"[fd00::7]","port":"80"}]})");
    ASSERT_TRUE(seeds);
    EXPECT_EQ(*seeds, plain({at("10.0.0.1:9999"), at("[fd00::7]:80")}));
}

TEST(SeedsDocument, writes_what_the_original_reads) {
    EXPECT_EQ(render_seeds(plain({at("10.0.0.1:9999"), at("[fd00::7]:80")})),
              R"({"seeds":[{"address":"10.0.0.1","port":"9999"},)"
              R"({"address":"[fd00::7]","port":"80"}]})");
    EXPECT_EQ(render_seeds({}), R"({"seeds":[]})");
}

TEST(SeedsDocument, reads_ports_that_are_numbers_and_addresses_without_brackets) {
    const auto seeds = parse_seeds(R"({"seeds":[{"address":"fd00::7","port":9999}]})");
    ASSERT_TRUE(seeds);
    EXPECT_EQ(*seeds, plain({at("[fd00::7]:9999")}));
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
    EXPECT_EQ(*seeds, plain({at("10.0.0.1:9999")}));
}

TEST(SeedsDocument, lists_a_seed_once_whichever_way_it_was_spelt) {
    const auto seeds = parse_seeds(R"({"seeds":[{"address":"10.0.0.1","port":"9999"},
        {"address":"10.0.0.2","port":"9999"},{"address":"10.0.0.1","port":9999},
        {"address":"::ffff:10.0.0.1","port":"9999"}]})");
    ASSERT_TRUE(seeds);
    EXPECT_EQ(*seeds, plain({one, two}));
}

TEST(SeedsDocument, keeps_the_newest_when_there_are_too_many) {
    Seeds many;
    for (std::uint16_t port = 1; port <= 100; ++port) many.push_back({*parse_ip("10.0.0.1", port)});
    const auto seeds = parse_seeds(render_seeds(many));
    ASSERT_TRUE(seeds);
    ASSERT_EQ(seeds->size(), seeds_max);
    EXPECT_EQ(seeds->front().endpoint.port, 37);
    EXPECT_EQ(seeds->back().endpoint.port, 100);
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

TEST(SeedsDocument, keeps_the_ages_it_is_given) {
    const Seeds seeds{{one, 1'700'000'000}, {two}, {three, 0}};
    EXPECT_EQ(render_seeds(seeds),
              R"({"seeds":[{"address":"10.0.0.1","port":"9999","published":1700000000},)"
              R"({"address":"10.0.0.2","port":"9999"},)"
              R"({"address":"[fd00::3]","port":"9999","published":0}]})");
    EXPECT_EQ(*parse_seeds(render_seeds(seeds)), seeds);
}

TEST(SeedsDocument, takes_what_is_no_age_for_none) {
    for (const char* age : {"-1", "1.5", "1e3", "true", "null", "{}", R"("1700000000")",
                            "9007199254740993", "18446744073709551615"}) {
        const auto seeds =
            parse_seeds(R"({"seeds":[{"address":"10.0.0.1","port":"9999","published":)" +
                        std::string(age) + "}]}");
        ASSERT_TRUE(seeds) << age;
        EXPECT_EQ(*seeds, plain({one})) << age;
    }
}

TEST(SeedsDocument, takes_the_later_age_of_a_seed_that_is_listed_twice) {
    const auto seeds = parse_seeds(R"({"seeds":[{"address":"10.0.0.1","port":"9999"},
        {"address":"10.0.0.1","port":"9999","published":7},
        {"address":"10.0.0.1","port":"9999","published":5}]})");
    EXPECT_EQ(*seeds, (Seeds{{one, 7}}));
}

TEST(PutSeed, adds_us_once_and_renews_us_after_a_third_of_the_expiry) {
    Seeds seeds;
    EXPECT_TRUE(put_seed(seeds, one, 1000, 10min));
    EXPECT_EQ(seeds, (Seeds{{one, 1000}}));
    EXPECT_FALSE(put_seed(seeds, one, 1200, 10min));
    EXPECT_EQ(seeds, (Seeds{{one, 1000}}));
    EXPECT_TRUE(put_seed(seeds, one, 1201, 10min));
    EXPECT_EQ(seeds, (Seeds{{one, 1201}}));
}

TEST(PutSeed, drops_who_has_not_published_for_longer_than_the_expiry) {
    Seeds seeds{{two, 1000}, {one, 1500}};
    EXPECT_FALSE(put_seed(seeds, one, 1600, 10min));
    EXPECT_TRUE(put_seed(seeds, one, 1601, 10min));
    EXPECT_EQ(seeds, (Seeds{{one, 1601}}));
}

TEST(PutSeed, stands_last_since_it_is_the_newest) {
    Seeds seeds{{one, 1000}, {two, 1001}};
    EXPECT_TRUE(put_seed(seeds, one, 1300, 10min));
    EXPECT_EQ(seeds, (Seeds{{two, 1001}, {one, 1300}}));
}

TEST(PutSeed, gives_entries_without_an_age_that_of_the_moment_and_so_an_end) {
    Seeds seeds = plain({two, three});
    EXPECT_TRUE(put_seed(seeds, one, 1000, 10min));
    EXPECT_EQ(seeds, (Seeds{{two, 1000}, {three, 1000}, {one, 1000}}));
    EXPECT_TRUE(put_seed(seeds, one, 1601, 10min));
    EXPECT_EQ(seeds, (Seeds{{one, 1601}}));
}

TEST(PutSeed, puts_its_age_back_when_the_original_has_rewritten_the_document) {
    Seeds seeds = plain({one, two});
    EXPECT_TRUE(put_seed(seeds, one, 1000, 10min));
    EXPECT_EQ(seeds, (Seeds{{two, 1000}, {one, 1000}}));
}

TEST(PutSeed, does_not_let_a_clock_that_is_ahead_keep_a_dead_seed_for_ever) {
    Seeds seeds{{two, 99'999'999}, {one, 88'888'888}};
    EXPECT_TRUE(put_seed(seeds, one, 1000, 10min));
    EXPECT_EQ(seeds, (Seeds{{two, 1000}, {one, 1000}}));
}

TEST(PutSeed, makes_room_by_dropping_the_oldest) {
    Seeds seeds;
    for (std::uint16_t port = 1; port <= seeds_max; ++port) {
        seeds.push_back({*parse_ip("10.0.0.9", port), 1000});
    }
    EXPECT_TRUE(put_seed(seeds, one, 1001, 10min));
    ASSERT_EQ(seeds.size(), seeds_max);
    EXPECT_EQ(seeds.front().endpoint.port, 2);
    EXPECT_EQ(seeds.back().endpoint, one);
}

TEST(FreshEndpoints, are_those_that_are_not_expired) {
    const Seeds seeds{{one, 1000}, {two, 1001}, {three}};
    using Endpoints = std::vector<Endpoint>;
    EXPECT_EQ(fresh_endpoints(seeds, 1600, 10min), (Endpoints{one, two, three}));
    EXPECT_EQ(fresh_endpoints(seeds, 1601, 10min), (Endpoints{two, three}));
    EXPECT_EQ(fresh_endpoints(seeds, 0, 10min), (Endpoints{one, two, three}));
    EXPECT_TRUE(fresh_endpoints({}, 0, 10min).empty());
}

TEST(FreshEndpoints, are_all_of_them_when_all_are_expired) {
    EXPECT_EQ(fresh_endpoints({{one, 1000}, {two, 1001}}, 99'999, 10min),
              (std::vector<Endpoint>{one, two}));
}

}  // namespace
}  // namespace scrimp::seed
