// What the registry does with those who may not announce what they announce.
#include <gtest/gtest.h>

#include "service/hearing_test.h"

namespace scrimp::service {
namespace {

constexpr std::int64_t start = 1795457551;

Bytes announcing(const char* permit, int applications = 2) {
    return encode_metadata(Role::Backend, make_applications("a", applications), {.permit = permit})
        ->bytes;
}

TEST(RegistryOfTheAdmitted, refuses_in_one_line_who_may_announce_nothing) {
    Hearing hearing;
    hearing.registry.set_admission(hearing.now, {.rules = {{.nodes = {"good-*"}}}});
    hearing.tell(Change::Joined, "bad-1", announcing(""));
    hearing.tell(Change::Joined, "lb2", encode_metadata(Role::LoadBalancer, {})->bytes);
    EXPECT_EQ(hearing.routes(), 0u);
    EXPECT_EQ(hearing.refusals(), Texts{"bad-1  admission: no rule names it at 10.0.0.1"});
    hearing.tell(Change::Joined, "good-1", announcing(""));
    EXPECT_EQ(hearing.routes(), 2u);
    hearing.now += 1s;
    hearing.registry.set_admission(hearing.now, {});
    hearing.settle();
    EXPECT_TRUE(hearing.registry.refusals().empty());
    EXPECT_EQ(hearing.registry.table().routes[0].upstreams.size(), 2u);
}

TEST(RegistryOfTheAdmitted, refuses_only_the_applications_that_are_beyond) {
    Hearing hearing;
    const Application first = make_applications("a", 1).front();
    hearing.registry.set_admission(
        hearing.now, {.rules = {{.grant = {.domains = {first.domains.front().text()}}}}});
    hearing.tell(Change::Joined, "b1", announcing(""));
    EXPECT_EQ(hearing.routes(), 1u);
    EXPECT_TRUE(hearing.routes_to(first.name.text()));
    EXPECT_EQ(hearing.refusals().size(), 1u);
}

TEST(RegistryOfTheAdmitted, drops_who_holds_a_permit_when_it_ends) {
    const PermitKey secret{1};
    const std::string permit = *sign_permit({.node = "b*", .expires = start + 30}, secret);
    Hearing hearing;
    hearing.registry.set_admission(
        hearing.now, {.permit_keys = {public_key_of(secret)}, .require_permit = true});
    hearing.registry.handle_clock(hearing.now, start);
    hearing.tell(Change::Joined, "b1", announcing(permit.c_str()));
    hearing.tell(Change::Joined, "b2", announcing(""));
    EXPECT_EQ(hearing.routes(), 2u);
    EXPECT_EQ(hearing.registry.table().routes[0].upstreams.size(), 1u);
    EXPECT_EQ(hearing.refusals(), Texts{"b2  permit: it presents none, and require-permit is set"});
    hearing.now = hearing.registry.next_deadline();
    hearing.registry.handle_clock(hearing.now, start + 30);
    hearing.settle();
    EXPECT_EQ(hearing.routes(), 0u);
    EXPECT_EQ(hearing.refusals().front(), "b1  permit: it has expired");
    // The clock was wrong, and is set back.
    ASSERT_LE(hearing.registry.next_deadline(), hearing.now + 60s);
    hearing.now = hearing.registry.next_deadline();
    hearing.registry.handle_clock(hearing.now, start);
    hearing.settle();
    EXPECT_EQ(hearing.routes(), 2u);
}

}  // namespace
}  // namespace scrimp::service
