// What an exchange answers to whom, and what hostile messages do to it: nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "service/exchange_test.h"

namespace scrimp::service {
namespace {

/// A backend that has a list, and the member lb1 that it knows as a load balancer.
class Answering : public testing::Test {
  protected:
    Answering() {
        backend.exchange.set_own_list(backend.now, list.text);
        backend.join_balancer("lb1");
    }

    LongList list{"own"};
    Trial backend{Role::Backend};
    const std::string told = "answer lb1 " + std::to_string(list.text.size());
};

TEST_F(Answering, tells_nobody_whom_it_does_not_know_as_a_balancer) {
    backend.join("b2", LongList("b2"));
    for (const char* asker : {"b2", "stranger", "self"}) {
        backend.hear(Question{asker, list.digest});
        backend.hear(Call{asker, {}});
    }
    backend.tell(Change::Left, "lb1", {});
    backend.hear(Question{"lb1", list.digest});
    backend.run_for(1min);
    EXPECT_EQ(backend.actions(), Texts{});
    EXPECT_EQ(backend.exchange.stats().ignored, 7u);
}

TEST_F(Answering, tells_a_balancer_that_asked_before_it_was_heard_of) {
    backend.hear(Question{"lb2", list.digest});
    backend.hear(Question{"lb3", list.digest});
    EXPECT_EQ(backend.actions(), Texts{});
    backend.run_for(600ms);
    backend.join_balancer("lb2");
    EXPECT_EQ(backend.actions(), Texts{"answer lb2 " + std::to_string(list.text.size())});
    backend.run_for(600ms);
    backend.join_balancer("lb3");
    EXPECT_EQ(backend.actions(), Texts{});
    // Strangers who are many leave no more behind than the last of them.
    for (int i = 0; i < 1'000; ++i) {
        backend.hear(Question{"stranger" + std::to_string(i), list.digest});
    }
    backend.join_balancer("stranger0");
    EXPECT_EQ(backend.actions(), Texts{});
    backend.join_balancer("stranger999");
    EXPECT_EQ(backend.actions().size(), 1u);
}

TEST_F(Answering, tells_what_it_has_now_and_nothing_else) {
    const LongList next("next");
    backend.hear(Question{"lb1", next.digest});
    EXPECT_EQ(backend.actions(), Texts{});
    backend.exchange.set_own_list(backend.now, next.text);
    backend.hear(Question{"lb1", list.digest});
    EXPECT_EQ(backend.actions(), Texts{});
    backend.hear(Question{"lb1", next.digest});
    EXPECT_EQ(backend.actions().size(), 1u);
    backend.exchange.set_own_list(backend.now, "");
    backend.now += 1s;
    backend.hear(Question{"lb1", next.digest});
    backend.hear(Question{"lb1", digest_of("")});
    backend.hear(Call{"lb1", {}});
    backend.run_for(1min);
    EXPECT_EQ(backend.actions(), Texts{});
}

TEST_F(Answering, hears_a_broadcast_if_it_is_meant_and_answers_at_a_moment_by_chance) {
    backend.hear(Call{"lb1", {digest_of("something else")}});
    backend.run_for(10s);
    EXPECT_EQ(backend.actions(), Texts{});
    std::set<Instant> moments;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Trial one(Role::Backend, {}, seed);
        one.exchange.set_own_list(one.now, list.text);
        one.join_balancer("lb1");
        // Gossip tells some members twice.
        one.hear(Call{"lb1", {digest_of("something else"), list.digest}});
        one.hear(Call{"lb1", {}});
        moments.insert(one.exchange.next_deadline());
        one.run_for(ExchangeConfig{}.answer_spread);
        EXPECT_EQ(one.actions(), Texts{told});
    }
    EXPECT_GE(moments.size(), 18u);
}

TEST_F(Answering, does_not_answer_a_broadcast_of_one_that_was_told_directly) {
    backend.hear(Question{"lb1", list.digest});
    backend.hear(Call{"lb1", {list.digest}});
    backend.run_for(9s);
    EXPECT_EQ(backend.actions(), Texts{told});
    backend.run_for(2s);
    backend.hear(Call{"lb1", {list.digest}});
    backend.run_for(2s);
    EXPECT_EQ(backend.actions(), Texts{told});
}

TEST_F(Answering, tells_the_same_member_the_same_text_only_so_often) {
    for (int i = 0; i < 1'000; ++i) {
        backend.hear(Question{"lb1", list.digest});
        backend.now += 1ms;
    }
    EXPECT_EQ(backend.actions(), (Texts{told, told}));
}

TEST_F(Answering, sends_no_more_for_forged_questions_than_its_budget_of_bytes) {
    std::vector<std::string> askers;
    for (int i = 0; i < 20; ++i) {
        askers.push_back("lb" + std::to_string(i));
        backend.join_balancer(askers.back());
    }
    LongList large("large", 1'000);
    backend.exchange.set_own_list(backend.now, large.text);
    constexpr int seconds = 60;
    for (int i = 0; i < seconds * 2; ++i) {
        for (const std::string& asker : askers) backend.hear(Question{asker, large.digest});
        backend.now += 500ms;
    }
    const ExchangeConfig config;
    const std::size_t sent = backend.actions().size() * large.text.size();
    EXPECT_LE(sent, config.answer_burst_bytes + seconds * config.answer_bytes_per_second);
    EXPECT_GE(sent, seconds * config.answer_bytes_per_second / 2);
}

TEST(ExchangeOfABalancer, counts_an_answer_of_few_bytes_as_a_connection) {
    Trial balancer(Role::LoadBalancer);
    balancer.join_balancer("lb1");
    std::vector<ListDigest> digests;
    for (std::size_t i = 0; i < 400; ++i) {
        const std::string text = "[" + std::string(i, ' ') + "]";
        digests.push_back(digest_of(text));
        balancer.tell(
            Change::Joined, "b" + std::to_string(i),
            pack(R"({"type":"backend","count":1,"digest":")" + digests[i].text() + "\"}"));
        balancer.hear(Answer{digests[i], "b", text});
    }
    (void)balancer.actions();
    for (int i = 0; i < 10; ++i) {
        for (const ListDigest& digest : digests) balancer.hear(Question{"lb1", digest});
        balancer.now += 500ms;
    }
    const ExchangeConfig config;
    EXPECT_LE(balancer.actions().size(),
              (config.answer_burst_bytes + 5 * config.answer_bytes_per_second) / 4096);
}

TEST(ExchangeOfABalancer, tells_others_what_it_has_learned_and_answers_no_broadcast) {
    const LongList list("b1");
    Trial balancer(Role::LoadBalancer);
    balancer.join_balancer("lb1");
    balancer.join("b1", list);
    balancer.hear(Question{"lb1", list.digest});
    EXPECT_EQ(balancer.actions(), Texts{"ask b1"});
    balancer.answer(list, "b1");
    (void)balancer.actions();
    balancer.hear(Call{"lb1", {list.digest}});
    balancer.hear(Call{"lb1", {}});
    balancer.run_for(10s);
    EXPECT_EQ(balancer.actions(), Texts{});
    balancer.hear(Question{"lb1", list.digest});
    EXPECT_EQ(balancer.actions(), Texts{"answer lb1 " + std::to_string(list.text.size())});
}

/// The hostile side of an answer.
class Hostile : public testing::Test {
  protected:
    Hostile() {
        balancer.join("b1", list);
        (void)balancer.actions();
    }
    void expect_nothing_learned() {
        EXPECT_EQ(balancer.actions(), Texts{});
        EXPECT_EQ(balancer.exchange.list_of("b1"), nullptr);
        EXPECT_EQ(balancer.exchange.missing(), 1u);
    }

    LongList list{"b1"};
    Trial balancer{Role::LoadBalancer};
};

TEST_F(Hostile, text_that_is_not_what_its_digest_says_is_not_taken) {
    balancer.hear(Answer{list.digest, "b1", "[]"});
    std::string changed = list.text;
    changed[100] ^= 1;
    balancer.hear(Answer{list.digest, "b1", changed});
    balancer.hear(Answer{digest_of(changed), "b1", changed});
    expect_nothing_learned();
    EXPECT_EQ(balancer.exchange.stats().ignored, 3u);
    balancer.answer(list, "b1");
    EXPECT_EQ(balancer.actions(), Texts{"learned b1 from b1"});
    // A second copy is one that nobody asked for.
    balancer.answer(list, "b1");
    EXPECT_EQ(balancer.exchange.stats().ignored, 4u);
}

TEST_F(Hostile, messages_are_counted_and_dropped) {
    const std::string digest = list.digest.text();
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("{}"), std::string("[]\n[]"),
          std::string(4'000'000, ' '), std::string(5'000, '['),
          R"({"scrimplb":2,"message":"answer","digest":")" + digest + R"(","source":"b1"})" + "\n" +
              list.text,
          R"({"scrimplb":1,"message":"answer","digest":")" + digest + R"(","source":"b1"})",
          R"({"scrimplb":1,"message":"answer","digest":")" + digest + R"(","source":"b1"})" + "\n",
          R"({"scrimplb":1,"message":"answer","digest":")" + digest + R"(","source":"b\n1"})" +
              "\n" + list.text,
          R"({"scrimplb":1,"message":"answer","digest":")" + digest + R"("})" + "\n" + list.text,
          R"({"scrimplb":1,"message":"answer","digest":"x","source":"b1"})" + ("\n" + list.text),
          R"({"scrimplb":1,"message":"answer","digest":")" + digest + R"(","source":"b1"})" + "\n" +
              std::string(list_bytes_max + 1, ' '),
          std::string(R"({"scrimplb":1,"message":"query"})"),
          std::string(R"({"scrimplb":1,"message":"query","asker":7})"),
          std::string(R"({"scrimplb":1,"message":"query","asker":"lb","digest":"7"})"),
          std::string(R"({"scrimplb":1,"message":"query","asker":"lb","digests":[]})"),
          std::string(R"({"scrimplb":1,"message":"query","asker":"lb","digests":[7]})"),
          std::string(R"({"scrimplb":1,"message":"query","asker":"lb"})") + "\n"}) {
        const std::uint64_t before = balancer.exchange.stats().ignored;
        balancer.hear(to_bytes(std::string_view(text)));
        EXPECT_EQ(balancer.exchange.stats().ignored, before + 1) << text.substr(0, 100);
    }
    EXPECT_EQ(balancer.exchange.stats().questions_received, 0u);
    expect_nothing_learned();
}

TEST_F(Hostile, digests_that_change_every_moment_are_asked_for_once_a_second) {
    for (int i = 0; i < 100; ++i) {
        const std::string digest = digest_of(std::to_string(i)).text();
        balancer.tell(Change::Updated, "flapper",
                      pack(R"({"type":"backend","count":1,"digest":")" + digest + "\"}"));
        balancer.run_for(100ms);
    }
    Texts asks = balancer.actions();
    std::erase_if(asks, [](const auto& text) { return text != "ask flapper"; });
    EXPECT_GE(asks.size(), 8u);
    EXPECT_LE(asks.size(), 11u);
}

TEST(Budget, of_bytes_refuses_what_exceeds_it_and_keeps_what_came_first) {
    const LongList first("first");
    const LongList second("second");
    ExchangeConfig config;
    config.kept_bytes_max = first.text.size() + second.text.size() - 1;
    Trial balancer(Role::LoadBalancer, config);
    balancer.join("b1", first);
    balancer.answer(first, "b1");
    balancer.join("b2", second);
    balancer.answer(second, "b2");
    EXPECT_EQ(balancer.exchange.list_of("b2"), nullptr);
    EXPECT_EQ(*balancer.exchange.list_of("b1"), first.text);
    (void)balancer.actions();
    balancer.run_for(59s);
    EXPECT_EQ(balancer.actions(), Texts{"call 1"});
    // The first is gone: kept for a while, but only where there is room.
    balancer.tell(Change::Left, "b1", first.metadata);
    balancer.answer(second, "b2");
    EXPECT_EQ(*balancer.exchange.list_of("b2"), second.text);
    balancer.tell(Change::Left, "b2", second.metadata);
    (void)balancer.actions();
    balancer.join("b1", first);
    EXPECT_EQ(balancer.actions(), Texts{"ask b1"});
}

}  // namespace
}  // namespace scrimp::service
