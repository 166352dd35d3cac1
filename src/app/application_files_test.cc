#include "app/application_files.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/config_fields.h"

namespace scrimp::app {
namespace {

std::string object(const std::string& name, int port = 8080) {
    return R"({"name":")" + name + R"(","listen-port":"443","application-port":")" +
           std::to_string(port) + R"(","protocol":"http","domains":[")" + name + R"(.example"]})";
}

service::Application application(const std::string& name, int port = 8080) {
    return service::parse_application(*parse_json(object(name, port))).value();
}

using Lines = std::vector<std::string>;

/// Name and application port of each, sorted.
Lines in_force(const GatheredApplications& gathered) {
    Lines all;
    for (const service::Application& each : gathered.applications) {
        all.push_back(each.name.text() + " " + std::to_string(each.application_port));
    }
    std::ranges::sort(all);
    return all;
}

class Files : public testing::Test {
  protected:
    void SetUp() override { files_.set_list("scrimp.json", {}); }

    GatheredApplications see(const std::vector<TextFile>& files) {
        files_.set_files(files);
        return files_.gather();
    }

    ApplicationFiles files_;
};

TEST_F(Files, hold_one_application_or_a_list_or_an_object_with_a_list) {
    const auto gathered = see({{"a.json", object("one")},
                               {"b.json", "[" + object("two") + "," + object("three") + "]"},
                               {"c.json", R"({"Applications":[)" + object("four") + "]}"},
                               {"d.json", "[]"}});
    EXPECT_EQ(in_force(gathered), (Lines{"four 8080", "one 8080", "three 8080", "two 8080"}));
    EXPECT_EQ(gathered.mistakes, Lines{});
    EXPECT_EQ(gathered.warnings, Lines{});
}

TEST_F(Files, name_a_mistake_with_its_place_in_the_list) {
    const auto gathered =
        see({{"a.json", R"([{"name":"x"}])"},
             {"b.json", R"({"applications":{},"more":1})"},
             {"c.json", R"({"applications":[)" + object("a") + "," + object("A", 1) + "]}"},
             {"d.json", "7"},
             {"e.json", R"({"name":"x","domain":"y"})"}});
    EXPECT_EQ(
        gathered.mistakes,
        (Lines{"a.json: [0].listen-port: is missing",
               "b.json: applications: must be a list, not an object", "b.json: more: unknown key",
               "c.json: applications[1].name: two applications of this list are named 'A'; "
               "give each its own name",
               "d.json: an application must be an object, not a number",
               "e.json: domain: unknown key; did you mean 'domains'?"}));
    EXPECT_TRUE(gathered.applications.empty());
}

TEST_F(Files, keep_their_last_good_version_in_force) {
    (void)see({{"a.json", object("one")}, {"b.json", object("two")}});
    const auto half = see({{"a.json", R"({"name":"one","lis)"}, {"b.json", object("two", 9090)}});
    EXPECT_EQ(in_force(half), (Lines{"one 8080", "two 9090"}));
    ASSERT_EQ(half.news.size(), 1u);
    EXPECT_TRUE(half.news[0].starts_with("a.json: line 1, column ")) << half.news[0];
    EXPECT_TRUE(half.news[0].ends_with("; its version before stays in force")) << half.news[0];
    const auto whole = see({{"a.json", object("one", 9091)}, {"b.json", object("two", 9090)}});
    EXPECT_EQ(in_force(whole), (Lines{"one 9091", "two 9090"}));
    EXPECT_EQ(whole.mistakes, Lines{});
}

TEST_F(Files, that_never_were_good_contribute_nothing) {
    const auto gathered = see({{"a.json", ""}, {"b.json", fail("b.json cannot be opened")}});
    EXPECT_TRUE(gathered.applications.empty());
    ASSERT_EQ(gathered.news.size(), 2u);
    EXPECT_TRUE(gathered.news[0].ends_with("; nothing of this file is served"));
    EXPECT_EQ(gathered.news[1], "b.json: b.json cannot be opened; nothing of this file is served");
}

TEST_F(Files, tell_a_mistake_once_and_again_when_the_text_changes) {
    const std::vector<TextFile> bad{{"a.json", "oops"}};
    EXPECT_EQ(see(bad).news.size(), 1u);
    const auto again = see(bad);
    EXPECT_EQ(again.news, Lines{});
    EXPECT_EQ(again.mistakes.size(), 1u);
    EXPECT_EQ(see({{"a.json", "oops "}}).news.size(), 1u);
}

TEST_F(Files, that_are_gone_take_their_applications_along) {
    (void)see({{"a.json", object("one")}, {"b.json", object("two")}});
    EXPECT_EQ(in_force(see({{"b.json", object("two")}})), Lines{"two 8080"});
    EXPECT_TRUE(see({}).applications.empty());
    // Nor does one that comes back remember what it was.
    EXPECT_TRUE(see({{"a.json", "oops"}}).applications.empty());
}

TEST_F(Files, that_claim_one_name_leave_it_to_the_one_in_force) {
    EXPECT_EQ(in_force(see({{"m.json", object("shop", 1)}})), Lines{"shop 1"});
    const std::vector<TextFile> both{{"a.json", object("Shop", 2)}, {"m.json", object("shop", 1)}};
    const auto contested = see(both);
    EXPECT_EQ(in_force(contested), Lines{"shop 1"});
    EXPECT_EQ(contested.news,
              Lines{"a.json: the application 'Shop' is left out, because another of this name is "
                    "in m.json; give each its own name"});
    EXPECT_EQ(contested.mistakes, contested.news);
    EXPECT_EQ(see(both).news, Lines{});
    // The holder changes its application: it is still the holder.
    EXPECT_EQ(in_force(see({{"a.json", object("Shop", 2)}, {"m.json", object("shop", 3)}})),
              Lines{"shop 3"});
    const auto taken_over = see({{"a.json", object("Shop", 2)}});
    EXPECT_EQ(in_force(taken_over), Lines{"Shop 2"});
    EXPECT_EQ(taken_over.mistakes, Lines{});
}

TEST_F(Files, at_first_leave_a_name_to_the_main_file_and_then_to_the_first_path) {
    files_.set_list("scrimp.json", {application("shop", 1)});
    const auto gathered = see({{"a.json", "[" + object("shop", 2) + "," + object("wiki", 2) + "]"},
                               {"b.json", object("wiki", 3)}});
    EXPECT_EQ(in_force(gathered), (Lines{"shop 1", "wiki 2"}));
    EXPECT_EQ(gathered.mistakes.size(), 2u);
}

TEST_F(Files, pass_an_application_on_when_it_moves_to_another_file) {
    (void)see({{"a.json", object("shop", 1)}});
    EXPECT_EQ(in_force(see({{"b.json", object("shop", 1)}})), Lines{"shop 1"});
    files_.set_list("scrimp.json", {application("shop", 2)});
    EXPECT_EQ(in_force(see({})), Lines{"shop 2"});
}

TEST_F(Files, may_agree_on_an_application_with_a_warning) {
    const auto gathered = see({{"a.json", object("shop")}, {"b.json", object("shop")}});
    EXPECT_EQ(in_force(gathered), Lines{"shop 8080"});
    EXPECT_EQ(gathered.mistakes, Lines{});
    EXPECT_EQ(gathered.warnings,
              Lines{"the application 'shop' is listed twice, in a.json and b.json"});
    EXPECT_EQ(in_force(see({{"b.json", object("shop")}})), Lines{"shop 8080"});
}

TEST_F(Files, tell_a_bounded_number_of_mistakes) {
    std::string list = "[0";
    for (int i = 0; i < 500; ++i) list += ",0";
    const auto gathered = see({{"a.json", list + "]"}});
    EXPECT_EQ(gathered.mistakes.size(), Mistakes::lines_max + 1);
    EXPECT_EQ(gathered.mistakes.back(), "more mistakes than are told at once");
    for (int i = 0; i < 500; ++i) list += ",0";
    EXPECT_EQ(see({{"a.json", list + "]"}}).mistakes,
              Lines{"a.json: has 1001 applications, at most 1000 are allowed"});
}

}  // namespace
}  // namespace scrimp::app
