#include "app/port_holder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace scrimp::app {
namespace {

TEST(PortHolder, is_named_while_it_listens_and_not_longer) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::uint16_t port = ntohs(address.sin_port);
    EXPECT_TRUE(find_port_holders({{.number = port, .ipv6 = false}}).empty());
    ASSERT_EQ(listen(listener, 1), 0);
    const auto holders = find_port_holders({{.number = port, .ipv6 = false}});
    ASSERT_EQ(holders.size(), 1u);
    EXPECT_EQ(holders[0].port, port);
    EXPECT_EQ(holders[0].pid, getpid());
    EXPECT_FALSE(holders[0].program.empty());
    EXPECT_TRUE(find_port_holders({{.number = port, .ipv6 = true}}).empty());
    close(listener);
    EXPECT_TRUE(find_port_holders({{.number = port, .ipv6 = false}}).empty());
}

}  // namespace
}  // namespace scrimp::app
