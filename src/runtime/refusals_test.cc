#include "runtime/refusals.h"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "runtime/loop_test.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {
namespace {

using boost::asio::ip::udp;

/// A loopback endpoint that nobody listens at: taken, and given back.
Endpoint closed_port(boost::asio::io_context& loop, const char* ip) {
    const udp::socket taken(loop, udp::endpoint(address_of(*parse_ip(ip)), 0));
    return endpoint_of(taken.local_endpoint().address(), taken.local_endpoint().port());
}

/// What a socket of its family hears after it sent a packet to a closed port of `ip`.
void expect_refusal(bool v6, const char* ip) {
    boost::asio::io_context loop;
    udp::socket socket(loop, v6 ? udp::v6() : udp::v4());
    if (v6) socket.set_option(boost::asio::ip::v6_only(false));
    socket.bind({v6 ? udp::v6() : udp::v4(), 0});
    ask_for_refusals(socket.native_handle());
    EXPECT_FALSE(take_refusal(socket.native_handle()));
    const Endpoint nobody = closed_port(loop, ip);
    socket.send_to(boost::asio::buffer("x", 1), socket_endpoint<udp>(nobody, v6));
    bool woken = false;
    socket.async_wait(udp::socket::wait_read, [&](const auto& error) { woken = !error; });
    ASSERT_TRUE(run_until(loop, [&] { return woken; })) << "a refusal wakes who waits for packets";
    const auto refused = take_refusal(socket.native_handle());
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->by, nobody);
    EXPECT_FALSE(take_refusal(socket.native_handle())) << "told once";
}

TEST(Refusals, are_heard_by_an_ipv4_socket) {
    expect_refusal(false, "127.0.0.1");
}

TEST(Refusals, of_ipv4_hosts_are_heard_by_a_socket_for_both) {
    expect_refusal(true, "127.0.0.1");
}

TEST(Refusals, of_ipv6_hosts_are_heard_by_a_socket_for_both) {
    expect_refusal(true, "::1");
}

}  // namespace
}  // namespace scrimp::runtime
