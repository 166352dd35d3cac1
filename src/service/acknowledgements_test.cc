#include "service/acknowledgements.h"

#include <string>
#include <variant>

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
    void question(int which) { desk.handle_question(now, {"b1", backend_digest(which)}); }
    void place(int which, std::uint64_t revision) {
        desk.handle_placed(now, "b1", backend_digest(which), revision);
    }
};

TEST_F(Answerer, answers_once_the_engine_serves_what_was_announced) {
    question(1);
    desk.handle_served(now, 2);
    EXPECT_EQ(answered(), "");
    ASSERT_EQ(desk.unplaced().size(), 1U);
    EXPECT_EQ(desk.unplaced().front(),
              (std::pair<std::string, ListDigest>("b1", backend_digest(1))));
    place(1, 3);
    EXPECT_TRUE(desk.unplaced().empty());
    EXPECT_EQ(answered(), "");
    desk.handle_served(now, 3);
    EXPECT_EQ(answered(), "b1 ");
    desk.handle_served(now, 4);
    EXPECT_EQ(answered(), "");
}

TEST_F(Answerer, answers_at_once_what_is_served_already) {
    desk.handle_served(now, 5);
    question(1);
    place(1, 5);
    EXPECT_EQ(answered(), "b1 ");
}

TEST_F(Answerer, serves_nothing_before_the_first_rollout) {
    question(1);
    place(1, 0);
    EXPECT_EQ(answered(), "");
}

TEST_F(Answerer, takes_no_place_of_another_announcement) {
    desk.handle_served(now, 5);
    question(1);
    question(2);
    place(1, 4);
    EXPECT_EQ(answered(), "");
    EXPECT_EQ(desk.unplaced().size(), 1U);
    place(2, 5);
    EXPECT_EQ(answered(), "b1 ");
}

TEST_F(Answerer, answers_what_is_repeated_and_nobody_too_often) {
    desk.handle_served(now, 5);
    question(1);
    place(1, 5);
    for (int i = 0; i < 100; ++i) question(1);
    EXPECT_EQ(answered(), "b1 ");
    now += serving_pause;
    question(1);
    place(1, 5);
    EXPECT_EQ(answered(), "b1 ");
}

TEST_F(Answerer, does_not_answer_a_second_drain_from_the_place_of_the_first) {
    question(1);
    place(1, 5);
    desk.handle_served(now, 5);
    EXPECT_EQ(answered(), "b1 ");
    // It is ready again, which table 6 heeds, and announces what it did before.
    now += std::chrono::seconds{1};
    desk.handle_served(now, 6);
    question(1);
    EXPECT_EQ(answered(), "");
    place(1, 7);
    EXPECT_EQ(answered(), "");
    desk.handle_served(now, 7);
    EXPECT_EQ(answered(), "b1 ");
}

TEST_F(Answerer, gives_up_the_place_of_who_announces_something_else) {
    question(1);
    place(1, 5);
    ASSERT_EQ(desk.placed().size(), 1U);
    desk.handle_displaced(now, "b1");
    EXPECT_TRUE(desk.placed().empty());
    desk.handle_served(now, 6);
    EXPECT_EQ(answered(), "");
    place(1, 7);
    desk.handle_served(now, 7);
    EXPECT_EQ(answered(), "b1 ");
}

TEST_F(Answerer, lets_a_newer_question_wait_behind_one_that_has_its_place) {
    question(1);
    place(1, 5);
    question(2);
    question(3);
    desk.handle_served(now, 5);
    EXPECT_EQ(answered(), "b1 ");
    ASSERT_EQ(desk.unplaced().size(), 1U);
    EXPECT_EQ(desk.unplaced().front().second, backend_digest(3));
    place(3, 6);
    question(4);
    desk.handle_displaced(now, "b1");
    ASSERT_EQ(desk.unplaced().size(), 1U);
    EXPECT_EQ(desk.unplaced().front().second, backend_digest(4));
}

TEST_F(Answerer, forgets_a_question_that_is_not_repeated) {
    question(1);
    now += question_keep;
    EXPECT_EQ(desk.next_deadline(), now);
    desk.handle_deadline(now);
    EXPECT_EQ(desk.next_deadline(), never);
    EXPECT_TRUE(desk.unplaced().empty());
}

TEST_F(Answerer, holds_a_bounded_number_of_questions) {
    for (std::size_t i = 0; i < questions_held_max + 10; ++i) {
        now += Duration{1};
        desk.handle_question(now, {"x" + std::to_string(i), backend_digest(1)});
    }
    EXPECT_EQ(desk.unplaced().size(), questions_held_max);
    question(1);
    place(1, 1);
    desk.handle_served(now, 1);
    EXPECT_EQ(answered(), "b1 ");
}

}  // namespace
}  // namespace scrimp::service
