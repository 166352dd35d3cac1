// Lists that metadata does not hold, as balancers learn them: src/service/exchange.h on the
// simulator, through real nodes and a network that misbehaves.
#include "sim/scenario.h"
#include "sim/trader.h"

namespace scrimp::sim {
namespace {

using namespace std::chrono_literals;
using swim::State;

Options trading() {
    Options options = lan();
    options.trades = true;
    return options;
}

/// A market: balancers lb1 to lbN, backends that come after them, and what is asked about it.
class Market : public Scenario {
  public:
    explicit Market(std::size_t balancers, Options options = trading(), std::uint64_t seed = 1)
        : Scenario(std::move(options), seed) {
        while (lbs.size() < balancers) open();
    }
    /// One balancer more. All join through the first host there is.
    void open() { lbs.push_back(enter(true, "lb" + std::to_string(lbs.size() + 1), {})); }
    HostId backend(const std::string& name, std::vector<service::Application> applications) {
        return enter(false, name, std::move(applications));
    }
    /// A backend of its own applications.
    HostId backend(const std::string& name, std::size_t applications) {
        return backend(name, make_applications(name, applications));
    }
    bool routes_all_within(Duration bound) {
        const bool routed = run_until_routed(*this, bound).has_value();
        EXPECT_TRUE(routed) << find_misrouted(*this).value_or("");
        return routed;
    }
    /// How many applications `balancer` routes.
    std::size_t routes(HostId balancer) const { return table(balancer).routes.size(); }
    const service::RoutingTable& table(HostId balancer) const {
        return host(balancer).trader().registry().table();
    }
    /// From whom `balancer` has the applications of `member`.
    std::string source(HostId balancer, const std::string& member) const {
        for (const service::BackendView& view : host(balancer).trader().registry().backends()) {
            if (view.member_name == member && view.complete) return view.source;
        }
        return "nobody";
    }
    /// Which edition of b1's applications `balancer` routes; it must be one.
    int edition(HostId balancer) const {
        std::set<std::string> editions;
        for (const service::Route& route : table(balancer).routes) {
            const std::string& name = route.application.name.text();
            const std::size_t begin = name.find("-e") + 2;
            editions.insert(name.substr(begin, name.find('-', begin) - begin));
        }
        EXPECT_EQ(editions.size(), 1U);
        return editions.empty() ? -1 : std::stoi(*editions.begin());
    }
    std::size_t written(Letter::Kind kind) const {
        return static_cast<std::size_t>(
            std::count_if(letters().begin(), letters().end(),
                          [&](const Letter& letter) { return letter.kind == kind; }));
    }
    std::size_t written_to(const std::string& name) const {
        return static_cast<std::size_t>(
            std::count_if(letters().begin(), letters().end(),
                          [&](const Letter& letter) { return letter.to == name; }));
    }
    /// Of each host since it started.
    std::vector<std::uint64_t> bytes_sent() const {
        std::vector<std::uint64_t> sent;
        for (const Host& host : hosts()) sent.push_back(host.node().stats().bytes_sent);
        return sent;
    }
    /// Says in metadata that there is a list, and has none to tell.
    void promise(HostId id, const std::vector<service::Application>& applications) {
        const auto said = service::encode_metadata(service::Role::Backend, applications).value();
        EXPECT_TRUE(said.rest);
        set_metadata(id, text_of(said.bytes));
    }

    std::vector<HostId> lbs;

  private:
    HostId enter(bool balancer, const std::string& name,
                 std::vector<service::Application> applications) {
        const HostId id = spawn(balancer, name, std::move(applications));
        if (id != HostId{0}) join(id, {HostId{0}});
        return id;
    }
};

TEST(Exchange, brings_a_list_of_a_thousand_applications_within_seconds) {
    Market market(1);
    market.backend("b1", 1000);
    EXPECT_TRUE(market.routes_all_within(3s));
    EXPECT_EQ(market.routes(market.lbs[0]), 1000U);
    EXPECT_EQ(market.written(Letter::Kind::Question), 1U);
    EXPECT_EQ(market.written(Letter::Kind::Answer), 1U);
}

TEST(Exchange, is_not_used_for_a_list_that_fits_into_metadata) {
    Market market(2);
    for (int i = 1; i <= 5; ++i) market.backend("b" + std::to_string(i), 3);
    EXPECT_TRUE(market.routes_all_within(3s));
    market.run_for(60s);
    EXPECT_TRUE(market.letters().empty());
}

TEST(Exchange, brings_5000_applications_of_50_backends_to_three_new_balancers) {
    Market market(0);
    for (int i = 1; i <= 50; ++i) {
        market.backend("b" + std::to_string(i), 100);
        market.run_for(50ms);
    }
    ASSERT_TRUE(market.converges_within(60s));
    const auto before = market.bytes_sent();
    for (int i = 1; i <= 3; ++i) market.open();
    EXPECT_TRUE(market.routes_all_within(5s));
    EXPECT_EQ(market.routes(market.lbs[2]), 5000U);
    // Whoever was called may still answer.
    market.run_for(3s);
    // 150 lists are to be had; some are asked for twice, since who is asked before it has heard of
    // the balancer tells it nothing.
    EXPECT_LE(market.written(Letter::Kind::Question), 225U);
    EXPECT_LE(market.written(Letter::Kind::Call), 3U);
    EXPECT_LE(market.written(Letter::Kind::Answer), 225U);
    // A backend tells its list of 13 kB three times, and the state of 53 members, with its part of
    // the list in metadata some 35 kB, to who joins or synchronises; a balancer tells others what
    // it knows, never all of it.
    const auto after = market.bytes_sent();
    for (std::size_t i = 0; i < after.size(); ++i) {
        const std::uint64_t sent = after[i] - (i < before.size() ? before[i] : 0);
        EXPECT_LE(sent, i < before.size() ? 200'000U : 500'000U) << market.hosts()[i].spec().name;
    }
}

TEST(Exchange, reaches_a_balancer_that_is_cut_off_from_the_backend_through_another) {
    Market market(2);
    const HostId backend = market.backend("b1", 100);
    market.cut({market.lbs[1]}, {backend});
    EXPECT_TRUE(market.routes_all_within(10s));
    EXPECT_EQ(market.source(market.lbs[0], "b1"), "b1");
    EXPECT_EQ(market.source(market.lbs[1], "b1"), "lb1");
    market.run_for(60s);
    EXPECT_EQ(market.count(swim::Change::Failed), 0U);
    EXPECT_FALSE(find_misrouted(market));
}

TEST(Exchange, asks_for_a_list_that_many_announce_as_if_one_did) {
    Market market(0);
    const auto pool = make_applications("pool", 100);
    for (int i = 1; i <= 10; ++i) market.backend("b" + std::to_string(i), pool);
    ASSERT_TRUE(market.converges_within(60s));
    market.open();
    EXPECT_TRUE(market.routes_all_within(5s));
    EXPECT_EQ(market.table(market.lbs[0]).routes.front().upstreams.size(), 10U);
    market.run_for(3s);
    // Who is asked first may not have heard of the balancer yet, and tells strangers nothing. Then
    // one more is asked, and all are called, each of whom may answer.
    EXPECT_LE(market.written(Letter::Kind::Question), 2U);
    EXPECT_LE(market.written(Letter::Kind::Call), 1U);
    EXPECT_LE(market.written(Letter::Kind::Answer), 11U);
}

TEST(Exchange, survives_loss_doubling_and_reordering) {
    Options options = trading();
    options.quality.loss = 0.2;
    options.quality.duplication = 0.2;
    options.quality.lateness = 0.3;
    options.quality.late_max = 1s;
    Market market(3, options);
    for (int i = 1; i <= 10; ++i) market.backend("b" + std::to_string(i), 100);
    EXPECT_TRUE(market.routes_all_within(60s));
}

TEST(Exchange, follows_the_newest_announcement_and_never_an_older_one_again) {
    Options options = trading();
    options.quality.delay_spread = 300ms;
    options.quality.lateness = 0.3;
    Market market(3, options);
    const HostId backend = market.backend("b1", 100);
    ASSERT_TRUE(market.routes_all_within(10s));
    std::vector<int> newest(market.lbs.size(), 0);
    const auto watch_for = [&](Duration span) {
        const Instant end = market.now() + span;
        while (market.now() < end) {
            market.run_for(20ms);
            for (std::size_t i = 0; i < newest.size(); ++i) {
                const int edition = market.edition(market.lbs[i]);
                EXPECT_GE(edition, newest[i]) << market.name(market.lbs[i]);
                newest[i] = std::max(newest[i], edition);
            }
        }
    };
    for (int edition = 1; edition <= 20; ++edition) {
        market.set_applications(backend, make_applications("b1", 100, edition));
        // From before the question is out to after the answer is there.
        watch_for(edition * 100ms);
    }
    watch_for(10s);
    EXPECT_EQ(newest, std::vector<int>(market.lbs.size(), 20));
    EXPECT_FALSE(find_misrouted(market));
}

TEST(Exchange, asks_a_silent_backend_with_back_off_for_ever) {
    Market market(1);
    const HostId backend = market.backend("b1", 3);
    ASSERT_TRUE(market.routes_all_within(5s));
    const auto late = make_applications("b1", 100);
    market.promise(backend, late);
    market.run_for(3600s);
    const std::size_t asked = market.written(Letter::Kind::Question);
    // Doubling up to a minute takes a dozen; then one in 30 to 60 seconds.
    EXPECT_GE(asked, 60U);
    EXPECT_LE(asked, 132U);
    EXPECT_LE(market.written(Letter::Kind::Call), asked);
    EXPECT_EQ(market.written(Letter::Kind::Answer), 0U);
    // What the metadata shows is routed meanwhile.
    EXPECT_GE(market.routes(market.lbs[0]), 3U);
    market.set_applications(backend, late);
    EXPECT_TRUE(market.routes_all_within(62s));
}

TEST(Exchange, spends_little_on_a_list_that_nobody_has) {
    Market market(3);
    const HostId liar = market.backend("liar", 3);
    for (int i = 1; i <= 10; ++i) market.backend("b" + std::to_string(i), 3);
    ASSERT_TRUE(market.routes_all_within(5s));
    const auto before = market.bytes_sent();
    market.run_for(600s);
    const auto after = market.bytes_sent();
    market.promise(liar, make_applications("liar", 1000));
    market.run_for(600s);
    // Three balancers ask 30 times each at most, and call for it as often.
    const std::size_t asked = market.written(Letter::Kind::Question);
    EXPECT_GE(asked, 45U);
    EXPECT_LE(asked, 90U);
    EXPECT_LE(market.written(Letter::Kind::Call), asked);
    EXPECT_EQ(market.written(Letter::Kind::Answer), 0U);
    const auto last = market.bytes_sent();
    for (std::size_t i = 0; i < before.size(); ++i) {
        // 100 B/s more than without it.
        EXPECT_LE(last[i] - after[i], after[i] - before[i] + 60'000U)
            << market.hosts()[i].spec().name;
    }
}

TEST(Exchange, asks_nobody_who_left_or_died) {
    Market market(2);
    const HostId leaver = market.backend("b1", 3);
    const HostId victim = market.backend("b2", 3);
    ASSERT_TRUE(market.routes_all_within(5s));
    market.promise(leaver, make_applications("b1", 100));
    market.promise(victim, make_applications("b2", 100));
    market.run_for(5s);
    EXPECT_GT(market.written_to("b1"), 0U);
    EXPECT_GT(market.written_to("b2"), 0U);
    market.leave(leaver);
    market.kill(victim, true);
    ASSERT_TRUE(market.all_see_within(30s, leaver, State::Left));
    ASSERT_TRUE(market.all_see_within(30s, victim, State::Dead));
    const std::size_t written = market.letters().size();
    market.run_for(3600s);
    EXPECT_EQ(market.letters().size(), written);
}

TEST(Exchange, is_not_needed_by_a_balancer_that_remembers) {
    Market market(2);
    for (int i = 1; i <= 3; ++i) market.backend("b" + std::to_string(i), 100);
    ASSERT_TRUE(market.routes_all_within(5s));
    market.kill(market.lbs[1]);
    market.run_for(20s);
    const std::size_t written = market.letters().size();
    market.restart(market.lbs[1]);
    // Before the cluster has said a word, and from then on.
    market.run_for(100ms);
    EXPECT_FALSE(find_misrouted(market));
    market.join(market.lbs[1], {market.lbs[0]});
    for (int look = 0; look < 100; ++look) {
        market.run_for(100ms);
        EXPECT_FALSE(find_misrouted(market));
    }
    EXPECT_EQ(market.letters().size(), written);
}

TEST(Exchange, tells_a_balancer_that_remembers_what_has_changed_meanwhile) {
    Market market(2);
    const HostId backend = market.backend("b1", 100);
    ASSERT_TRUE(market.routes_all_within(5s));
    market.kill(market.lbs[1]);
    market.set_applications(backend, make_applications("b1", 100, 1));
    market.run_for(20s);
    market.restart(market.lbs[1]);
    market.run_for(100ms);
    EXPECT_EQ(market.edition(market.lbs[1]), 0);
    market.join(market.lbs[1], {market.lbs[0]});
    EXPECT_TRUE(market.routes_all_within(5s));
}

TEST(Exchange, teaches_a_balancer_that_has_lost_its_memory) {
    Options options = trading();
    options.remembers = false;
    Market market(2, options);
    for (int i = 1; i <= 3; ++i) market.backend("b" + std::to_string(i), 100);
    ASSERT_TRUE(market.routes_all_within(5s));
    market.kill(market.lbs[1]);
    market.restart(market.lbs[1]);
    EXPECT_EQ(market.routes(market.lbs[1]), 0U);
    market.join(market.lbs[1], {market.lbs[0]});
    EXPECT_TRUE(market.routes_all_within(5s));
}

}  // namespace
}  // namespace scrimp::sim
