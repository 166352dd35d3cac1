#include "runtime/port_prober.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "runtime/clock.h"
#include "runtime/loop_test.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {
namespace {

using boost::asio::ip::tcp;
using service::PortAnswer;

class PortProberTest : public testing::Test {
  protected:
    Endpoint local(const tcp::acceptor& acceptor) {
        return endpoint_of(acceptor.local_endpoint().address(), acceptor.local_endpoint().port());
    }
    PortAnswer ask(const Endpoint& endpoint) {
        answers.clear();
        prober.probe({"b1", endpoint});
        EXPECT_TRUE(run_until(loop, [this] { return !answers.empty(); }));
        return answers.empty() ? PortAnswer::Open : answers.front();
    }

    boost::asio::io_context loop{1};
    std::vector<PortAnswer> answers;
    PortProber prober{
        loop, [this](const service::ProbePort&, PortAnswer answer) { answers.push_back(answer); }};
};

TEST_F(PortProberTest, tells_who_listens_from_who_does_not) {
    tcp::acceptor acceptor(loop, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    const Endpoint endpoint = local(acceptor);
    EXPECT_EQ(ask(endpoint), PortAnswer::Open);
    acceptor.close();
    EXPECT_EQ(ask(endpoint), PortAnswer::Refused);
}

TEST_F(PortProberTest, calls_silence_silence_within_its_patience) {
    // A queue of one that is full: the kernel drops whoever else knocks.
    tcp::acceptor acceptor(loop);
    acceptor.open(tcp::v4());
    acceptor.bind({boost::asio::ip::address_v4::loopback(), 0});
    acceptor.listen(0);
    std::deque<tcp::socket> crowd;
    for (int i = 0; i < 4; ++i) {
        crowd.emplace_back(loop).async_connect(acceptor.local_endpoint(),
                                               [](const boost::system::error_code&) {});
    }
    const Instant began = now();
    EXPECT_EQ(ask(local(acceptor)), PortAnswer::Silent);
    EXPECT_GE(now() - began, port_patience - std::chrono::milliseconds{10});
}

TEST_F(PortProberTest, asks_many_in_turns) {
    tcp::acceptor acceptor(loop, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    const std::size_t many = 3 * port_probes_max;
    for (std::size_t i = 0; i < many; ++i) prober.probe({"b1", local(acceptor)});
    EXPECT_TRUE(run_until(loop, [&] { return answers.size() == many; }));
    for (const PortAnswer answer : answers) EXPECT_EQ(answer, PortAnswer::Open);
}

}  // namespace
}  // namespace scrimp::runtime
