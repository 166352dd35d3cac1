#include "service/conditions.h"

#include <gtest/gtest.h>

#include "service/list_test.h"
#include "service/metadata.h"

namespace scrimp::service {
namespace {

Name name(std::string_view text) {
    return *Name::parse(text);
}

const Condition draining{Availability::Draining, std::string(reason::draining)};

std::string shop(std::string_view rest) {
    return R"({"name":"shop","listen-port":"443","application-port":"8080","protocol":"http",)"
           R"("domains":["shop.example"])" +
           std::string(rest) + "}";
}

TEST(Conditions, stand_apart_in_metadata_where_a_go_balancer_does_not_look) {
    const auto applications = make_applications("a", 2);
    const Remarks remarks{.conditions = {{applications[1].name, draining}}};
    const std::string healthy = render_list({applications[0]});
    const std::string withheld = render_list({applications[1]}, remarks.conditions);
    EXPECT_EQ(
        render_announcement(Role::Backend, applications, remarks),
        R"({"type":"backend","applications":)" + healthy + R"(,"withheld":)" + withheld + "}");
    EXPECT_NE(withheld.find(R"(],"state":"draining","reason":"Target.Dereg)"), std::string::npos);
    const auto back = decode_metadata(encode_metadata(Role::Backend, applications, remarks)->bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->applications, sorted_unique(applications));
    EXPECT_EQ(back->conditions, remarks.conditions);
    EXPECT_TRUE(back->rejections.empty());
}

TEST(Conditions, change_no_byte_while_all_are_healthy) {
    const auto applications = make_applications("a", 2);
    const Remarks remarks{.conditions = {{applications[0].name, {}}, {name("other"), draining}}};
    EXPECT_EQ(encode_metadata(Role::Backend, applications, remarks)->bytes,
              encode_metadata(Role::Backend, applications)->bytes);
    EXPECT_EQ(render_list(applications, remarks.conditions), render_list(applications));
}

TEST(Conditions, of_a_long_list_travel_in_the_list_and_never_show_in_metadata) {
    const auto applications = sorted_unique(make_applications("a", 60));
    const Remarks remarks{
        .conditions = {{applications[0].name,
                        {Availability::Maintenance, "Target.Maintenance: \"disk\" \\ full"}}}};
    const auto encoded = encode_metadata(Role::Backend, applications, remarks);
    ASSERT_TRUE(encoded && encoded->rest);
    const auto shown = decode_metadata(encoded->bytes);
    ASSERT_EQ(shown->applications.size(), encoded->shown);
    EXPECT_EQ(shown->applications.front(), applications[1]);
    EXPECT_TRUE(shown->conditions.empty());
    const std::string list = render_list(applications, remarks.conditions);
    EXPECT_EQ(encoded->rest, (ListSummary{digest_of(list), 60}));
    const auto whole = parse_list(list);
    EXPECT_EQ(whole->applications, applications);
    ASSERT_EQ(whole->conditions.size(), 1U);
    EXPECT_EQ(whole->conditions[0].condition.reason, R"(Target.Maintenance: "disk" \\ full)");
}

TEST(Conditions, cost_no_healthy_application_its_place_in_metadata) {
    auto applications = sorted_unique(make_applications("a", 40));
    while (encode_metadata(Role::Backend, applications)->rest) applications.pop_back();
    const Remarks remarks{
        .conditions = {{applications[0].name, {Availability::Maintenance, std::string(100, 'x')}}}};
    const auto encoded = encode_metadata(Role::Backend, applications, remarks);
    EXPECT_GE(encoded->shown + 2, applications.size() - 1);
    EXPECT_TRUE(decode_metadata(encoded->bytes)->rejections.empty());
}

TEST(Conditions, that_nobody_can_announce_cost_the_application_its_traffic) {
    for (const char* const state : {R"("healthy")", R"("unavailable")", R"("asleep")", "7"}) {
        const auto list = parse_list("[" + shop(",\"state\":" + std::string(state)) + "]");
        ASSERT_TRUE(list);
        EXPECT_TRUE(list->applications.empty()) << state;
        EXPECT_EQ(list->rejections.size(), 1U) << state;
    }
    const auto stateless =
        parse_announcement(R"({"type":"backend","withheld":[)" + shop("") + "]}");
    EXPECT_EQ(stateless->rejections, (std::vector<Rejection>{{"shop", "state: is missing"}}));
    EXPECT_TRUE(stateless->applications.empty());
}

TEST(Conditions, of_one_name_are_one_and_the_graver) {
    const auto both = parse_announcement(R"({"type":"backend","applications":[)" + shop("") +
                                         R"(],"withheld":[)" + shop(R"(,"state":"unhealthy")") +
                                         "," + shop(R"(,"state":"draining","reason":"")") + "]}");
    EXPECT_EQ(both->applications.size(), 1U);
    EXPECT_EQ(both->conditions, (Conditions{{name("shop"), draining}}));
}

TEST(Conditions, have_reasons_that_are_short_and_printable) {
    const auto list = parse_list(
        "[" + shop(R"(,"state":"unhealthy","reason":"\u001b[31m)" + std::string(300, 'x') + "\"") +
        "]");
    ASSERT_EQ(list->conditions.size(), 1U);
    const std::string& reason = list->conditions[0].condition.reason;
    EXPECT_EQ(reason.substr(0, 8), R"(\x1b[31m)");
    EXPECT_EQ(reason.size(), reason_bytes_max);
}

TEST(Remarks, of_a_balancer_say_that_it_acknowledges) {
    EXPECT_EQ(render_announcement(Role::LoadBalancer, {}, {.acknowledges = true}),
              R"({"type":"load-balancer","scrimplb":1})");
    EXPECT_TRUE(parse_announcement(R"({"type":"load-balancer","scrimplb":1})")->acknowledges);
    for (const char* const text :
         {R"({"type":"load-balancer"})", R"({"type":"load-balancer","scrimplb":"1"})",
          R"({"type":"load-balancer","scrimplb":0})", R"({"type":"backend","scrimplb":1})"}) {
        EXPECT_FALSE(parse_announcement(text)->acknowledges) << text;
    }
}

TEST(Remarks, carry_a_permit_whatever_else_there_is_to_say) {
    std::string permit;
    for (std::size_t i = 0; i < permit_bytes_max; ++i) {
        // As good as random, of the characters a permit may have.
        const char letter = static_cast<char>('#' + (i * i * 7919 + i * 104'729) % 87 % 57);
        permit += letter == '\\' ? '~' : letter;
    }
    ASSERT_TRUE(is_permit_text(permit));
    const auto encoded =
        encode_metadata(Role::Backend, make_applications("a", 60), {.permit = permit});
    EXPECT_EQ(decode_metadata(encoded->bytes)->permit, permit);
}

TEST(Remarks, that_are_no_permit_are_told_and_passed_over) {
    for (const std::string& text : {std::string("two words"), std::string("quo\\\"te"),
                                    std::string(permit_bytes_max + 1, 'x')}) {
        const auto read = parse_announcement(R"({"type":"backend","permit":")" + text + "\"}");
        EXPECT_TRUE(read->permit.empty());
        EXPECT_EQ(read->rejections.size(), 1U) << text;
    }
}

}  // namespace
}  // namespace scrimp::service
