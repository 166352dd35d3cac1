#include "runtime/http_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "base/scratch_directory_test.h"
#include "runtime/http_request.h"
#include "runtime/loop_test.h"

namespace scrimp::runtime {
namespace {

using boost::asio::local::stream_protocol;
using boost::system::error_code;
using Progress = HttpRequestReader::Progress;

/// Says something to the socket and reads until the server has ended the connection.
class Client {
  public:
    Client(boost::asio::io_context& loop, const std::string& path, std::string words)
        : socket_(loop), words_(std::move(words)) {
        error_code error;
        socket_.connect(stream_protocol::endpoint(path), error);
        EXPECT_FALSE(error) << error.message();
        boost::asio::async_write(socket_, boost::asio::buffer(words_),
                                 [](const error_code&, std::size_t) {});
        read();
    }
    void hang_up() { socket_.close(); }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] const std::string& answer() const { return answer_; }

  private:
    void read() {
        socket_.async_read_some(boost::asio::buffer(chunk_),
                                [this](const error_code& error, std::size_t bytes) {
                                    ended_ = bool{error};
                                    answer_.append(chunk_.data(), bytes);
                                    if (!ended_) read();
                                });
    }

    stream_protocol::socket socket_;
    std::string words_;
    std::string answer_;
    std::array<char, 4096> chunk_{};
    bool ended_ = false;
};

struct HttpServing : testing::Test {
    HttpServing() {
        auto made = HttpServer::listen(
            loop, path, [this](const admin::Request& request, std::shared_ptr<HttpReply> reply) {
                asked.push_back(request);
                handle(request, std::move(reply));
            });
        EXPECT_TRUE(made.has_value()) << made.error().message;
        server = *std::move(made);
    }
    void handle(const admin::Request& request, std::shared_ptr<HttpReply> reply) {
        if (request.path == "/held") {
            held.push_back(std::move(reply));
        } else if (request.path == "/later") {
            later = std::move(reply);
        } else if (request.path != "/nobody") {
            reply->send({.body = request.body + "!"});
        }
    }
    std::string ask(const std::string& words) {
        Client client(loop, path, words);
        EXPECT_TRUE(run_until(loop, [&] { return client.ended(); }));
        return client.answer();
    }

    ScratchDirectory directory;
    std::string path = directory.path() / "admin.sock";
    boost::asio::io_context loop;
    std::vector<admin::Request> asked;
    std::shared_ptr<HttpReply> later;
    std::vector<std::shared_ptr<HttpReply>> held;
    std::unique_ptr<HttpServer> server;
};

}  // namespace

TEST(HttpRequest, is_read_whole_or_byte_by_byte) {
    const std::string words =
        "POST /v1/m%61int?reason=two+words&a=%26&a=second HTTP/1.1\r\nHost: x\r\n"
        "Content-Length: 4\r\n\r\nbodyand more";
    HttpRequestReader at_once;
    EXPECT_EQ(at_once.take(words), Progress::Done);
    HttpRequestReader slowly;
    std::size_t taken = 0;
    while (slowly.take(std::string_view(words).substr(taken++, 1)) == Progress::More) {
    }
    EXPECT_EQ(taken, words.size() - std::string("and more").size());
    for (const HttpRequestReader* reader : {&at_once, &slowly}) {
        EXPECT_EQ(reader->request().method, admin::Method::Post);
        EXPECT_EQ(reader->request().path, "/v1/maint");
        EXPECT_EQ(reader->request().query.at("reason"), "two words");
        EXPECT_EQ(reader->request().query.at("a"), "&");
        EXPECT_EQ(reader->request().body, "body");
    }
}

TEST(HttpRequest, is_refused_when_it_is_none) {
    const auto status = [](const std::string& words) {
        HttpRequestReader reader;
        return reader.take(words) == Progress::Refused ? reader.refusal().status : 0;
    };
    EXPECT_EQ(status("\x16\x03\x01\x02\x00\x01 this is TLS\r\n\r\n"), 400);
    EXPECT_EQ(status("GET nowhere HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status("GET /%zz HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status("GET /%4 HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status("GET /?%=1 HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status("DELETE / HTTP/1.1\r\n\r\n"), 501);
    EXPECT_EQ(status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 501);
    EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), 400);
    EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n"), 413);
    EXPECT_EQ(status("GET / HTTP/1.1\r\nA: " + std::string(http_head_bytes_max, 'a')), 431);
    EXPECT_EQ(status("GET /" + std::string(http_head_bytes_max, 'a')), 431);
}

TEST_F(HttpServing, answers_once_and_ends) {
    const std::string answer = ask("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_NE(answer.find("Content-Length: 3\r\n"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhi!"));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].user, ::getuid());
}

TEST_F(HttpServing, refuses_what_is_no_request_without_asking_anybody) {
    EXPECT_TRUE(ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(asked.empty());
}

TEST_F(HttpServing, says_so_when_the_handler_lets_go_of_the_answer) {
    EXPECT_TRUE(ask("GET /nobody HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 500 "));
}

TEST_F(HttpServing, answers_line_by_line_as_long_as_it_takes) {
    Client client(loop, path, "GET /later HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(run_until(loop, [&] { return later != nullptr; }));
    later->begin_lines(admin::lines_type);
    later->line("one");
    ASSERT_TRUE(run_until(loop, [&] { return client.answer().ends_with("\r\n\r\none\n"); }));
    later->line("two");
    later->end();
    later->line("too late");
    ASSERT_TRUE(run_until(loop, [&] { return client.ended(); }));
    EXPECT_TRUE(client.answer().ends_with("\r\n\r\none\ntwo\n")) << client.answer();
}

TEST_F(HttpServing, sends_all_of_a_large_answer) {
    Client client(loop, path, "GET /later HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(run_until(loop, [&] { return later != nullptr; }));
    const std::string body(8 << 20, 'x');
    later->send({.body = body});
    ASSERT_TRUE(run_until(loop, [&] { return client.ended(); }));
    EXPECT_TRUE(client.answer().ends_with("\r\n\r\n" + body));
}

TEST_F(HttpServing, knows_when_the_client_has_gone) {
    Client client(loop, path, "GET /later HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(run_until(loop, [&] { return later != nullptr; }));
    EXPECT_FALSE(later->gone());
    client.hang_up();
    ASSERT_TRUE(run_until(loop, [&] { return later->gone(); }));
    later->send({.body = "nobody hears this"});
}

TEST_F(HttpServing, holds_no_more_answers_than_it_has_room_for) {
    Client client(loop, path, "GET /later HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(run_until(loop, [&] { return later != nullptr; }));
    later->send({.body = std::string(http_waiting_bytes_max + 1, 'x')});
    ASSERT_TRUE(run_until(loop, [&] { return client.ended(); }));
    EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 503 "));
}

TEST_F(HttpServing, serves_no_more_clients_than_it_has_room_for) {
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i < http_connections_max; ++i) {
        clients.push_back(std::make_unique<Client>(loop, path, "GET / HT"));
    }
    // Those in front of it in the queue are accepted first.
    EXPECT_EQ(ask("GET / HTTP/1.1\r\n\r\n"), "");
    for (const auto& client : clients) client->hang_up();
    ASSERT_TRUE(run_until(loop, [&] { return !ask("GET / HTTP/1.1\r\n\r\n").empty(); }));
}

TEST_F(HttpServing, has_room_again_for_clients_whose_replies_are_still_held) {
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i < http_connections_max; ++i) {
        clients.push_back(std::make_unique<Client>(loop, path, "GET /held HTTP/1.1\r\n\r\n"));
    }
    ASSERT_TRUE(run_until(loop, [&] { return held.size() == http_connections_max; }));
    for (const auto& client : clients) client->hang_up();
    ASSERT_TRUE(run_until(loop, [&] { return !ask("GET / HTTP/1.1\r\n\r\n").empty(); }));
}

TEST_F(HttpServing, takes_the_place_of_a_socket_that_nobody_listens_on) {
    struct stat made{};
    ASSERT_EQ(::stat(path.c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 0777U, 0660U);
    const auto second = HttpServer::listen(loop, path, nullptr);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().message, "another process listens there");

    const std::string stale = directory.path() / "stale.sock";
    stream_protocol::acceptor(loop, stream_protocol::endpoint(stale)).close();
    EXPECT_TRUE(HttpServer::listen(loop, stale, nullptr).has_value());
    EXPECT_NE(::access(stale.c_str(), F_OK), 0) << "removed when the server ends";
}

TEST_F(HttpServing, lets_strangers_in_at_a_pace) {
    const std::string open = directory.path() / "open.sock";
    std::size_t served = 0;
    const auto door = HttpServer::listen(
        loop, open,
        [&](const admin::Request&, const auto& reply) {
            ++served;
            reply->send({});
        },
        HttpDoor::Everybody);
    struct stat made{};
    ASSERT_EQ(::stat(open.c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 0777U, 0666U);
    for (std::size_t i = 0; i < http_pace_max; ++i) {
        Client client(loop, open, "GET / HTTP/1.1\r\n\r\n");
        ASSERT_TRUE(run_until(loop, [&] { return client.ended(); }));
    }
    Client late(loop, open, "GET / HTTP/1.1\r\n\r\n");
    EXPECT_FALSE(ask("GET / HTTP/1.1\r\n\r\n").empty());  // The other door is not concerned.
    EXPECT_FALSE(late.ended());
    EXPECT_EQ(served, http_pace_max);
}

TEST_F(HttpServing, removes_nothing_but_a_socket) {
    const std::string file = directory.path() / "file";
    std::ofstream(file) << "precious";
    EXPECT_FALSE(HttpServer::listen(loop, file, nullptr).has_value());
    EXPECT_FALSE(HttpServer::listen(loop, directory.path() / std::string(120, 'x'), nullptr));
    EXPECT_EQ(::access(file.c_str(), F_OK), 0);
}

}  // namespace scrimp::runtime
