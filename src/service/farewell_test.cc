#include "service/farewell.h"

#include <map>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "base/random.h"
#include "service/acknowledgements.h"
#include "service/farewell_test.h"

namespace scrimp::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Names = std::vector<std::string>;

const Bytes balancer_metadata =
    encode_metadata(Role::LoadBalancer, {}, {.acknowledges = true})->bytes;
const Bytes original_metadata = encode_metadata(Role::LoadBalancer, {})->bytes;

TEST(FarewellMessage, comes_back_as_it_was_and_is_written_as_documented) {
    const ListDigest digest = digest_of("abc");
    const std::string long_name(255, '"');
    for (const FarewellMessage& message :
         {FarewellMessage(ServingQuestion{"b\\1", digest}),
          FarewellMessage(ServingAnswer{long_name, long_name, digest})}) {
        const Bytes payload = encode_farewell(message);
        EXPECT_LE(payload.size(), farewell_bytes_max);
        EXPECT_EQ(decode_farewell(payload), message);
    }
    EXPECT_EQ(text_of(encode_farewell(ServingQuestion{"b1", digest})),
              R"({"scrimplb":1,"message":"serving?","asker":"b1",)"
              R"("digest":"ba7816bf8f01cfea414140de5dae2223"})");
    EXPECT_EQ(text_of(encode_farewell(ServingAnswer{"lb1", "b1", digest})),
              R"({"scrimplb":1,"message":"serving","balancer":"lb1","member":"b1",)"
              R"("digest":"ba7816bf8f01cfea414140de5dae2223"})");
}

TEST(FarewellMessage, of_others_making_is_none) {
    for (
        const char* text :
        {"", "{}", "7", R"({"scrimplb":1,"message":"serving?","asker":"b1"})",
         R"({"scrimplb":1,"message":"serving?","asker":"b 1","digest":"ba7816bf8f01cfea414140de5dae2223"})",
         R"({"scrimplb":2,"message":"serving?","asker":"b1","digest":"ba7816bf8f01cfea414140de5dae2223"})",
         R"({"scrimplb":1,"message":"serving","balancer":"l","digest":"ba7816bf8f01cfea414140de5dae2223"})",
         R"({"scrimplb":1,"message":"serving?","asker":["b1"],"digest":"ba7816bf8f01cfea414140de5dae2223"})"}) {
        EXPECT_EQ(decode_farewell(to_bytes(std::string_view(text))), std::nullopt) << text;
    }
}

struct Asker : testing::Test {
    Instant now{};
    Farewell farewell{Instant{}, "b1"};
    std::vector<std::string> asked;
    std::vector<FarewellProgress> progress;
    std::optional<FarewellEnded> ended;

    void take() {
        while (const auto action = farewell.poll_action()) {
            if (const auto* ask = std::get_if<AskServing>(&*action)) asked.push_back(ask->member);
            if (const auto* told = std::get_if<FarewellProgress>(&*action)) {
                progress.push_back(*told);
            }
            if (const auto* end = std::get_if<FarewellEnded>(&*action)) ended = *end;
        }
    }
    void hear(swim::Change change, const std::string& name, const Bytes& metadata) {
        farewell.handle_event(now, told(change, name, metadata));
        take();
    }
    void begin(const FarewellTimes& times = {}) {
        farewell.set_announced(now, backend_digest(1));
        ASSERT_TRUE(farewell.begin(now, times));
        take();
    }
    void run_for(Duration duration) {
        const Instant end = now + duration;
        for (; farewell.next_deadline() <= end; take()) {
            now = std::max(now, farewell.next_deadline());
            farewell.handle_deadline(now);
        }
        now = end;
    }
    void answer(const std::string& balancer, int which = 1) {
        farewell.handle_answer(now, {balancer, "b1", backend_digest(which)});
        take();
    }
};

TEST_F(Asker, is_done_at_once_where_there_is_no_balancer_nor_any_expected) {
    begin({.expects_balancers = false});
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->is_safe());
    EXPECT_TRUE(asked.empty());
    EXPECT_EQ(farewell.next_deadline(), never);
}

TEST_F(Asker, is_done_when_every_balancer_has_answered) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    hear(swim::Change::Joined, "lb2", balancer_metadata);
    begin();
    EXPECT_EQ(asked, (Names{"lb1", "lb2"}));
    EXPECT_EQ(progress.back().waiting, (Names{"lb1", "lb2"}));
    answer("lb2");
    EXPECT_FALSE(ended);
    EXPECT_EQ(progress.back().acknowledged, (Names{"lb2"}));
    answer("lb2");
    answer("lb1", 7);
    EXPECT_FALSE(ended);
    answer("lb1");
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->acknowledged, (Names{"lb1", "lb2"}));
    EXPECT_TRUE(ended->is_safe());
    EXPECT_EQ(farewell.next_deadline(), never);
}

TEST_F(Asker, asks_again_at_growing_distances_and_gives_up_with_names) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    begin({.timeout = seconds{10}});
    run_for(seconds{9});
    EXPECT_EQ(asked.size(), 6U);
    EXPECT_FALSE(ended);
    run_for(seconds{1});
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->unheard, (Names{"lb1"}));
    EXPECT_FALSE(ended->is_safe());
    EXPECT_EQ(farewell.next_deadline(), never);
}

TEST_F(Asker, waits_for_those_of_the_original_a_stated_time) {
    hear(swim::Change::Joined, "go", original_metadata);
    begin({.timeout = seconds{30}, .wait = seconds{5}});
    EXPECT_TRUE(asked.empty());
    EXPECT_EQ(progress.back().silent, (Names{"go"}));
    run_for(seconds{5} - milliseconds{1});
    EXPECT_FALSE(ended);
    run_for(milliseconds{1});
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->waited_out, (Names{"go"}));
    EXPECT_TRUE(ended->is_safe());
}

TEST_F(Asker, counts_an_answer_for_any_announcement_since_it_began) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    hear(swim::Change::Joined, "lb2", balancer_metadata);
    begin();
    farewell.set_announced(now, backend_digest(2));
    take();
    EXPECT_EQ(asked, (Names{"lb1", "lb2", "lb1", "lb2"}));
    answer("lb1", 1);
    answer("lb2", 2);
    EXPECT_TRUE(ended);
}

TEST_F(Asker, waits_for_one_that_went_away_and_asks_it_again_when_it_is_back) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    begin();
    hear(swim::Change::Left, "lb1", balancer_metadata);
    run_for(seconds{1});
    EXPECT_FALSE(ended);
    asked.clear();
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    EXPECT_EQ(asked, (Names{"lb1"}));
    run_for(seconds{10});
    EXPECT_FALSE(ended);
    answer("lb1");
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->is_safe());
}

TEST_F(Asker, waits_where_no_balancer_is_known_and_does_not_call_it_safe) {
    hear(swim::Change::Joined, "b2", backend_metadata(2));
    begin({.wait = seconds{5}});
    ASSERT_EQ(progress.size(), 1U);
    EXPECT_TRUE(progress.back().waiting.empty());
    run_for(seconds{5} - milliseconds{1});
    EXPECT_FALSE(ended);
    run_for(milliseconds{1});
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->met_nobody);
    EXPECT_FALSE(ended->is_safe());
    EXPECT_EQ(farewell.next_deadline(), never);
}

TEST_F(Asker, asks_a_balancer_that_comes_meanwhile) {
    begin({.wait = seconds{5}});
    run_for(seconds{1});
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    EXPECT_EQ(asked, (Names{"lb1"}));
    run_for(seconds{5});
    EXPECT_FALSE(ended);
    hear(swim::Change::Joined, "go", original_metadata);
    answer("lb1");
    EXPECT_FALSE(ended);
    run_for(seconds{5});
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->acknowledged, (Names{"lb1"}));
    EXPECT_EQ(ended->waited_out, (Names{"go"}));
    EXPECT_TRUE(ended->is_safe());
}

TEST_F(Asker, waits_for_one_that_went_away_a_short_time_before) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    hear(swim::Change::Left, "lb1", balancer_metadata);
    run_for(gone_keep - milliseconds{1});
    begin();
    EXPECT_FALSE(ended);
    EXPECT_TRUE(asked.empty());
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    EXPECT_EQ(asked, (Names{"lb1"}));
    answer("lb1");
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->is_safe());
}

TEST_F(Asker, names_one_that_went_before_and_asks_it_even_after_its_wait) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    hear(swim::Change::Joined, "lb2", balancer_metadata);
    hear(swim::Change::Failed, "lb1", balancer_metadata);
    begin({.timeout = seconds{30}, .wait = seconds{5}});
    run_for(seconds{6});
    EXPECT_EQ(progress.back().waiting, (Names{"lb2"}));
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    answer("lb2");
    EXPECT_FALSE(ended);
    run_for(seconds{30});
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->unheard, (Names{"lb1"}));
}

TEST_F(Asker, ends_without_a_word_what_is_cancelled) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    const auto id = farewell.begin(now, {});
    ASSERT_TRUE(id);
    farewell.cancel(now, *id);
    take();
    EXPECT_EQ(farewell.next_deadline(), never);
    answer("lb1");
    EXPECT_FALSE(ended);
}

TEST_F(Asker, names_one_that_went_away_for_good) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    begin();
    hear(swim::Change::Failed, "lb1", balancer_metadata);
    run_for(seconds{5});
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->unheard, (Names{"lb1"}));
}

TEST_F(Asker, has_a_bounded_number_of_farewells) {
    hear(swim::Change::Joined, "lb1", balancer_metadata);
    for (std::size_t i = 0; i < farewells_max; ++i) EXPECT_TRUE(farewell.begin(now, {}));
    EXPECT_FALSE(farewell.begin(now, {}));
    take();
    EXPECT_EQ(asked.size(), 0U);  // Nothing was announced yet.
}

/// A backend and balancers over a network that loses messages, and balancers that restart.
struct Storm {
    explicit Storm(std::uint64_t seed) : random(seed) {}

    struct Balancer {
        std::unique_ptr<Acknowledgements> desk;
        std::uint64_t revision = 0;
        int heard = 0;   ///< Which announcement its table has.
        int served = 0;  ///< Which announcement its engine serves.
    };
    enum class Kind : std::uint8_t { Gossip, Question, Answer, Served, Restart };

    Random random;
    Instant now{};
    Farewell farewell{Instant{}, "b1"};
    std::map<std::string, Balancer> balancers;
    struct Happening {
        Kind kind;
        std::string balancer;
        Bytes payload;
        std::uint64_t revision = 0;
    };
    std::multimap<Instant, Happening> agenda;
    std::optional<FarewellEnded> ended;

    void plan(Duration most, Happening happening) {
        agenda.emplace(now + milliseconds{1} + random.below(most), std::move(happening));
    }
    void hear(const std::string& name, int which) {
        Balancer& balancer = balancers[name];
        if (balancer.heard != which) ++balancer.revision;
        balancer.heard = which;
        place(balancer);
        plan(milliseconds{800}, {Kind::Served, name, {}, balancer.revision});
        send_answers(name);
    }
    void place(Balancer& balancer) const {
        for (const auto& [member, digest] : balancer.desk->unplaced()) {
            if (digest != backend_digest(balancer.heard)) continue;
            balancer.desk->handle_placed(now, member, digest, balancer.revision);
        }
    }
    void send_answers(const std::string& name) {
        while (const auto action = balancers[name].desk->poll_action()) {
            // Whoever acknowledges has the engine serve it already.
            EXPECT_EQ(balancers[name].served, 2);
            if (random.chance(0.3)) continue;
            plan(milliseconds{100}, {Kind::Answer, name, action->payload});
        }
    }
    void restart(const std::string& name) {
        Balancer& balancer = balancers[name];
        farewell.handle_event(now, told(swim::Change::Left, name, balancer_metadata));
        balancer.desk = std::make_unique<Acknowledgements>(now, name);
        balancer.revision = 0;
        balancer.heard = 0;
        // It is back after a while, with its engine as it was, and hears of the backend.
        farewell.handle_event(now, told(swim::Change::Joined, name, balancer_metadata));
        plan(seconds{1}, {Kind::Gossip, name, {}});
    }
    void perform(const Happening& it) {
        Balancer& balancer = balancers[it.balancer];
        switch (it.kind) {
            case Kind::Gossip:
                return hear(it.balancer, 2);
            case Kind::Question: {
                const auto message = *decode_farewell(it.payload);
                balancer.desk->handle_question(now, std::get<ServingQuestion>(message));
                place(balancer);
                break;
            }
            case Kind::Answer:
                return farewell.handle_answer(
                    now, std::get<ServingAnswer>(*decode_farewell(it.payload)));
            case Kind::Served:
                if (it.revision != balancer.revision) return;
                balancer.served = balancer.heard;
                balancer.desk->handle_served(now, it.revision);
                break;
            case Kind::Restart:
                return restart(it.balancer);
        }
        send_answers(it.balancer);
    }
    void take() {
        while (const auto action = farewell.poll_action()) {
            if (const auto* ask = std::get_if<AskServing>(&*action)) {
                if (random.chance(0.3)) continue;
                plan(milliseconds{100}, {Kind::Question, ask->member, ask->payload});
            }
            if (const auto* end = std::get_if<FarewellEnded>(&*action)) {
                ended = *end;
                for (const auto& [name, balancer] : balancers) EXPECT_EQ(balancer.served, 2);
            }
        }
    }
    void run() {
        for (int i = 0; i < 5; ++i) {
            const std::string name = "lb" + std::to_string(i);
            balancers[name].desk = std::make_unique<Acknowledgements>(now, name);
            farewell.handle_event(now, told(swim::Change::Joined, name, balancer_metadata));
            hear(name, 1);
            plan(milliseconds{600}, {Kind::Gossip, name, {}});
            if (random.chance(0.5)) plan(seconds{2}, {Kind::Restart, name, {}});
        }
        farewell.set_announced(now, backend_digest(2));
        ASSERT_TRUE(farewell.begin(now, {.timeout = seconds{60}}));
        take();
        while (!ended) {
            const Instant next = agenda.empty() ? never : agenda.begin()->first;
            now = std::max(now, std::min(next, farewell.next_deadline()));
            if (next == now) {
                const auto happening = agenda.extract(agenda.begin());
                perform(happening.mapped());
            } else {
                farewell.handle_deadline(now);
            }
            take();
        }
        EXPECT_TRUE(ended->is_safe());
        EXPECT_EQ(ended->acknowledged.size(), balancers.size());
    }
};

TEST(Farewells, are_safe_when_messages_are_lost_and_balancers_restart) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Storm(seed).run();
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace scrimp::service
