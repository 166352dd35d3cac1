#include "service/exchange_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace scrimp::service {
namespace {

std::size_t count(const Texts& texts, const std::string& start) {
    return static_cast<std::size_t>(std::ranges::count_if(
        texts, [&](const std::string& text) { return text.starts_with(start); }));
}

TEST(Exchange, asks_a_backend_for_the_list_that_its_metadata_does_not_hold) {
    const LongList list("b1");
    Trial balancer(Role::LoadBalancer);
    balancer.join("b1", list);
    EXPECT_EQ(balancer.actions(), Texts{"ask b1"});
    EXPECT_EQ(balancer.exchange.missing(), 1u);
    EXPECT_EQ(balancer.exchange.list_of("b1"), nullptr);
    balancer.answer(list, "b1");
    EXPECT_EQ(balancer.actions(), Texts{"learned b1 from b1"});
    EXPECT_EQ(*balancer.exchange.list_of("b1"), list.text);
    EXPECT_EQ(balancer.exchange.missing(), 0u);
    // Nothing more is to be done, a broadcast neither.
    balancer.run_for(24h);
    EXPECT_EQ(balancer.actions(), Texts{});
    EXPECT_EQ(balancer.exchange.next_deadline(), never);
}

TEST(Exchange, answers_a_balancer_with_its_list) {
    const LongList list("own");
    Trial backend(Role::Backend);
    backend.exchange.set_own_list(backend.now, list.text);
    backend.join_balancer("lb1");
    backend.hear(Question{"lb1", list.digest});
    const auto action = backend.exchange.poll_action();
    ASSERT_TRUE(action);
    const auto& sent = std::get<SendMessage>(*action);
    EXPECT_EQ(sent.member, "lb1");
    const auto message = decode_exchange(sent.payload);
    EXPECT_EQ(std::get<Answer>(*message), (Answer{list.digest, "self", list.text}));
    EXPECT_EQ(backend.actions(), Texts{});
}

TEST(Exchange, asks_nobody_whose_metadata_says_it_all) {
    Trial balancer(Role::LoadBalancer);
    balancer.join_balancer("lb2");
    balancer.tell(Change::Joined, "b1",
                  encode_metadata(Role::Backend, make_applications("a", 3))->bytes);
    balancer.tell(Change::Joined, "stranger", to_bytes("anything"));
    balancer.run_for(1h);
    EXPECT_EQ(balancer.actions(), Texts{});
    Trial backend(Role::Backend);
    backend.join("b1", LongList("b1"));
    backend.run_for(1h);
    EXPECT_EQ(backend.actions(), Texts{});
}

TEST(Exchange, asks_backend_and_balancers_in_turns_and_ever_more_seldom) {
    Trial balancer(Role::LoadBalancer);
    balancer.join_balancer("lb2");
    balancer.join_balancer("lb3");
    balancer.join("b1", LongList("b1"));
    balancer.run_for(400ms);
    EXPECT_EQ(balancer.actions(), Texts{"ask b1"});
    balancer.run_for(4s);
    const Texts early = balancer.actions();
    const auto turns = std::vector<std::string>{"ask lb2", "ask b1", "ask lb3", "ask b1"};
    Texts asks;
    std::ranges::copy_if(early, std::back_inserter(asks),
                         [](const auto& text) { return text.starts_with("ask"); });
    ASSERT_GE(asks.size(), 3u);
    for (std::size_t i = 0; i < std::min(asks.size(), turns.size()); ++i) {
        EXPECT_EQ(asks[i], turns[i]);
    }
    balancer.run_for(10min);
    (void)balancer.actions();
    balancer.run_for(1h);
    // Once in half a minute to a minute.
    const Texts late = balancer.actions();
    EXPECT_GE(count(late, "ask"), 60u);
    EXPECT_LE(count(late, "ask"), 120u);
    EXPECT_LE(count(late, "call"), 120u);
}

TEST(Exchange, learns_from_another_balancer_what_the_backend_does_not_tell) {
    const LongList list("b1");
    Trial balancer(Role::LoadBalancer);
    balancer.join_balancer("lb2");
    balancer.join("b1", list);
    balancer.run_for(1s);
    EXPECT_EQ(count(balancer.actions(), "ask lb2"), 1u);
    balancer.answer(list, "lb2");
    EXPECT_EQ(balancer.actions(), Texts{"learned b1 from lb2"});
}

TEST(Exchange, calls_once_for_all_that_is_missing_a_moment_after_it_asked) {
    Trial balancer(Role::LoadBalancer);
    for (int i = 1; i <= 5; ++i) {
        const std::string name = "b" + std::to_string(i);
        balancer.join(name, LongList(name));
    }
    EXPECT_EQ(count(balancer.actions(), "ask"), 5u);
    balancer.answer(LongList("b3"), "b3");
    (void)balancer.actions();
    balancer.run_until(Instant{} + 500ms);
    EXPECT_EQ(count(balancer.actions(), "call 4"), 1u);
    balancer.run_until(Instant{} + 10s);
    EXPECT_EQ(count(balancer.actions(), "call"), 0u);
    balancer.run_until(Instant{} + 11s);
    EXPECT_EQ(count(balancer.actions(), "call 4"), 1u);
}

TEST(Exchange, calls_for_whatever_there_is_if_it_misses_more_than_one_message_can_name) {
    Trial balancer(Role::LoadBalancer);
    for (int i = 0; i < 20; ++i) {
        const std::string name = "b" + std::to_string(i);
        balancer.join(name, LongList(name, 60));
    }
    balancer.run_for(5s);
    EXPECT_EQ(count(balancer.actions(), "call 0"), 1u);
    // Nobody answers: the others shall not tell what they have told for ever, so later it names
    // what it misses, in turns.
    std::set<ListDigest> named;
    const Instant end = balancer.now + 1min;
    while (balancer.now < end) {
        balancer.run_for(1s);
        while (const auto action = balancer.exchange.poll_action()) {
            const auto* message = std::get_if<BroadcastMessage>(&*action);
            if (message == nullptr) continue;
            const auto call = std::get<Call>(*decode_exchange(message->payload));
            EXPECT_FALSE(call.digests.empty());
            EXPECT_LE(call.digests.size(), call_digests_max);
            named.insert(call.digests.begin(), call.digests.end());
        }
    }
    EXPECT_EQ(named.size(), 20u);
}

TEST(Exchange, has_few_questions_under_way_and_asks_on_as_answers_come) {
    Trial balancer(Role::LoadBalancer);
    std::vector<LongList> lists;
    for (int i = 0; i < 50; ++i) {
        lists.emplace_back("b" + std::to_string(i), 60);
        balancer.join("b" + std::to_string(i), lists.back());
    }
    EXPECT_EQ(count(balancer.actions(), "ask"), ExchangeConfig{}.asked_max);
    for (int i = 0; i < 50; ++i) {
        balancer.now += 1ms;
        balancer.answer(lists[static_cast<std::size_t>(i)], "b" + std::to_string(i));
    }
    EXPECT_EQ(balancer.exchange.missing(), 0u);
    EXPECT_EQ(balancer.exchange.stats().lists_learned, 50u);
    EXPECT_LE(balancer.exchange.stats().questions_sent, 50u);
    EXPECT_EQ(balancer.exchange.stats().broadcasts_sent, 0u);
}

TEST(Exchange, does_not_let_the_silent_keep_others_from_being_asked) {
    Trial balancer(Role::LoadBalancer);
    for (int i = 0; i < 20; ++i) {
        balancer.join("dumb" + std::to_string(i), LongList("dumb" + std::to_string(i), 60));
    }
    const LongList list("b1");
    balancer.join("b1", list);
    (void)balancer.actions();
    balancer.run_for(5s);
    EXPECT_GE(count(balancer.actions(), "ask b1"), 1u);
}

TEST(Exchange, asks_once_for_equal_lists_and_tells_of_each_member) {
    const LongList list("pool");
    Trial balancer(Role::LoadBalancer);
    balancer.join("b1", list);
    balancer.join("b2", list);
    EXPECT_EQ(balancer.actions().size(), 1u);
    balancer.answer(list, "b1");
    EXPECT_EQ(balancer.actions(), (Texts{"learned b1 from b1", "learned b2 from b1"}));
    balancer.join("b3", list);
    EXPECT_EQ(balancer.actions(), Texts{"learned b3 from b1"});
    EXPECT_EQ(balancer.exchange.list_of("b1"), balancer.exchange.list_of("b3"));
}

TEST(Exchange, stops_asking_a_member_that_left) {
    for (const Change change : {Change::Left, Change::Failed}) {
        const LongList list("b1");
        Trial balancer(Role::LoadBalancer);
        balancer.join("b1", list);
        (void)balancer.actions();
        balancer.tell(change, "b1", list.metadata);
        EXPECT_EQ(balancer.exchange.missing(), 0u);
        balancer.run_for(1h);
        EXPECT_EQ(balancer.actions(), Texts{});
        balancer.answer(list, "b1");
        EXPECT_EQ(balancer.actions(), Texts{});
    }
}

TEST(Exchange, takes_a_suspect_for_there) {
    const LongList list("b1");
    Trial balancer(Role::LoadBalancer);
    balancer.join("b1", list);
    balancer.tell(Change::Suspected, "b1", list.metadata);
    EXPECT_EQ(balancer.exchange.missing(), 1u);
    balancer.answer(list, "b1");
    EXPECT_NE(balancer.exchange.list_of("b1"), nullptr);
}

TEST(Exchange, asks_for_the_newest_announcement_and_no_longer_for_the_one_before) {
    const LongList old_list("old");
    const LongList new_list("new");
    Trial balancer(Role::LoadBalancer);
    balancer.join("b1", old_list);
    balancer.run_for(2s);
    (void)balancer.actions();
    balancer.tell(Change::Updated, "b1", new_list.metadata);
    EXPECT_EQ(balancer.exchange.missing(), 1u);
    balancer.answer(old_list, "b1");
    EXPECT_EQ(balancer.exchange.list_of("b1"), nullptr);
    balancer.run_for(1s);
    balancer.answer(new_list, "b1");
    EXPECT_EQ(*balancer.exchange.list_of("b1"), new_list.text);
    // To one that fits into metadata there is nothing to ask.
    balancer.tell(Change::Updated, "b1", encode_metadata(Role::Backend, {})->bytes);
    EXPECT_EQ(balancer.exchange.list_of("b1"), nullptr);
}

TEST(Exchange, keeps_a_text_over_a_reboot_and_no_longer) {
    const LongList list("b1");
    Trial balancer(Role::LoadBalancer);
    balancer.join("b1", list);
    balancer.answer(list, "b1");
    balancer.tell(Change::Failed, "b1", list.metadata);
    (void)balancer.actions();
    balancer.run_for(ExchangeConfig{}.unused_keep - 1ns);
    balancer.join("b1", list);
    EXPECT_EQ(balancer.actions(), Texts{"learned b1 from b1"});
    balancer.tell(Change::Left, "b1", list.metadata);
    balancer.run_for(ExchangeConfig{}.unused_keep);
    balancer.join("b1", list);
    EXPECT_EQ(balancer.actions(), Texts{"ask b1"});
}

TEST(Exchange, believes_its_memory_when_a_member_announces_the_same) {
    const LongList list("b1");
    const LongList other("other");
    Trial balancer(Role::LoadBalancer);
    const auto text = std::make_shared<const std::string>(list.text);
    balancer.exchange.restore(balancer.now, {{"b1", *parse_ip("10.0.0.1"), list.metadata, text},
                                             {"b2", *parse_ip("10.0.0.2"), list.metadata, text},
                                             {"b3", *parse_ip("10.0.0.3"), {}, {}}});
    EXPECT_EQ(balancer.exchange.list_of("b1"), nullptr);
    balancer.run_for(24h);  // However long it takes to find the cluster.
    balancer.join("b1", list);
    EXPECT_EQ(balancer.actions(), Texts{"learned b1 from our memory"});
    balancer.join("b2", other);
    EXPECT_EQ(balancer.actions(), Texts{"ask b2"});
}

TEST(Exchange, says_when_it_has_asked_in_vain_at_growing_distances) {
    Trial balancer(Role::LoadBalancer);
    balancer.join("b1", LongList("b1"));
    balancer.run_for(8h);
    Texts told = balancer.actions();
    std::erase_if(told, [](const auto& text) { return !text.starts_with("missing"); });
    ASSERT_GE(told.size(), 6u);
    EXPECT_LE(told.size(), 10u);
    EXPECT_EQ(told[0], "missing b1 after 4: nobody answers");
    EXPECT_EQ(told[1], "missing b1 after 8: nobody answers");
}

TEST(Exchange, does_the_same_with_the_same_seed) {
    const auto run = [](std::uint64_t seed) {
        Trial balancer(Role::LoadBalancer, {}, seed);
        std::vector<std::string> times;
        balancer.join_balancer("lb2");
        balancer.join("b1", LongList("b1"));
        balancer.join("b2", LongList("b1"));
        for (int i = 0; i < 20; ++i) {
            times.push_back(
                std::to_string(balancer.exchange.next_deadline().time_since_epoch().count()));
            balancer.run_until(balancer.exchange.next_deadline());
        }
        for (std::string& text : balancer.actions()) times.push_back(std::move(text));
        return times;
    };
    EXPECT_EQ(run(1), run(1));
    EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace scrimp::service
