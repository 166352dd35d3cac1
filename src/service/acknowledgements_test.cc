#include "service/acknowledgements.h"

#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "service/farewell_test.h"

namespace scrimp::service {
namespace {

struct Answerer : testing::Test {
    Instant now{};
    Acknowledgements desk{Instant{}, "lb1"};

    std::string answered() {
        std::string names;
        while (const auto action = desk.poll_action()) {
            const auto message = decode_farewell(action->payload);
            EXPECT_EQ(std::get<ServingAnswer>(*message).member, action->member);
            names += action->member + " ";
        }
        return names;
    }
    void hear(int which, std::uint64_t revision) {
        desk.handle_event(now, told(swim::Change::Updated, "b1", backend_metadata(which)),
                          revision);
    }
    void question(int which) { desk.handle_question(now, {"b1", backend_digest(which)}); }
};

TEST_F(Answerer, answers_once_the_engine_serves_what_was_announced) {
    hear(1, 3);
    question(1);
    EXPECT_EQ(answered(), "");
    desk.handle_served(now, 2);
    EXPECT_EQ(answered(), "");
    desk.handle_served(now, 3);
    EXPECT_EQ(answered(), "b1 ");
    desk.handle_served(now, 4);
    EXPECT_EQ(answered(), "");
    EXPECT_EQ(desk.next_deadline(), never);
}

TEST_F(Answerer, holds_a_question_that_overtakes_the_announcement) {
    hear(1, 1);
    desk.handle_served(now, 1);
    question(2);
    EXPECT_EQ(answered(), "");
    hear(2, 2);
    EXPECT_EQ(answered(), "");
    desk.handle_served(now, 2);
    EXPECT_EQ(answered(), "b1 ");
}

TEST_F(Answerer, answers_at_once_where_the_announcement_changes_no_table) {
    desk.handle_served(now, 5);
    hear(1, 5);
    question(1);
    EXPECT_EQ(answered(), "b1 ");
}

TEST_F(Answerer, answers_nobody_too_often_and_no_stranger) {
    desk.handle_served(now, 5);
    hear(1, 5);
    for (int i = 0; i < 100; ++i) question(1);
    desk.handle_question(now, {"b2", backend_digest(1)});
    EXPECT_EQ(answered(), "b1 ");
    now += serving_pause;
    question(1);
    EXPECT_EQ(answered(), "b1 ");
}

TEST_F(Answerer, forgets_a_question_that_is_not_repeated) {
    desk.handle_served(now, 5);
    hear(1, 5);
    question(2);
    now += question_keep;
    EXPECT_EQ(desk.next_deadline(), now);
    desk.handle_deadline(now);
    hear(2, 5);
    EXPECT_EQ(answered(), "");
}

TEST_F(Answerer, waits_for_the_list_that_belongs_to_an_announcement) {
    std::vector<Application> many;
    for (int i = 0; i < 60; ++i) {
        const std::string name = "a" + std::to_string(i * 7919 % 10'007);
        many.push_back({.name = *Name::parse(name),
                        .listen_port = 443,
                        .application_port = static_cast<std::uint16_t>(1024 + i * 37),
                        .protocol = Protocol::Http,
                        .domains = {*Domain::parse(name + ".example")}});
    }
    const EncodedMetadata metadata = *encode_metadata(Role::Backend, many);
    ASSERT_TRUE(metadata.rest);
    desk.handle_served(now, 1);
    desk.handle_event(now, told(swim::Change::Joined, "b1", metadata.bytes), 1);
    desk.handle_question(now, {"b1", digest_of(text_of(metadata.bytes))});
    EXPECT_EQ(answered(), "");
    desk.handle_list(now, "b1", metadata.rest->digest, 2);
    EXPECT_EQ(answered(), "");
    desk.handle_served(now, 2);
    EXPECT_EQ(answered(), "b1 ");
}

}  // namespace
}  // namespace scrimp::service
