// The canaries: a checker that cannot fail proves nothing, so each is fed what it must refuse.
#include "sim/checkers.h"

#include <gtest/gtest.h>

#include <memory>

#include "sim/exchange_checker.h"
#include "sim/trader.h"
#include "wire/packet.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;
using swim::Change;
using swim::Member;
using swim::State;

Member member(std::string name, State state, std::uint32_t incarnation, std::string_view meta = "",
              std::string_view address = "10.0.0.1:7946") {
    auto profile = std::make_shared<swim::Profile>();
    profile->name = std::move(name);
    profile->endpoint = parse_endpoint(address).value();
    profile->metadata = to_bytes(meta);
    return {std::move(profile), incarnation, state, {}};
}

using Members = std::vector<Member>;

Finding after(const Members& before, const Members& now, const Truth* truth = nullptr) {
    IncarnationChecker checker;
    EXPECT_FALSE(checker.observe(before, nullptr));
    return checker.observe(now, truth);
}

TEST(IncarnationChecker, accepts_a_refutation_and_a_return_from_the_dead_with_a_higher_one) {
    EXPECT_FALSE(after({member("a", State::Suspect, 1)}, {member("a", State::Alive, 2)}));
    EXPECT_FALSE(after({member("a", State::Dead, 1)}, {member("a", State::Alive, 2)}));
    EXPECT_FALSE(after({member("a", State::Dead, 1), member("b", State::Alive, 1)},
                       {member("b", State::Alive, 1), member("c", State::Alive, 0)}));
}

TEST(IncarnationChecker, refuses_an_incarnation_that_goes_back) {
    EXPECT_TRUE(after({member("a", State::Alive, 2)}, {member("a", State::Alive, 1)}));
}

TEST(IncarnationChecker, refuses_a_resurrection_at_the_same_incarnation) {
    EXPECT_TRUE(after({member("a", State::Dead, 2)}, {member("a", State::Alive, 2)}));
    EXPECT_TRUE(after({member("a", State::Left, 2)}, {member("a", State::Suspect, 2)}));
}

TEST(IncarnationChecker, lets_who_left_start_over_from_another_address_only) {
    EXPECT_FALSE(
        after({member("a", State::Left, 2)}, {member("a", State::Alive, 1, "", "10.0.0.9:7946")}));
    EXPECT_TRUE(
        after({member("a", State::Alive, 2)}, {member("a", State::Alive, 1, "", "10.0.0.9:7946")}));
}

TEST(IncarnationChecker, refuses_a_suspicion_lifted_without_refutation) {
    EXPECT_TRUE(after({member("a", State::Suspect, 2)}, {member("a", State::Alive, 2)}));
}

TEST(IncarnationChecker, refuses_to_forget_the_living) {
    EXPECT_TRUE(after({member("a", State::Alive, 1), member("b", State::Alive, 1)},
                      {member("b", State::Alive, 1)}));
    EXPECT_TRUE(after({member("a", State::Alive, 1), member("b", State::Suspect, 1)},
                      {member("a", State::Alive, 1)}));
}

TEST(IncarnationChecker, refuses_an_incarnation_that_nobody_gave_itself) {
    const Truth truth{{"a", 3}};
    EXPECT_FALSE(after({}, {member("a", State::Alive, 3)}, &truth));
    EXPECT_TRUE(after({}, {member("a", State::Alive, 4)}, &truth));
    EXPECT_TRUE(after({}, {member("stranger", State::Alive, 0)}, &truth));
}

TEST(FoldChecker, agrees_when_events_tell_the_whole_story) {
    FoldChecker checker;
    EXPECT_FALSE(checker.apply({Change::Joined, member("a", State::Alive, 1)}));
    EXPECT_FALSE(checker.apply({Change::Suspected, member("a", State::Suspect, 1)}));
    EXPECT_FALSE(checker.apply({Change::Failed, member("a", State::Dead, 1)}));
    EXPECT_FALSE(checker.apply({Change::Joined, member("a", State::Alive, 2)}));
    EXPECT_FALSE(checker.compare(Members{member("a", State::Alive, 2)}, "me"));
}

TEST(FoldChecker, refuses_events_that_cannot_follow_each_other) {
    FoldChecker checker;
    EXPECT_TRUE(checker.apply({Change::Failed, member("a", State::Dead, 1)}));
    EXPECT_FALSE(checker.apply({Change::Joined, member("a", State::Alive, 2)}));
    EXPECT_TRUE(checker.apply({Change::Joined, member("a", State::Alive, 3)}));
    EXPECT_TRUE(checker.apply({Change::Recovered, member("a", State::Alive, 4)}));
}

TEST(FoldChecker, refuses_members_that_no_event_told_of_and_events_that_no_member_shows) {
    FoldChecker checker;
    EXPECT_TRUE(checker.compare(Members{member("a", State::Alive, 1)}, "me"));
    EXPECT_FALSE(checker.compare(Members{member("me", State::Alive, 1)}, "me"));
    EXPECT_FALSE(checker.apply({Change::Joined, member("a", State::Alive, 1)}));
    EXPECT_TRUE(checker.compare(Members{}, "me"));
    EXPECT_TRUE(checker.compare(Members{member("a", State::Suspect, 1)}, "me"));
}

TEST(FoldChecker, refuses_a_silent_change_of_metadata) {
    FoldChecker checker;
    EXPECT_FALSE(checker.apply({Change::Joined, member("a", State::Alive, 1, "old")}));
    EXPECT_TRUE(checker.compare(Members{member("a", State::Alive, 2, "new")}, "me"));
}

TEST(SelfChecker, refuses_a_node_that_is_absent_or_not_alive_in_its_own_list) {
    EXPECT_FALSE(check_self(Members{member("me", State::Alive, 1)}, "me", false));
    EXPECT_TRUE(check_self(Members{}, "me", false));
    EXPECT_TRUE(check_self(Members{member("me", State::Suspect, 1)}, "me", false));
    EXPECT_TRUE(check_self(Members{member("me", State::Left, 1)}, "me", false));
    EXPECT_FALSE(check_self(Members{member("me", State::Left, 1)}, "me", true));
}

TEST(OrderChecker, refuses_an_unsorted_a_doubled_and_an_endless_list) {
    const Member a = member("a", State::Alive, 1);
    const Member b = member("b", State::Alive, 1);
    EXPECT_FALSE(check_order(Members{a, b}, 2));
    EXPECT_TRUE(check_order(Members{b, a}, 2));
    EXPECT_TRUE(check_order(Members{a, a}, 2));
    EXPECT_TRUE(check_order(Members{a, b}, 1));
}

Bytes packet_of(const wire::Message& message) {
    const wire::Envelope envelope;
    const std::vector<Bytes> parts{wire::encode_message(message)};
    return wire::encode_packet(parts, envelope, false, {});
}

TEST(PacketChecker, refuses_a_packet_over_the_limit_or_that_does_not_decode) {
    const swim::Config config;
    PacketChecker checker(config, "me");
    EXPECT_FALSE(checker.observe(packet_of(wire::Nack{1}), "c", 3, {}));
    EXPECT_TRUE(checker.observe(Bytes(config.packet_bytes_max + 1), "c", 3, {}));
    EXPECT_TRUE(checker.observe(to_bytes("\x63nonsense"), "c", 3, {}));
    EXPECT_TRUE(checker.observe({}, "c", 3, {}));
}

TEST(PacketChecker, refuses_news_told_more_often_than_the_logarithmic_bound) {
    const swim::Config config;
    PacketChecker checker(config, "me");
    const Bytes news = packet_of(wire::Dead{.incarnation = 1, .node = "a", .from = "b"});
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(checker.observe(news, "c", 9, {}));
    EXPECT_TRUE(checker.observe(news, "c", 9, {}));
}

TEST(PacketChecker, lets_a_goodbye_be_told_once_more_to_each_member) {
    const swim::Config config;
    PacketChecker checker(config, "me");
    const Bytes goodbye = packet_of(wire::Dead{.incarnation = 1, .node = "me", .from = "me"});
    for (int i = 0; i < 4 + 9; ++i) EXPECT_FALSE(checker.observe(goodbye, "c", 9, {}));
    EXPECT_TRUE(checker.observe(goodbye, "c", 9, {}));
}

TEST(PacketChecker, takes_news_of_the_forgotten_for_new) {
    const swim::Config config;
    PacketChecker checker(config, "me");
    const Bytes news = packet_of(wire::Dead{.incarnation = 1, .node = "a", .from = "b"});
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(checker.observe(news, "c", 9, {}));
    checker.forget_absent(Members{member("a", State::Dead, 1)});
    EXPECT_TRUE(checker.observe(news, "c", 9, {}));
    checker.forget_absent(Members{});
    EXPECT_FALSE(checker.observe(news, "c", 9, {}));
    for (int i = 0; i < 4; ++i) static_cast<void>(checker.observe(news, "c", 9, {}));
    EXPECT_TRUE(checker.observe(news, "c", 9, {}));
    checker.forget("a");
    EXPECT_FALSE(checker.observe(news, "c", 9, {}));
}

TEST(PacketChecker, counts_no_suspicion_that_is_told_to_the_suspect_itself) {
    const swim::Config config;
    PacketChecker checker(config, "me");
    wire::Ping ping;
    ping.node = "a";
    const wire::Suspect suspect{.incarnation = 1, .node = "a", .from = "b"};
    const std::vector<Bytes> parts{wire::encode_message(ping), wire::encode_message(suspect)};
    const Bytes buddy = wire::encode_packet(parts, {}, false, {});
    for (int i = 0; i < 40; ++i) EXPECT_FALSE(checker.observe(buddy, "", 9, {}));
    for (int i = 0; i < 40; ++i) EXPECT_FALSE(checker.observe(packet_of(suspect), "a", 9, {}));
}

TEST(PacketChecker, knows_the_retransmit_limit_of_memberlist) {
    EXPECT_EQ(retransmissions_max(3, 0), 0);
    EXPECT_EQ(retransmissions_max(3, 1), 3);
    EXPECT_EQ(retransmissions_max(3, 99), 6);
    EXPECT_EQ(retransmissions_max(2, 9), 2);
    EXPECT_EQ(retransmissions_max(2, 10), 4);
    EXPECT_EQ(retransmissions_max(2, 100), 6);
}

TEST(StreamChecker, refuses_too_many_too_old_and_twice_named_streams) {
    StreamChecker checker(2, 10s);
    const Instant start{1h};
    EXPECT_FALSE(checker.opened(start, swim::StreamId{1}));
    EXPECT_TRUE(checker.opened(start, swim::StreamId{1}));
    EXPECT_FALSE(checker.opened(start, swim::StreamId{3}));
    EXPECT_TRUE(checker.opened(start, swim::StreamId{5}));
    EXPECT_FALSE(checker.check(start + 10s));
    EXPECT_TRUE(checker.check(start + 11s));
    checker.excuse(5s);
    EXPECT_FALSE(checker.check(start + 11s));
    EXPECT_FALSE(checker.closed(swim::StreamId{1}));
    EXPECT_TRUE(checker.closed(swim::StreamId{1}));
}

TEST(ProgressChecker, refuses_a_node_that_spins_without_time_passing) {
    ProgressChecker checker;
    Instant now{1h};
    for (int i = 0; i < 1000; ++i) EXPECT_FALSE(checker.woken(now += 1ns));
    Finding finding;
    for (int i = 0; i < 1000 && !finding; ++i) finding = checker.woken(now);
    EXPECT_TRUE(finding);
    EXPECT_TRUE(checker.woken(now - 1ns));
}

service::ListDigest digest(std::uint8_t which) {
    service::ListDigest made;
    made.bytes.fill(which);
    return made;
}

class ExchangeRules : public testing::Test {
  protected:
    Finding ask(Duration at, std::uint8_t which, const std::string& whom = "a") {
        return checker.sent(start + at, whom, service::Question{"lb1", digest(which)}, members);
    }
    Finding call(Duration at) {
        return checker.sent(start + at, "", service::Call{"lb1", {}}, members);
    }
    Finding answer(Duration at, std::uint8_t which, const std::string& whom) {
        return checker.sent(start + at, whom, service::Answer{digest(which), "b1", "[]"}, members);
    }

    Instant start{1h};
    Members members{member("a", State::Alive, 1), member("b", State::Suspect, 1),
                    member("c", State::Left, 1)};
    ExchangeChecker checker{service::ExchangeConfig{}};
};

TEST_F(ExchangeRules, let_write_to_the_living_only) {
    EXPECT_FALSE(ask(0s, 1, "a"));
    EXPECT_FALSE(ask(0s, 2, "b"));
    EXPECT_TRUE(ask(0s, 3, "c"));
    EXPECT_TRUE(answer(0s, 4, "d"));
}

TEST_F(ExchangeRules, let_ask_for_a_list_no_more_often_than_the_back_off_does) {
    // Waits of at least 0.5, 0.5, 1, 1, 2 … seconds.
    EXPECT_FALSE(ask(0ms, 1));
    EXPECT_TRUE(ask(499ms, 1));
    EXPECT_FALSE(ask(0ms, 2));
    EXPECT_FALSE(ask(500ms, 2));
    EXPECT_FALSE(ask(1000ms, 2, "b"));
    EXPECT_TRUE(ask(1900ms, 2));
    EXPECT_EQ(questions_max({}, 4s), 5U);
    EXPECT_LE(questions_max({}, 3600s), 132U);
}

TEST_F(ExchangeRules, let_the_back_off_begin_anew_with_the_announcement) {
    const std::vector<service::Application> many = make_applications("b1", 100);
    const auto encoded = service::encode_metadata(service::Role::Backend, many).value();
    const service::Question question{"lb1", encoded.rest->digest};
    EXPECT_FALSE(checker.sent(start, "a", question, members));
    EXPECT_TRUE(checker.sent(start, "a", question, members));
    checker.handle_event({Change::Joined, member("e", State::Alive, 1, text_of(encoded.bytes))});
    EXPECT_FALSE(checker.sent(start, "a", question, members));
}

TEST_F(ExchangeRules, let_call_all_after_a_pause_only) {
    EXPECT_FALSE(call(0s));
    EXPECT_FALSE(call(10s));
    EXPECT_TRUE(call(19s));
}

TEST_F(ExchangeRules, let_tell_a_member_the_same_list_after_a_pause_only) {
    EXPECT_FALSE(answer(0ms, 1, "a"));
    EXPECT_FALSE(answer(0ms, 1, "b"));
    EXPECT_FALSE(answer(0ms, 2, "a"));
    EXPECT_FALSE(answer(500ms, 1, "a"));
    EXPECT_TRUE(answer(900ms, 1, "a"));
}

}  // namespace
}  // namespace scrimp::sim
