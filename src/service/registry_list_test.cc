// What the registry does with lists that come by the exchange.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "service/hearing_test.h"

namespace scrimp::service {
namespace {

std::string shown_of(const LongList& list) {
    return std::to_string(encode_metadata(Role::Backend, list.applications)->shown);
}

TEST(RegistryOfLists, routes_what_metadata_shows_until_the_whole_is_known) {
    const LongList list("a", 1'000);
    Hearing hearing;
    hearing.join("b1", list);
    EXPECT_EQ(std::to_string(hearing.routes()), shown_of(list));
    EXPECT_EQ(hearing.backends(), Texts{"b1 " + shown_of(list) + " from its metadata, incomplete"});
    EXPECT_EQ(hearing.learn("b1", list, "lb2"), 1'000u);
    EXPECT_EQ(hearing.routes(), 1'000u);
    EXPECT_EQ(hearing.backends(), Texts{"b1 1000 from lb2"});
    EXPECT_EQ(hearing.refusals(), Texts{});
}

TEST(RegistryOfLists, takes_no_list_that_is_not_announced_now) {
    const LongList list("a");
    const LongList other("b");
    Hearing hearing;
    EXPECT_EQ(hearing.learn("b1", list, "b1"), std::nullopt);
    hearing.join("b1", list);
    EXPECT_EQ(hearing.learn("b1", other, "b1"), std::nullopt);
    EXPECT_EQ(hearing.learn("b2", list, "b2"), std::nullopt);
    EXPECT_EQ(std::to_string(hearing.routes()), shown_of(list));
    EXPECT_EQ(hearing.learn("b1", list, "b1"), 100u);
    const std::uint64_t revision = hearing.registry.table().revision;
    EXPECT_EQ(hearing.learn("b1", list, "lb9"), std::nullopt);
    EXPECT_EQ(hearing.registry.table().revision, revision);
    EXPECT_EQ(hearing.backends(), Texts{"b1 100 from b1"});
}

TEST(RegistryOfLists, keeps_the_list_before_in_force_until_the_new_one_is_known) {
    const LongList old_list("a");
    const LongList new_list("b");
    const LongList newest("c");
    Hearing hearing;
    hearing.join("b1", old_list);
    hearing.learn("b1", old_list, "b1");
    hearing.tell(Change::Updated, "b1", new_list.metadata);
    EXPECT_EQ(hearing.backends(), Texts{"b1 100 from b1, incomplete"});
    EXPECT_TRUE(hearing.routes_to("a-0"));
    EXPECT_EQ(hearing.routes(), 100u);
    hearing.tell(Change::Updated, "b1", newest.metadata);
    EXPECT_EQ(hearing.routes(), 100u);
    hearing.learn("b1", newest, "lb2");
    EXPECT_EQ(hearing.routes(), 100u);
    EXPECT_TRUE(hearing.routes_to("c-0"));
    EXPECT_FALSE(hearing.routes_to("a-0"));
    EXPECT_EQ(hearing.backends(), Texts{"b1 100 from lb2"});
    // A short list says all by itself.
    hearing.tell(Change::Updated, "b1",
                 encode_metadata(Role::Backend, make_applications("d", 2))->bytes);
    EXPECT_EQ(hearing.backends(), Texts{"b1 2 from its metadata"});
    EXPECT_EQ(hearing.routes(), 2u);
}

TEST(RegistryOfLists, keeps_what_metadata_said_whole_while_a_longer_list_is_not_known) {
    const LongList list("b");
    Hearing hearing;
    hearing.tell(Change::Joined, "b1",
                 encode_metadata(Role::Backend, make_applications("a", 2))->bytes);
    hearing.tell(Change::Updated, "b1", list.metadata);
    EXPECT_EQ(hearing.backends(), Texts{"b1 2 from its metadata, incomplete"});
    EXPECT_TRUE(hearing.routes_to("a-0"));
    hearing.learn("b1", list, "b1");
    EXPECT_EQ(hearing.routes(), 100u);
}

TEST(RegistryOfLists, follows_a_member_that_moves_without_asking_again) {
    const LongList list("a");
    Hearing hearing;
    hearing.join("b1", list);
    hearing.learn("b1", list, "b1");
    hearing.now += 1s;
    hearing.registry.handle_event(hearing.now,
                                  event_of(Change::Updated, "b1", "10.0.0.7", list.metadata));
    hearing.settle();
    EXPECT_EQ(hearing.backends(), Texts{"b1 100 from b1"});
    EXPECT_EQ(hearing.registry.table().routes[0].upstreams[0].endpoint.ip_text(), "10.0.0.7");
}

TEST(RegistryOfLists, forgets_the_list_of_a_member_that_is_gone) {
    const LongList list("a");
    Hearing hearing;
    hearing.join("b1", list);
    hearing.learn("b1", list, "b1");
    hearing.tell(Change::Failed, "b1", list.metadata);
    EXPECT_EQ(hearing.routes(), 0u);
    hearing.join("b1", list);
    EXPECT_EQ(std::to_string(hearing.routes()), shown_of(list));
}

TEST(RegistryOfLists, makes_one_table_of_a_burst_of_lists) {
    Hearing hearing;
    std::vector<LongList> lists;
    for (int i = 0; i < 50; ++i) {
        lists.emplace_back("b" + std::to_string(i));
        hearing.join("b" + std::to_string(i), lists.back());
    }
    const std::uint64_t revision = hearing.registry.table().revision;
    hearing.now += 1s;
    for (int i = 0; i < 50; ++i) {
        const LongList& list = lists[static_cast<std::size_t>(i)];
        (void)hearing.registry.handle_list(hearing.now, "b" + std::to_string(i), list.digest,
                                           std::make_shared<const std::string>(list.text), "b");
    }
    hearing.settle();
    EXPECT_EQ(hearing.registry.table().revision, revision + 1);
    EXPECT_EQ(hearing.routes(), 5'000u);
}

TEST(RegistryOfLists, pools_members_with_equal_lists) {
    const LongList list("a");
    Hearing hearing;
    for (const char* name : {"b1", "b2", "b3"}) {
        hearing.join(name, list);
        hearing.learn(name, list, "b1");
    }
    EXPECT_EQ(hearing.routes(), 100u);
    EXPECT_EQ(hearing.registry.table().routes[99].upstreams.size(), 3u);
    const auto views = hearing.registry.backends();
    EXPECT_EQ(views[0].applications.data(), views[2].applications.data());
}

/// Metadata that announces `text`, whatever it is, in `count` applications.
Bytes announcing(const std::string& text, std::size_t count) {
    return pack(R"({"type":"backend","applications":)" +
                render_list(make_applications("shown", 2)) + R"(,"count":)" +
                std::to_string(count) + R"(,"digest":")" + digest_of(text).text() + "\"}");
}

TEST(RegistryOfLists, says_what_is_wrong_with_a_list_and_serves_what_it_has) {
    Hearing hearing;
    hearing.tell(Change::Joined, "b1", announcing("no list", 10));
    EXPECT_EQ(hearing.learn("b1", "no list", "b1"), std::nullopt);
    EXPECT_EQ(hearing.routes(), 2u);
    const Texts refusals = hearing.refusals();
    ASSERT_EQ(refusals.size(), 1u);
    EXPECT_TRUE(refusals[0].starts_with("b1  its list of applications is not the JSON of a list"))
        << refusals[0];
    EXPECT_EQ(hearing.backends(), Texts{"b1 2 from its metadata, incomplete"});
    // Nor is it any better at another address.
    hearing.registry.handle_event(
        hearing.now, event_of(Change::Updated, "b1", "10.0.0.7", announcing("no list", 10)));
    hearing.now += 1s;
    hearing.settle();
    EXPECT_EQ(hearing.registry.table().routes[0].upstreams[0].endpoint.ip_text(), "10.0.0.7");
    EXPECT_EQ(hearing.registry.refusals().size(), 1u);
    EXPECT_EQ(hearing.refusals(), Texts{});
    hearing.tell(Change::Updated, "b1", announcing("another", 10));
    EXPECT_EQ(hearing.registry.refusals().size(), 0u);
}

TEST(RegistryOfLists, counts_each_fault_once) {
    std::string list = "[";
    for (int i = 0; i < 30; ++i) list += "{\"name\":\"bad" + std::to_string(i) + "\"},";
    list.back() = ']';
    Hearing hearing;
    hearing.tell(Change::Joined, "b1",
                 pack(R"({"type":"backend","applications":)" + list + R"(,"count":99,"digest":")" +
                      digest_of("no list").text() + "\"}"));
    hearing.learn("b1", "no list", "b1");
    // Sixteen of the metadata and one of the list.
    ASSERT_EQ(hearing.registry.refusals().size(), refusals_per_member_max);
    EXPECT_TRUE(std::ranges::any_of(hearing.registry.refusals(), [](const Refusal& refusal) {
        return refusal.reason == "2 more applications are not routed";
    }));
}

/// The largest list there may be, of one application.
std::string large_list(const std::string& name) {
    std::string text = render_list(make_applications(name, 1));
    return text.insert(1, list_bytes_max - text.size(), ' ');
}

TEST(RegistryOfLists, lets_the_oldest_lists_of_the_past_go_where_they_are_too_many) {
    constexpr std::size_t room = past_lists_bytes_max / list_bytes_max;
    Hearing hearing;
    for (std::size_t i = 0; i < room + 3; ++i) {
        const std::string name = "b" + std::to_string(i + 10);
        const std::string list = large_list(name);
        hearing.tell(Change::Joined, name, announcing(list, 10));
        EXPECT_EQ(hearing.learn(name, list, name), 1u);
    }
    // All that is announced is in force.
    EXPECT_EQ(hearing.routes(), room + 3);
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < room + 3; ++i) {
            const std::string name = "b" + std::to_string(i + 10);
            hearing.tell(Change::Updated, name, announcing(name + std::to_string(round), 10));
        }
    }
    const Texts views = hearing.backends();
    for (std::size_t i = 0; i < room + 3; ++i) {
        const std::string name = "b" + std::to_string(i + 10);
        const std::string served = i < 3 ? " 2 from its metadata" : " 1 from " + name;
        EXPECT_EQ(views[i], name + served + ", incomplete");
    }
}

TEST(RegistryOfLists, reads_a_text_once_however_often_it_is_announced) {
    const LongList one("a");
    const LongList other("b");
    Hearing hearing;
    std::set<const Application*> seen;
    for (int i = 0; i < 10; ++i) {
        for (const LongList* list : {&one, &other}) {
            hearing.tell(Change::Updated, "b1", list->metadata);
            EXPECT_EQ(hearing.learn("b1", *list, "b1"), 100u);
            seen.insert(hearing.registry.backends()[0].applications.data());
        }
    }
    EXPECT_EQ(seen.size(), 2u);
    // A reading goes with its text.
    hearing.texts.clear();
    hearing.tell(Change::Updated, "b1", one.metadata);
    hearing.learn("b1", one, "b1");
    EXPECT_FALSE(seen.contains(hearing.registry.backends()[0].applications.data()));
}

TEST(RegistryOfLists, says_that_a_count_was_not_true_and_routes_the_list) {
    const std::string text = render_list(make_applications("a", 7));
    Hearing hearing;
    hearing.tell(Change::Joined, "b1", announcing(text, 1'000));
    EXPECT_EQ(hearing.learn("b1", text, "b1"), 7u);
    EXPECT_EQ(hearing.routes(), 7u);
    EXPECT_EQ(hearing.refusals(),
              Texts{"b1  count: its metadata says 1000 applications, the list has 7"});
}

TEST(RegistryOfLists, begins_with_lists_that_were_remembered) {
    const LongList list("a");
    const auto text = std::make_shared<const std::string>(list.text);
    const auto wrong = std::make_shared<const std::string>("[]");
    Hearing hearing;
    hearing.registry.restore(hearing.now,
                             {{"b1", *parse_ip("10.0.0.1", 9999), list.metadata, text},
                              {"b2", *parse_ip("10.0.0.2", 9999), list.metadata, wrong},
                              {"b3", *parse_ip("10.0.0.3", 9999), LongList("z").metadata, wrong}});
    EXPECT_EQ(hearing.backends(),
              (Texts{"b1 100 from our memory", "b2 100 from our memory",
                     "b3 " + shown_of(LongList("z")) + " from our memory, incomplete"}));
    // The cluster says the same: nothing changes.
    const std::uint64_t revision = hearing.registry.table().revision;
    hearing.join("b1", list);
    hearing.join("b2", list);
    EXPECT_EQ(hearing.registry.table().revision, revision + 1);  // b2 is at another address now.
    EXPECT_EQ(hearing.backends().front(), "b1 100 from our memory");
}

TEST(RegistryInABlackout, serves_what_it_knew_until_the_cluster_has_spoken) {
    const LongList list("a");
    Hearing hearing;
    hearing.join("b1", list);
    hearing.learn("b1", list, "b1");
    hearing.join("b2", list);
    hearing.learn("b2", list, "b2");
    hearing.registry.handle_blackout(hearing.now);
    hearing.now += 24h;
    hearing.settle();
    EXPECT_EQ(hearing.routes(), 100u);
    EXPECT_EQ(hearing.registry.next_deadline(), never);
    hearing.join("b1", list);
    EXPECT_EQ(hearing.registry.table().routes[0].upstreams.size(), 2u);
    EXPECT_EQ(hearing.registry.next_deadline(), hearing.now + confirmation_grace);
    hearing.now += confirmation_grace;
    hearing.settle();
    EXPECT_EQ(hearing.registry.table().routes[0].upstreams.size(), 1u);
    EXPECT_EQ(hearing.backends(), Texts{"b1 100 from b1"});
}

}  // namespace
}  // namespace scrimp::service
