#include "service/memory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "service/list_test.h"
#include "service/registry.h"

namespace scrimp::service {
namespace {

Remembered member(const std::string& name, std::string_view address, Bytes metadata) {
    return {
        .member_name = name, .endpoint = *parse_ip(address, 9999), .metadata = std::move(metadata)};
}

bool same(const Remembered& a, const Remembered& b) {
    return a.member_name == b.member_name && a.endpoint == b.endpoint && a.metadata == b.metadata;
}

const Bytes balancer = encode_metadata(Role::LoadBalancer, {})->bytes;
const Bytes backend =
    encode_metadata(Role::Backend, {{.name = *Name::parse("shop"),
                                     .listen_port = 443,
                                     .application_port = 8080,
                                     .protocol = Protocol::Http,
                                     .domains = {*Domain::parse("shop.example")}}})
        ->bytes;

TEST(Memory, comes_back_whole_with_balancers_first) {
    const std::vector<Remembered> members = {
        member("b2", "fd00::7", backend), member("stranger", "10.0.0.3", {}),
        member("b1", "10.0.0.2", backend), member("lb", "10.0.0.1", balancer)};
    const auto back = parse_memory(render_memory(members));
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(back->size(), 4u);
    EXPECT_TRUE(same((*back)[0], members[3]));
    EXPECT_TRUE(same((*back)[1], members[2]));
    EXPECT_TRUE(same((*back)[2], members[0]));
    EXPECT_TRUE(same((*back)[3], members[1]));
}

TEST(Memory, is_a_text_that_a_person_can_read) {
    EXPECT_EQ(render_memory({member("lb", "10.0.0.1", {})}),
              "{\"members\":[{\"address\":\"10.0.0.1\",\"metadata\":\"\",\"name\":\"lb\","
              "\"port\":9999,\"role\":\"unknown\"}],\"version\":1}\n");
    EXPECT_NE(render_memory({member("b", "10.0.0.1", backend)}).find("\"role\":\"backend\""),
              std::string::npos);
}

TEST(Memory, restores_a_registry) {
    Registry registry;
    registry.restore(Instant{}, *parse_memory(render_memory({member("lb", "10.0.0.1", balancer),
                                                             member("b1", "10.0.0.2", backend)})));
    ASSERT_EQ(registry.table().routes.size(), 1u);
    EXPECT_EQ(registry.table().routes[0].upstreams[0].endpoint.text(), "10.0.0.2:8080");
}

TEST(Memory, holds_each_list_once_and_gives_it_to_all_who_announce_it) {
    const LongList list("pool");
    const auto text = std::make_shared<const std::string>(list.text);
    std::vector<Remembered> members = {member("b1", "10.0.0.1", list.metadata),
                                       member("b2", "10.0.0.2", list.metadata),
                                       member("b3", "10.0.0.3", backend)};
    for (Remembered& each : members) each.list_text = text;
    const std::string memory = render_memory(members);
    EXPECT_LE(memory.size(), 2 * list.text.size());
    const auto back = parse_memory(memory);
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), 3u);
    EXPECT_EQ(*(*back)[0].list_text, list.text);
    EXPECT_EQ((*back)[0].list_text, (*back)[1].list_text);
    EXPECT_EQ((*back)[2].list_text, nullptr);
    EXPECT_EQ(lists_of(*back).size(), 1u);

    Registry registry;
    registry.restore(Instant{}, *back);
    EXPECT_EQ(registry.table().routes.size(), 101u);
}

TEST(Memory, believes_no_list_that_is_not_what_the_metadata_says) {
    const LongList list("b");
    std::string changed = list.text;
    changed[changed.find("443")] = '5';
    Remembered one = member("b1", "10.0.0.1", list.metadata);
    one.list_text = std::make_shared<const std::string>(changed);
    const auto back = parse_memory(render_memory({one}));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), 1u);
    EXPECT_EQ((*back)[0].list_text, nullptr);
    for (const char* lists : {"7", "[7,null,[],\"\"]", "{}"}) {
        EXPECT_TRUE(
            parse_memory(std::string(R"({"version":1,"members":[],"lists":)") + lists + "}"));
    }
}

TEST(Memory, leaves_out_lists_that_are_too_long_together_or_not_plain) {
    std::vector<Remembered> many;
    for (int i = 0; i < 4; ++i) {
        // Four lists of 1.5 MB, of which two fit; quotes take two bytes each.
        const std::string text =
            "[" + std::string(1'500'000 + static_cast<std::size_t>(i), '"') + "]";
        Remembered one = member(
            "b" + std::to_string(i), "10.0.0.1",
            pack(R"({"type":"backend","count":9,"digest":")" + digest_of(text).text() + "\"}"));
        one.list_text = std::make_shared<const std::string>(text);
        many.push_back(one);
    }
    const std::string control("[\0\xff]", 4);
    Remembered odd = member(
        "a", "10.0.0.1",
        pack(R"({"type":"backend","count":9,"digest":")" + digest_of(control).text() + "\"}"));
    odd.list_text = std::make_shared<const std::string>(control);
    many.push_back(odd);
    const std::string memory = render_memory(many);
    EXPECT_LE(memory.size(), memory_bytes_max);
    const auto back = parse_memory(memory);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->size(), 5u);
    EXPECT_EQ(lists_of(*back).size(), 2u);
    EXPECT_EQ(back->front().list_text, nullptr);
}

TEST(Memory, forgets_members_it_could_not_write_down_plainly) {
    Remembered no_port = member("b1", "10.0.0.1", backend);
    no_port.endpoint.port = 0;
    EXPECT_TRUE(parse_memory(render_memory({member("b\n", "10.0.0.1", backend),
                                            member("\xff", "10.0.0.1", backend),
                                            member("", "10.0.0.1", backend),
                                            member(std::string(256, 'x'), "10.0.0.1", backend),
                                            member("big", "10.0.0.1", Bytes(513)), no_port}))
                    ->empty());
}

TEST(Memory, is_bounded_both_ways) {
    std::vector<Remembered> many;
    many.reserve(remembered_max + 11);
    for (std::size_t i = 0; i < remembered_max + 10; ++i) {
        many.push_back(member("b" + std::to_string(i), "10.0.0.1", Bytes(512)));
    }
    many.push_back(member("lb", "10.0.0.1", balancer));
    const std::string text = render_memory(many);
    EXPECT_LE(text.size(), memory_bytes_max);
    const auto back = parse_memory(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->size(), remembered_max);
    EXPECT_EQ(back->front().member_name, "lb");
    EXPECT_FALSE(parse_memory(std::string(memory_bytes_max + 1, ' ')));
}

TEST(Memory, leaves_out_a_member_at_fault_and_refuses_what_is_no_memory) {
    const auto back = parse_memory(
        R"({"version":1,"members":[7,{},{"name":"a"},
            {"name":"b","address":"10.0.0.256","port":1,"metadata":""},
            {"name":"c","address":"0.0.0.0","port":1,"metadata":""},
            {"name":"d","address":"10.0.0.1","port":0,"metadata":""},
            {"name":"e","address":"10.0.0.1","port":1,"metadata":"0"},
            {"name":"f","address":"10.0.0.1","port":1,"metadata":"00","later":true}]})");
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), 1u);
    EXPECT_EQ((*back)[0].member_name, "f");
    for (const char* text : {"", "{}", "[]", R"({"version":2,"members":[]})", R"({"version":1})",
                             R"({"version":1,"members":{}})", R"({"version":1,"members":[)"}) {
        EXPECT_FALSE(parse_memory(text)) << text;
    }
}

}  // namespace
}  // namespace scrimp::service
