#include "runtime/http_client.h"

#include <gtest/gtest.h>

#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "runtime/clock.h"
#include "runtime/loop_test.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

/// Accepts one connection, reads a request and answers with a fixed text.
class OneAnswer {
  public:
    OneAnswer(boost::asio::io_context& loop, std::string answer, bool closes)
        : acceptor_(loop, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
          peer_(loop),
          answer_(std::move(answer)),
          closes_(closes) {
        acceptor_.async_accept(peer_, [this](const error_code& error) {
            if (!error) read();
        });
    }
    [[nodiscard]] Endpoint endpoint() const {
        const tcp::endpoint local = acceptor_.local_endpoint();
        return endpoint_of(local.address(), local.port());
    }
    [[nodiscard]] const std::string& request() const { return request_; }

  private:
    void read() {
        boost::asio::async_read_until(peer_, boost::asio::dynamic_buffer(request_), "\r\n\r\n",
                                      [this](const error_code& error, std::size_t) {
                                          if (error || answer_.empty()) return;
                                          boost::asio::async_write(
                                              peer_, boost::asio::buffer(answer_),
                                              [this](const error_code&, std::size_t) {
                                                  if (closes_) peer_.close();
                                              });
                                      });
    }

    tcp::acceptor acceptor_;
    tcp::socket peer_;
    std::string answer_;
    std::string request_;
    bool closes_;
};

std::optional<Result<std::string>> answer_to(std::string response, bool closes = true) {
    boost::asio::io_context loop;
    const OneAnswer server(loop, std::move(response), closes);
    std::optional<Result<std::string>> outcome;
    const HttpGet get(loop, server.endpoint(), "/generation", 300ms,
                      [&](Result<std::string> result) { outcome = std::move(result); });
    run_until(loop, [&] { return outcome.has_value(); });
    EXPECT_TRUE(server.request().starts_with("GET /generation HTTP/1.0\r\nHost: 127.0.0.1:"));
    return outcome;
}

bool fails_with(const std::optional<Result<std::string>>& outcome, std::string_view reason) {
    return outcome && !*outcome && outcome->error().message.find(reason) != std::string::npos;
}

}  // namespace

TEST(HttpGet, yields_the_body_of_a_200) {
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), "abc");
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\ncontent-LENGTH:3\r\n\r\nabcdef"), "abc");
    EXPECT_EQ(answer_to("HTTP/1.0 200 OK\r\n\r\nuntil the end"), "until the end");
}

TEST(HttpGet, does_not_wait_for_a_server_that_keeps_the_connection) {
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false), "abc");
}

TEST(HttpGet, fails_on_anything_else) {
    EXPECT_TRUE(fails_with(answer_to("HTTP/1.1 404 Not Found\r\n\r\n"), "status 404"));
    EXPECT_TRUE(
        fails_with(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), "cut off"));
    EXPECT_TRUE(fails_with(answer_to("SSH-2.0-OpenSSH_9.2\r\n"), "not HTTP"));
    EXPECT_TRUE(fails_with(answer_to("HTTP/1.\r\n\r\n"), "status 0"));
    EXPECT_TRUE(fails_with(answer_to(std::string(2 * http_response_bytes_max, 'x')), "too large"));
}

TEST(HttpGet, gives_up_on_a_silent_server) {
    const Instant start = now();
    EXPECT_TRUE(fails_with(answer_to("", false), "no answer in time"));
    EXPECT_LT(now() - start, 5s);
}

TEST(HttpGet, fails_where_nobody_listens) {
    boost::asio::io_context loop;
    Endpoint nobody;
    {
        const OneAnswer gone(loop, "", true);
        nobody = gone.endpoint();
    }
    std::optional<Result<std::string>> outcome;
    const HttpGet get(loop, nobody, "/", 5s,
                      [&](Result<std::string> result) { outcome = std::move(result); });
    EXPECT_TRUE(run_until(loop, [&] { return outcome.has_value(); }));
    EXPECT_TRUE(fails_with(outcome, "refused"));
}

}  // namespace scrimp::runtime
