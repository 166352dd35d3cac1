#include "service/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/random.h"

namespace scrimp::service {
namespace {

using namespace std::chrono_literals;
using swim::Change;

struct Spec {
    std::string name = "shop";
    std::uint16_t listen_port = 443;
    std::uint16_t application_port = 8080;
    std::vector<std::string> domains = {"shop.example"};
    Protocol protocol = Protocol::Http;
};

Application make(const Spec& spec) {
    Application application{.name = *Name::parse(spec.name),
                            .listen_port = spec.listen_port,
                            .application_port = spec.application_port,
                            .protocol = spec.protocol,
                            .domains = {}};
    for (const auto& domain : spec.domains) {
        application.domains.push_back(*Domain::parse(domain));
    }
    std::ranges::sort(application.domains);
    return application;
}

Bytes announce(const std::vector<Spec>& specs) {
    std::vector<Application> applications;
    for (const Spec& spec : specs) applications.push_back(make(spec));
    return encode_metadata(Role::Backend, applications)->bytes;
}

/// A registry with a clock and short words for what the cluster says.
class Cluster {
  public:
    explicit Cluster(std::vector<std::uint16_t> reserved_ports = {})
        : registry(std::move(reserved_ports)) {}

    void hear(Change change, const std::string& name, const std::string& address,
              const Bytes& metadata) {
        auto profile = std::make_shared<swim::Profile>();
        profile->name = name;
        profile->endpoint = *parse_ip(address, 9999);
        profile->metadata = metadata;
        swim::Member member;
        member.profile = std::move(profile);
        registry.handle_event(now, {.change = change, .member = member});
    }
    void tell(Change change, const std::string& name, const std::string& address,
              const Bytes& metadata) {
        now += 1s;
        hear(change, name, address, metadata);
        if (registry.next_deadline() <= now) registry.handle_deadline(now);
    }
    void join(const std::string& name, const std::string& address, const Bytes& metadata) {
        tell(Change::Joined, name, address, metadata);
    }

    /// "shop:443 b1@10.0.0.1:8080 b2@…", a line a route.
    [[nodiscard]] std::string table() const {
        std::string text;
        for (const Route& route : registry.table().routes) {
            text +=
                route.application.name.text() + ":" + std::to_string(route.application.listen_port);
            for (const Upstream& upstream : route.upstreams) {
                text += " " + upstream.member_name + "@" + upstream.endpoint.text();
            }
            text += "\n";
        }
        return text;
    }

    /// All actions since the last call; a change of the table reads "changed".
    std::vector<std::string> actions() {
        std::vector<std::string> texts;
        while (const auto action = registry.poll_action()) {
            if (const auto* refusal = std::get_if<Refusal>(&*action)) {
                texts.push_back(refusal->member_name + " " + refusal->application + " " +
                                refusal->reason);
            } else {
                texts.emplace_back("changed");
            }
        }
        return texts;
    }

    Registry registry;
    Instant now{};
};

using Texts = std::vector<std::string>;

TEST(Registry, pools_backends_of_equal_applications_and_sorts_them) {
    Cluster cluster;
    cluster.join("b2", "10.0.0.2", announce({{}}));
    cluster.join("b1", "10.0.0.1", announce({{}, {.name = "admin", .domains = {"a.example"}}}));
    EXPECT_EQ(cluster.table(),
              "admin:443 b1@10.0.0.1:8080\n"
              "shop:443 b1@10.0.0.1:8080 b2@10.0.0.2:8080\n");
    EXPECT_EQ(cluster.registry.table().revision, 2u);
    EXPECT_EQ(cluster.actions(), Texts{"changed"});
}

TEST(Registry, is_the_same_table_in_whatever_order_members_come) {
    const std::vector<std::pair<std::string, Bytes>> members = {
        {"b1", announce({{}})},
        {"b2", announce({{}})},
        {"b3", announce({{.application_port = 9090}})},
        {"b4", announce({{.name = "admin", .domains = {"a.example"}}})}};
    Cluster forth;
    Cluster back;
    for (std::size_t i = 0; i < members.size(); ++i) {
        for (auto* cluster : {&forth, &back}) {
            const auto& [name, metadata] =
                cluster == &forth ? members[i] : members[members.size() - 1 - i];
            cluster->join(name, "10.0.0." + name.substr(1), metadata);
        }
    }
    EXPECT_EQ(forth.table(), back.table());
    EXPECT_EQ(forth.registry.refusals(), back.registry.refusals());
}

TEST(Registry, keeps_suspects_and_drops_who_left_or_failed) {
    Cluster cluster;
    for (const char* name : {"b1", "b2", "b3"}) {
        cluster.join(name, std::string("10.0.0.") + name[1], announce({{}}));
    }
    (void)cluster.actions();
    cluster.tell(Change::Suspected, "b1", "10.0.0.1", announce({{}}));
    EXPECT_EQ(cluster.actions(), Texts{});
    cluster.tell(Change::Failed, "b1", "10.0.0.1", announce({{}}));
    cluster.tell(Change::Left, "b3", "10.0.0.3", announce({{}}));
    EXPECT_EQ(cluster.table(), "shop:443 b2@10.0.0.2:8080\n");
    cluster.tell(Change::Failed, "b2", "10.0.0.2", announce({{}}));
    EXPECT_EQ(cluster.table(), "");
    EXPECT_EQ(cluster.actions(), Texts{"changed"});
}

TEST(Registry, follows_a_member_that_moves_or_announces_anew) {
    Cluster cluster;
    cluster.join("b1", "10.0.0.1", announce({{}}));
    cluster.tell(Change::Updated, "b1", "10.0.0.9", announce({{}}));
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.9:8080\n");
    cluster.tell(Change::Updated, "b1", "10.0.0.9", announce({{.application_port = 9090}}));
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.9:9090\n");
    cluster.tell(Change::Updated, "b1", "fd00::7", announce({{}}));
    EXPECT_EQ(cluster.table(), "shop:443 b1@[fd00::7]:8080\n");
    cluster.tell(Change::Updated, "b1", "10.0.0.9", announce({}));
    EXPECT_EQ(cluster.table(), "");
}

TEST(Registry, says_nothing_when_nothing_changed) {
    Cluster cluster;
    cluster.join("b1", "10.0.0.1", announce({{}}));
    (void)cluster.actions();
    const auto revision = cluster.registry.table().revision;
    cluster.tell(Change::Recovered, "b1", "10.0.0.1", announce({{}}));
    EXPECT_EQ(cluster.actions(), Texts{});
    EXPECT_EQ(cluster.registry.table().revision, revision);
}

TEST(Registry, makes_one_table_of_a_burst_and_leaves_a_pause_behind_it) {
    Cluster cluster;
    cluster.hear(Change::Joined, "lb2", "10.0.0.8", encode_metadata(Role::LoadBalancer, {})->bytes);
    cluster.hear(Change::Joined, "stranger", "10.0.0.7", {});
    EXPECT_EQ(cluster.registry.next_deadline(), never);
    const Instant first = cluster.now;
    for (const char* name : {"b1", "b2", "b3"}) {
        cluster.hear(Change::Joined, name, std::string("10.0.0.") + name[1], announce({{}}));
        cluster.now += 1ms;
    }
    EXPECT_EQ(cluster.registry.next_deadline(), first);
    cluster.registry.handle_deadline(cluster.now);
    EXPECT_EQ(cluster.registry.table().revision, 1u);
    EXPECT_EQ(cluster.registry.table().routes.at(0).upstreams.size(), 3u);
    cluster.hear(Change::Left, "b3", "10.0.0.3", announce({{}}));
    EXPECT_EQ(cluster.registry.next_deadline(), cluster.now + rebuild_pause);
}

TEST(Registry, gives_a_name_to_most_backends_then_to_the_one_who_has_it_then_to_the_lesser) {
    Cluster cluster;
    const Bytes old_port = announce({{.application_port = 9090}});
    const Bytes new_port = announce({{.application_port = 8080}});
    cluster.join("b1", "10.0.0.1", old_port);
    cluster.join("b2", "10.0.0.2", old_port);
    cluster.join("b3", "10.0.0.3", old_port);
    // A rolling update: the old port serves until most backends have the new one.
    cluster.tell(Change::Updated, "b1", "10.0.0.1", new_port);
    EXPECT_EQ(cluster.table(), "shop:443 b2@10.0.0.2:9090 b3@10.0.0.3:9090\n");
    cluster.tell(Change::Updated, "b2", "10.0.0.2", new_port);
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080 b2@10.0.0.2:8080\n");
    // A tie leaves things as they are, though the other is the greater.
    cluster.join("b4", "10.0.0.4", old_port);
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080 b2@10.0.0.2:8080\n");
    cluster.tell(Change::Failed, "b1", "10.0.0.1", new_port);
    cluster.tell(Change::Failed, "b2", "10.0.0.2", new_port);
    EXPECT_EQ(cluster.table(), "shop:443 b3@10.0.0.3:9090 b4@10.0.0.4:9090\n");
    EXPECT_TRUE(cluster.registry.refusals().empty());
}

TEST(Registry, keeps_the_incumbent_of_a_tie_and_else_takes_the_lesser) {
    const Bytes lesser = announce({{.application_port = 8080}});
    const Bytes greater = announce({{.application_port = 9090}});
    Cluster cluster;
    cluster.join("b9", "10.0.0.9", greater);
    cluster.join("b1", "10.0.0.1", lesser);
    EXPECT_EQ(cluster.table(), "shop:443 b9@10.0.0.9:9090\n");

    Cluster fresh;
    fresh.registry.restore(
        fresh.now, {{"b9", *parse_ip("10.0.0.9"), greater}, {"b1", *parse_ip("10.0.0.1"), lesser}});
    EXPECT_EQ(fresh.table(), "shop:443 b1@10.0.0.1:8080\n");
}

TEST(Registry, refuses_a_later_claim_once_and_routes_it_when_the_holder_is_gone) {
    Cluster cluster;
    cluster.join("b1", "10.0.0.1", announce({{}}));
    cluster.join("b2", "10.0.0.2", announce({{.application_port = 9090}}));
    EXPECT_EQ(cluster.actions(),
              (Texts{"b2 shop name: held by another application of that name, listen-port 443, "
                     "application-port 8080, http, domain 'shop.example'",
                     "changed"}));
    cluster.join("b3", "10.0.0.3", announce({{}}));
    EXPECT_EQ(cluster.actions(), Texts{"changed"});
    EXPECT_EQ(cluster.registry.refusals().size(), 1u);
    cluster.tell(Change::Left, "b1", "10.0.0.1", announce({{}}));
    cluster.tell(Change::Left, "b3", "10.0.0.3", announce({{}}));
    EXPECT_EQ(cluster.table(), "shop:443 b2@10.0.0.2:9090\n");
    EXPECT_TRUE(cluster.registry.refusals().empty());
}

TEST(Registry, gives_a_domain_on_a_port_to_one_application) {
    Cluster cluster;
    cluster.join("b1", "10.0.0.1", announce({{}}));
    cluster.join("b2", "10.0.0.2",
                 announce({{.name = "thief", .domains = {"other.example", "SHOP.example"}},
                           {.name = "fine", .listen_port = 8443},
                           {.name = "wild", .domains = {"*.example"}}}));
    EXPECT_EQ(cluster.table(),
              "fine:8443 b2@10.0.0.2:8080\n"
              "shop:443 b1@10.0.0.1:8080\n"
              "wild:443 b2@10.0.0.2:8080\n");
    ASSERT_EQ(cluster.registry.refusals().size(), 1u);
    EXPECT_EQ(cluster.registry.refusals()[0],
              (Refusal{"b2", "thief", "domains: 'shop.example' on port 443 is held by 'shop'"}));
}

TEST(Registry, takes_names_that_differ_in_capitals_only_for_one) {
    Cluster cluster;
    cluster.join("b1", "10.0.0.1", announce({{}}));
    cluster.join("b2", "10.0.0.2", announce({{.name = "SHOP", .domains = {"b.example"}}}));
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080\n");
    EXPECT_EQ(cluster.registry.refusals().size(), 1u);
}

TEST(Registry, settles_a_member_that_contradicts_itself) {
    Cluster cluster;
    cluster.join("b1", "10.0.0.1", announce({{}, {.application_port = 9090}}));
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080\n");
    EXPECT_EQ(cluster.registry.refusals().size(), 1u);
}

TEST(Registry, refuses_the_ports_the_balancer_listens_on) {
    Cluster cluster({80});
    cluster.join("b1", "10.0.0.1",
                 announce({{}, {.name = "plain", .listen_port = 80, .domains = {"p.example"}}}));
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080\n");
    EXPECT_EQ(cluster.actions(),
              (Texts{"b1 plain listen-port: the balancer itself listens on 80", "changed"}));
}

TEST(Registry, names_node_and_reason_of_an_announcement_at_fault) {
    Cluster cluster;
    cluster.join("evil\n\x1b[2J", "10.0.0.6", to_bytes("no gzip"));
    EXPECT_EQ(cluster.actions(), Texts{"evil\\x0a\\x1b[2J  metadata: is not gzip, or cut short"});
    cluster.tell(Change::Recovered, "evil\n\x1b[2J", "10.0.0.6", to_bytes("no gzip"));
    EXPECT_EQ(cluster.actions(), Texts{});
}

TEST(Registry, reports_a_few_of_a_members_refusals_and_counts_the_rest) {
    Cluster cluster({443});
    std::vector<Spec> specs;
    for (int i = 0; i < 20; ++i) {
        specs.push_back({.name = "a" + std::to_string(i), .domains = {"a.example"}});
    }
    cluster.join("b1", "10.0.0.1", announce(specs));
    const Texts actions = cluster.actions();
    ASSERT_EQ(actions.size(), refusals_per_member_max);
    EXPECT_NE(std::ranges::find(actions, "b1 others 5 more applications are not routed"),
              actions.end());
}

TEST(Registry, begins_with_what_was_remembered_until_the_cluster_has_spoken) {
    Cluster cluster;
    cluster.registry.restore(cluster.now, {{"b1", *parse_ip("10.0.0.1"), announce({{}})},
                                           {"b2", *parse_ip("10.0.0.2"), announce({{}})},
                                           {"broken", *parse_ip("10.0.0.3"), Bytes(7)}});
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080 b2@10.0.0.2:8080\n");
    EXPECT_EQ(cluster.actions(), Texts{"changed"});
    // Nobody in sight for a day: what was good stays.
    EXPECT_EQ(cluster.registry.next_deadline(), never);
    cluster.now += 24h;
    cluster.registry.handle_deadline(cluster.now);
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080 b2@10.0.0.2:8080\n");
    // One comes back: the other has its grace.
    cluster.join("b1", "10.0.0.1", announce({{}}));
    EXPECT_EQ(cluster.actions(), Texts{});
    ASSERT_EQ(cluster.registry.next_deadline(), cluster.now + confirmation_grace);
    cluster.registry.handle_deadline(cluster.now + confirmation_grace - 1ns);
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080 b2@10.0.0.2:8080\n");
    cluster.registry.handle_deadline(cluster.now + confirmation_grace);
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080\n");
    EXPECT_EQ(cluster.actions(), Texts{"changed"});
    EXPECT_EQ(cluster.registry.next_deadline(), never);
}

TEST(Registry, asks_for_no_deadline_once_all_that_was_remembered_is_confirmed) {
    Cluster cluster;
    cluster.registry.restore(cluster.now, {{"b1", *parse_ip("10.0.0.1"), announce({{}})},
                                           {"b2", *parse_ip("10.0.0.2"), announce({{}})}});
    cluster.join("b1", "10.0.0.1", announce({{}}));
    cluster.tell(Change::Failed, "b2", "10.0.0.2", announce({{}}));
    EXPECT_EQ(cluster.registry.next_deadline(), never);
    EXPECT_EQ(cluster.table(), "shop:443 b1@10.0.0.1:8080\n");
}

TEST(Registry, holds_its_promises_whatever_the_cluster_says) {
    Random random(20);
    Cluster cluster({80});
    std::map<std::string, std::set<std::string>> announced;  // member: names of applications
    std::uint64_t revision = 0;
    for (int step = 0; step < 400; ++step) {
        const std::string member = "b" + std::to_string(random.below(std::uint64_t{8}));
        if (random.chance(0.3)) {
            cluster.tell(random.chance(0.5) ? Change::Left : Change::Failed, member, "10.0.0.1",
                         {});
            announced.erase(member);
        } else {
            std::vector<Spec> specs(random.below(std::uint64_t{4}));
            announced[member].clear();
            for (Spec& spec : specs) {
                spec.name = random.chance(0.2) ? "A" : "a";
                if (random.chance(0.5)) spec.name += "b";
                spec.listen_port = random.chance(0.1) ? 80 : 443;
                spec.application_port = random.chance(0.5) ? 8080 : 9090;
                spec.domains = {random.chance(0.5) ? "x.example" : "y.example"};
                announced[member].insert(spec.name);
            }
            cluster.tell(Change::Updated, member, "10.0.0.1", announce(specs));
        }
        const RoutingTable& table = cluster.registry.table();
        ASSERT_TRUE(std::ranges::is_sorted(table.routes));
        ASSERT_GE(table.revision, revision);
        revision = table.revision;
        std::set<std::string> names;
        std::set<std::pair<std::uint16_t, std::string>> domains;
        std::set<std::pair<std::string, std::string>> spoken_for;
        for (const Route& route : table.routes) {
            ASSERT_TRUE(names.insert(route.application.name.folded()).second) << cluster.table();
            ASSERT_NE(route.application.listen_port, 80);
            for (const Domain& domain : route.application.domains) {
                ASSERT_TRUE(domains.emplace(route.application.listen_port, domain.text()).second);
            }
            ASSERT_FALSE(route.upstreams.empty());
            ASSERT_TRUE(std::ranges::is_sorted(route.upstreams));
            for (const Upstream& upstream : route.upstreams) {
                ASSERT_TRUE(announced.contains(upstream.member_name));
                spoken_for.emplace(upstream.member_name, route.application.name.text());
            }
        }
        // Whatever is announced is routed or refused, never just forgotten.
        for (const Refusal& refusal : cluster.registry.refusals()) {
            spoken_for.emplace(refusal.member_name, refusal.application);
        }
        for (const auto& [name, applications] : announced) {
            for (const std::string& application : applications) {
                ASSERT_TRUE(spoken_for.contains({name, application})) << name << application;
            }
        }
    }
    EXPECT_GT(revision, 100u);
}

}  // namespace
}  // namespace scrimp::service
