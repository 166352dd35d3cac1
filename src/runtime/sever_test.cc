#include "runtime/sever.h"

#include <cerrno>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace scrimp::runtime {
namespace {

/// A listener on loopback and a connection to it, that nobody has accepted yet.
class Pair {
  public:
    explicit Pair(const char* ip) : server_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        inet_pton(AF_INET, ip, &address.sin_addr);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(server_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(server_, 4), 0);
        getsockname(server_, reinterpret_cast<sockaddr*>(&address), &size);
        endpoint_ = *parse_ip(ip, ntohs(address.sin_port));
        client_ = socket(AF_INET, SOCK_STREAM, 0);
        EXPECT_EQ(connect(client_, reinterpret_cast<sockaddr*>(&address), size), 0);
    }
    ~Pair() {
        close(client_);
        close(server_);
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
    /// EAGAIN: the connection lives, and nothing was said.
    [[nodiscard]] int error_of_reading() const {
        char byte = 0;
        return recv(client_, &byte, 1, MSG_DONTWAIT) < 0 ? errno : 0;
    }

  private:
    int server_;
    int client_ = -1;
    Endpoint endpoint_;
};

TEST(Sever, ends_the_connections_to_one_endpoint_and_no_others) {
    const Pair vanished("127.0.0.21");
    const Pair neighbour("127.0.0.22");
    const auto severed = sever(vanished.endpoint());
    if (!severed) GTEST_SKIP() << severed.error().message;
    EXPECT_EQ(*severed, 1);
    EXPECT_EQ(vanished.error_of_reading(), ECONNABORTED);
    EXPECT_EQ(neighbour.error_of_reading(), EAGAIN);
}

TEST(Sever, finds_nothing_where_nothing_is) {
    Endpoint nowhere = *parse_ip("127.0.0.23", 9);
    const auto severed = sever(nowhere);
    if (!severed) GTEST_SKIP() << severed.error().message;
    EXPECT_EQ(*severed, 0);
    nowhere = *parse_ip("::1", 9);
    EXPECT_EQ(sever(nowhere).value_or(99), 0);
}

}  // namespace
}  // namespace scrimp::runtime
