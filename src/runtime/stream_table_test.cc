#include "runtime/stream_table.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>

#include "runtime/loop_test.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using swim::StreamEnd;
using swim::StreamId;

/// One side of connections: a table with what it reported.
struct Side {
    explicit Side(boost::asio::io_context& loop, const Endpoint& local)
        : table(loop, local, scratch,
                {.opened = [this](StreamId id) { opened[id] = true; },
                 .bytes = [this](StreamId id, ByteView bytes) { received[id] += text_of(bytes); },
                 .closed = [this](StreamId id, StreamEnd end) { closed[id] = end; }}) {}

    std::array<std::byte, 4096> scratch;
    std::map<StreamId, bool> opened;
    std::map<StreamId, std::string> received;
    std::map<StreamId, StreamEnd> closed;
    StreamTable table;
};

class Streams : public ::testing::Test {
  protected:
    Streams()
        : acceptor_(loop_, tcp::endpoint(address_of(server_at_), 0)),
          server_(loop_, server_at_),
          client_(loop_, *parse_ip("127.0.0.3")) {
        server_at_.port = acceptor_.local_endpoint().port();
    }

    /// Both ends of one connection: odd at the client, even at the server.
    void connect() {
        bool accepted = false;
        acceptor_.async_accept([&](const error_code& error, tcp::socket socket) {
            ASSERT_FALSE(error);
            dialled_from_ = socket.remote_endpoint().address().to_string();
            server_.table.adopt(near_, std::move(socket));
            accepted = true;
        });
        client_.table.dial(far_, server_at_);
        ASSERT_TRUE(run_until(loop_, [&] { return accepted && client_.opened[far_]; }));
    }

    boost::asio::io_context loop_;
    Endpoint server_at_ = *parse_ip("127.0.0.2");
    tcp::acceptor acceptor_;
    Side server_;
    Side client_;
    StreamId far_{1};
    StreamId near_{2};
    std::string dialled_from_;
};

}  // namespace

TEST_F(Streams, carry_bytes_both_ways) {
    connect();
    client_.table.write(far_, to_bytes("ping"));
    ASSERT_TRUE(run_until(loop_, [&] { return server_.received[near_] == "ping"; }));
    server_.table.write(near_, to_bytes("pong"));
    EXPECT_TRUE(run_until(loop_, [&] { return client_.received[far_] == "pong"; }));
}

TEST_F(Streams, come_from_the_address_we_are_bound_to) {
    connect();
    EXPECT_EQ(dialled_from_, "127.0.0.3");
}

TEST_F(Streams, deliver_everything_written_before_the_close) {
    connect();
    const std::string state(8 * 1024 * 1024, 's');
    server_.table.write(near_, to_bytes(state));
    server_.table.close(near_);
    ASSERT_TRUE(run_until(loop_, [&] { return client_.closed.contains(far_); }));
    EXPECT_EQ(client_.closed[far_], StreamEnd::Closed);
    EXPECT_EQ(client_.received[far_].size(), state.size());
    EXPECT_TRUE(server_.closed.empty()) << "the node closed it and needs no telling";
}

TEST_F(Streams, deliver_an_answer_though_the_question_was_not_read_to_its_end) {
    connect();
    client_.table.write(far_, to_bytes(std::string(1024 * 1024, 'q')));
    server_.table.write(near_, to_bytes("no, thank you"));
    server_.table.close(near_);
    ASSERT_TRUE(run_until(loop_, [&] { return client_.closed.contains(far_); }));
    EXPECT_EQ(client_.received[far_], "no, thank you");
    EXPECT_EQ(client_.closed[far_], StreamEnd::Closed);
}

TEST_F(Streams, answer_a_peer_that_has_shut_its_side) {
    tcp::socket peer(loop_);
    connect();
    acceptor_.async_accept([&](const error_code&, tcp::socket socket) {
        server_.table.adopt(StreamId{4}, std::move(socket));
    });
    peer.connect(socket_endpoint<tcp>(server_at_, false));
    ASSERT_TRUE(run_until(loop_, [&] { return loop_.poll() == 0; }));
    const std::string answer(4 * 1024 * 1024, 'a');
    server_.table.write(StreamId{4}, to_bytes(answer));
    peer.shutdown(tcp::socket::shutdown_send);
    ASSERT_TRUE(run_until(loop_, [&] { return server_.closed.contains(StreamId{4}); }));
    peer.non_blocking(true);
    std::string got;
    std::array<char, 65536> chunk;
    error_code error;
    ASSERT_TRUE(run_until(loop_, [&] {
        for (error = {}; !error;) {
            const std::size_t bytes = peer.read_some(boost::asio::buffer(chunk), error);
            got.append(chunk.data(), bytes);
        }
        return error == boost::asio::error::eof;
    }));
    EXPECT_EQ(got.size(), answer.size());
}

TEST_F(Streams, report_a_peer_that_closes) {
    connect();
    client_.table.write(far_, to_bytes("bye"));
    client_.table.close(far_);
    ASSERT_TRUE(run_until(loop_, [&] { return server_.closed.contains(near_); }));
    EXPECT_EQ(server_.closed[near_], StreamEnd::Closed);
    EXPECT_EQ(server_.received[near_], "bye");
}

TEST_F(Streams, report_where_nobody_listens) {
    acceptor_.close();
    client_.table.dial(far_, server_at_);
    ASSERT_TRUE(run_until(loop_, [&] { return client_.closed.contains(far_); }));
    EXPECT_EQ(client_.closed[far_], StreamEnd::Refused);
}

TEST_F(Streams, break_off_with_a_peer_that_does_not_read) {
    connect();
    server_.table.write(near_, Bytes(outbox_bytes_max));
    server_.table.write(near_, Bytes(outbox_bytes_max));
    ASSERT_TRUE(run_until(loop_, [&] { return server_.closed.contains(near_); }));
    EXPECT_EQ(server_.closed[near_], StreamEnd::Broken);
}

TEST_F(Streams, ignore_calls_about_what_is_gone) {
    client_.table.write(StreamId{77}, to_bytes("?"));
    client_.table.close(StreamId{77});
    loop_.poll();
    EXPECT_TRUE(client_.closed.empty());
}

}  // namespace scrimp::runtime
