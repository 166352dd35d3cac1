#include "service/challenges.h"

#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "service/farewell_message.h"
#include "service/farewell_test.h"
#include "service/held_challenges.h"

namespace scrimp::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string thumbprint(thumbprint_chars, 't');

Challenge challenge_of(const std::string& word) {
    const std::string token = word + std::string(token_chars_min, '-');
    return *make_challenge(token, token + "." + thumbprint);
}

Bytes balancer_metadata(bool ours = true) {
    return encode_metadata(Role::LoadBalancer, {}, {.acknowledges = ours})->bytes;
}

TEST(Challenge, has_the_grammar_of_the_rfc_and_nothing_else) {
    const std::string token(token_chars_min, 'a');
    const std::string answer = token + "." + thumbprint;
    EXPECT_TRUE(make_challenge(token, answer));
    EXPECT_TRUE(is_token(std::string(token_chars_max, 'Z')));
    for (const std::string& wrong :
         {std::string(), std::string(token_chars_min - 1, 'a'),
          std::string(token_chars_max + 1, 'a'), std::string(token_chars_min, '.'), "../" + token,
          token + "=", token + "\n", std::string(token_chars_min, '\0')}) {
        EXPECT_FALSE(make_challenge(wrong, wrong + "." + thumbprint)) << wrong;
    }
    for (const std::string& wrong :
         {std::string(), token, token + ".", "b" + answer, answer + "x", answer + "\r\n",
          token + "." + std::string(thumbprint_chars, '<'), token + "x" + thumbprint}) {
        EXPECT_FALSE(make_challenge(token, wrong)) << wrong;
    }
}

TEST(Challenge, comes_through_the_wire_and_what_is_malformed_does_not) {
    const Challenge challenge = challenge_of("a");
    const std::string name(255, '"');  // The longest, each letter escaped.
    const ChallengeMessage messages[] = {
        ChallengeTold{name, challenge}, ChallengeOver{name, challenge.token},
        ChallengeReply{name, name, std::string(token_chars_max, 'a'), {}},
        ChallengeReply{name, name, challenge.token, ChallengeRefusal::Taken}};
    for (const ChallengeMessage& message : messages) {
        const Bytes bytes = encode_challenge(message);
        EXPECT_EQ(decode_challenge(bytes), message);
        EXPECT_FALSE(decode_farewell(bytes));
        EXPECT_FALSE(decode_challenge(ByteView(bytes).first(bytes.size() - 1)));
    }
    const std::string told = R"({"scrimplb":1,"message":"challenge","asker":"b1","token":")";
    for (const std::string& wrong :
         {told + "x\"}", told + challenge.token + "\"}",
          told + challenge.token + R"(","answer":"<script>"})",
          R"({"scrimplb":1,"message":"challenge-refused","balancer":"a","member":"b","token":")" +
              challenge.token + R"(","why":"so"})",
          std::string(R"({"scrimplb":2,"message":"challenge"})"), std::string("[]")}) {
        EXPECT_FALSE(decode_challenge(to_bytes(std::string_view(wrong)))) << wrong;
    }
}

/// One who tells, and what he says.
struct Telling : testing::Test {
    Instant now{};
    Challenges desk{Instant{}, "b1", false};
    const Challenge challenge = challenge_of("a");
    std::optional<ChallengeSettled> settled;

    std::string told() {
        std::string names;
        while (const auto action = desk.poll_action()) {
            if (const auto* tell = std::get_if<TellChallenge>(&*action)) {
                names += tell->member +
                         (std::holds_alternative<ChallengeOver>(tell->message) ? "! " : " ");
            } else {
                settled = std::get<ChallengeSettled>(*action);
            }
        }
        return names;
    }
    void meet(const std::string& name, swim::Change change = swim::Change::Joined,
              bool ours = true) {
        desk.handle_event(now, service::told(change, name, balancer_metadata(ours)));
    }
    void reply(const std::string& balancer, std::optional<ChallengeRefusal> why = {}) {
        desk.handle_reply(now, {balancer, "b1", challenge.token, why});
    }
    std::string after(Duration duration) {
        now += duration;
        desk.handle_deadline(now);
        return told();
    }
};

TEST_F(Telling, settles_when_every_balancer_holds_it_and_asks_until_then) {
    meet("lb1");
    meet("lb2");
    desk.handle_event(now, service::told(swim::Change::Joined, "b2", backend_metadata(1)));
    ASSERT_TRUE(desk.begin(now, challenge));
    EXPECT_EQ(told(), "lb1 lb2 ");
    reply("lb1");
    desk.handle_reply(now, {"lb2", "b3", challenge.token, {}});  // Another's.
    reply("stranger");
    EXPECT_EQ(after(milliseconds{500}), "lb2 ");
    EXPECT_FALSE(settled);
    reply("lb2");
    EXPECT_EQ(told(), "");
    ASSERT_TRUE(settled);
    EXPECT_TRUE(settled->is_whole());
    EXPECT_EQ(settled->held, (std::vector<std::string>{"lb1", "lb2"}));
    // For one that restarts unseen, and at once for one that comes.
    EXPECT_EQ(after(challenge_repeat), "lb1 lb2 ");
    meet("lb3");
    EXPECT_EQ(told(), "lb3 ");
    desk.end(now, challenge.token);
    EXPECT_EQ(told(), "lb1! lb2! lb3! ");
    EXPECT_EQ(desk.next_deadline(), never);
}

TEST_F(Telling, names_who_does_not_hold_it_and_ends_in_time) {
    meet("lb1");
    meet("lb2");
    meet("go", swim::Change::Joined, false);
    ASSERT_TRUE(desk.begin(now, challenge));
    EXPECT_EQ(told(), "lb1 lb2 ");
    reply("lb1", ChallengeRefusal::Denied);
    after(challenge_settle_longest);
    ASSERT_TRUE(settled);
    EXPECT_FALSE(settled->is_whole());
    EXPECT_EQ(settled->refused.front(), (std::pair{std::string("lb1"), ChallengeRefusal::Denied}));
    EXPECT_EQ(settled->unheard, (std::vector<std::string>{"lb2"}));
    EXPECT_EQ(settled->unable, (std::vector<std::string>{"go"}));
    after(challenge_longest);
    EXPECT_EQ(desk.next_deadline(), never);
}

TEST_F(Telling, does_not_wait_for_one_that_goes_and_tells_nobody_as_it_is) {
    meet("lb1");
    meet("lb2");
    ASSERT_TRUE(desk.begin(now, challenge));
    reply("lb1");
    meet("lb2", swim::Change::Failed);
    told();
    ASSERT_TRUE(settled);
    EXPECT_TRUE(settled->is_whole());

    Challenges alone(now, "b1", false);
    ASSERT_TRUE(alone.begin(now, challenge));
    EXPECT_FALSE(std::get<ChallengeSettled>(*alone.poll_action()).is_whole());

    Challenges balancer(now, "lb1", true);
    ASSERT_TRUE(balancer.begin(now, challenge));
    EXPECT_EQ(std::get<TellChallenge>(*balancer.poll_action()).member, "lb1");
}

TEST_F(Telling, is_bounded_and_keeps_to_one_answer_for_a_token) {
    for (std::size_t i = 0; i < challenges_told_max; ++i) {
        ASSERT_TRUE(desk.begin(now, challenge_of(std::to_string(i))));
    }
    EXPECT_FALSE(desk.begin(now, challenge));
    const std::string token = challenge_of("0").token;
    EXPECT_TRUE(desk.begin(now, challenge_of("0")));
    EXPECT_FALSE(
        desk.begin(now, *make_challenge(token, token + "." + std::string(thumbprint_chars, 'x'))));
}

/// A balancer that is told.
struct Holding : testing::Test {
    Instant now{};
    HeldChallenges shelf{Instant{}, "lb1", {.nodes = {"b*", "lb1"}}};

    void SetUp() override { join("b1"); }
    void join(const std::string& name) {
        shelf.handle_event(now, told(swim::Change::Joined, name, backend_metadata(1)));
    }
    /// "held", the word of the refusal, or nothing at all.
    std::string tell(const std::string& asker, const Challenge& challenge) {
        shelf.handle_told(now, {asker, challenge});
        const auto reply = shelf.poll_action();
        if (!reply) return "";
        EXPECT_EQ(reply->member, asker);
        return reply->refusal ? std::string(name_of(*reply->refusal)) : "held";
    }
    std::string answer(const Challenge& challenge) {
        return std::string(shelf.find(now, challenge.token).value_or("none"));
    }
};

TEST_F(Holding, answers_for_what_members_tell_until_it_is_over_or_told_no_more) {
    const Challenge one = challenge_of("1");
    EXPECT_EQ(answer(one), "none");
    EXPECT_EQ(tell("b1", one), "held");
    EXPECT_EQ(answer(one), one.answer);
    EXPECT_EQ(tell("b1", one), "");  // Within the pause.
    now += challenge_keep - seconds{1};
    EXPECT_EQ(tell("b1", one), "held");
    now += minutes{1};
    shelf.handle_deadline(now);
    EXPECT_EQ(answer(one), one.answer);
    shelf.handle_over(now, {"b1", one.token});
    EXPECT_EQ(answer(one), "none");
    EXPECT_EQ(tell("lb1", one), "held");  // Our own.
    now += challenge_keep;
    EXPECT_EQ(answer(one), "none");
    shelf.handle_deadline(now);
    EXPECT_EQ(shelf.count(), 0U);
    EXPECT_EQ(shelf.next_deadline(), never);
}

TEST_F(Holding, hears_members_that_may_and_lets_the_first_answer_stand) {
    const Challenge one = challenge_of("1");
    EXPECT_EQ(tell("bnobody", one), "");
    join("web");
    EXPECT_EQ(tell("web", one), "denied");
    EXPECT_EQ(tell("web", one), "");  // Not again at once: who makes us answer costs us a dial.
    EXPECT_EQ(tell("b1", one), "held");
    const std::string other = one.token + "." + std::string(thumbprint_chars, 'x');
    EXPECT_EQ(tell("b1", *make_challenge(one.token, other)), "taken");
    EXPECT_EQ(answer(one), one.answer);
    shelf.handle_over(now, {"stranger", one.token});
    EXPECT_EQ(answer(one), one.answer);
}

TEST_F(Holding, follows_a_changed_mind_for_what_is_told_from_then_on) {
    EXPECT_EQ(tell("b1", challenge_of("1")), "held");
    shelf.set_policy({});
    EXPECT_EQ(tell("b1", challenge_of("2")), "denied");
    EXPECT_EQ(answer(challenge_of("1")), challenge_of("1").answer);
}

TEST_F(Holding, is_bounded_and_who_holds_most_gives_way) {
    for (std::size_t member = 0; member * challenges_of_member_max < challenges_held_max;
         ++member) {
        const std::string name = "b" + std::to_string(member);
        join(name);
        for (std::size_t i = 0; i < challenges_of_member_max; ++i) {
            now += milliseconds{1};
            EXPECT_EQ(tell(name, challenge_of(name + "-" + std::to_string(i))), "held");
        }
    }
    now += challenge_reply_pause;
    EXPECT_EQ(tell("b0", challenge_of("more")), "full");
    EXPECT_EQ(shelf.count(), challenges_held_max);
    join("b-honest");
    EXPECT_EQ(tell("b-honest", challenge_of("honest")), "held");
    EXPECT_EQ(shelf.count(), challenges_held_max);
    EXPECT_EQ(answer(challenge_of("b0-0")), "none");
}

TEST(Holding_nothing, is_what_a_balancer_does_whose_operator_says_none) {
    HeldChallenges shelf({}, "lb1", {});
    shelf.handle_told({}, {"lb1", challenge_of("1")});
    EXPECT_EQ(shelf.poll_action()->refusal, ChallengeRefusal::Denied);
}

}  // namespace
}  // namespace scrimp::service
