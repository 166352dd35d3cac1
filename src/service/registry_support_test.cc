// What the registry does with types of applications that its balancer does not support.
#include <gtest/gtest.h>

#include "service/hearing_test.h"

namespace scrimp::service {
namespace {

Application typed(const std::string& name, std::uint16_t listen_port, Protocol protocol) {
    return {.name = *Name::parse(name),
            .listen_port = listen_port,
            .application_port = 8080,
            .protocol = protocol,
            .domains = {*Domain::parse(name + ".example")}};
}

TEST(Registry, refuses_types_it_does_not_support_in_words) {
    Hearing hearing({.protocols = {Protocol::Http}, .listen_ports = {{443, 443}, {8000, 8999}}});
    const Bytes metadata = encode_metadata(Role::Backend, {typed("good", 8999, Protocol::Http),
                                                           typed("port", 9000, Protocol::Http),
                                                           typed("tls", 443, Protocol::Https)})
                               ->bytes;
    hearing.tell(Change::Joined, "b1", metadata);
    EXPECT_EQ(hearing.routes(), 1u);
    EXPECT_EQ(hearing.refusals(),
              (Texts{"b1 port listen-port: 9000 is not supported by this balancer; "
                     "supported-listen-ports lists 443, 8000-8999",
                     "b1 tls protocol: https is not supported by this balancer; "
                     "supported-protocols lists http"}));
    hearing.now += 1s;
    hearing.registry.set_support(hearing.now, {});
    hearing.settle();
    EXPECT_EQ(hearing.routes(), 3u);
    EXPECT_TRUE(hearing.registry.refusals().empty());
    hearing.registry.set_support(hearing.now, {});
    EXPECT_EQ(hearing.registry.next_deadline(), never);
    hearing.registry.set_support(hearing.now, {.protocols = {Protocol::Https}, .listen_ports = {}});
    hearing.now += 1s;
    hearing.settle();
    EXPECT_TRUE(hearing.routes_to("tls"));
    EXPECT_EQ(hearing.routes(), 1u);
}

TEST(Support, lists_no_more_ports_than_a_line_of_the_log_holds) {
    std::vector<PortRange> ranges;
    for (std::uint16_t port = 1; port <= 9; ++port) ranges.push_back({port, port});
    EXPECT_EQ(unsupported({{}, ranges}, typed("a", 10, Protocol::Http)),
              "listen-port: 10 is not supported by this balancer; supported-listen-ports lists "
              "1, 2, 3, 4, 5, 6, 7, 8 and more");
}

}  // namespace
}  // namespace scrimp::service
