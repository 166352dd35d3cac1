#include "runtime/line_question.h"

#include <gtest/gtest.h>

#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "base/scratch_directory_test.h"
#include "runtime/loop_test.h"

namespace scrimp::runtime {

namespace {

using boost::asio::local::stream_protocol;
using boost::system::error_code;
using namespace std::chrono_literals;

/// Accepts one connection, reads a line and answers with a fixed text, then hangs up or does not.
class OneLine {
  public:
    OneLine(boost::asio::io_context& loop, const std::string& path, std::string answer, bool closes)
        : acceptor_(loop, stream_protocol::endpoint(path)),
          peer_(loop),
          answer_(std::move(answer)),
          closes_(closes) {
        acceptor_.async_accept(peer_, [this](const error_code& error) {
            if (!error) read();
        });
    }
    [[nodiscard]] const std::string& line() const { return line_; }

  private:
    void read() {
        boost::asio::async_read_until(peer_, boost::asio::dynamic_buffer(line_), "\n",
                                      [this](const error_code& error, std::size_t) {
                                          if (error) return;
                                          boost::asio::async_write(
                                              peer_, boost::asio::buffer(answer_),
                                              [this](const error_code&, std::size_t) {
                                                  if (closes_) peer_.close();
                                              });
                                      });
    }

    stream_protocol::acceptor acceptor_;
    stream_protocol::socket peer_;
    std::string answer_;
    std::string line_;
    bool closes_;
};

class AskedLine : public testing::Test {
  protected:
    /// The answer, or "error: " and what was wrong.
    std::string ask(const std::string& path) {
        std::optional<std::string> said;
        const LineQuestion question(
            loop_, path, "show info", 300ms, [&](const Result<std::string>& outcome) {
                said = outcome ? *outcome : "error: " + outcome.error().message;
            });
        run_until(loop_, [&] { return said.has_value(); });
        return said.value_or("nothing was called");
    }
    std::string ask_one_who_says(std::string answer, bool closes = true) {
        const OneLine server(loop_, path_, std::move(answer), closes);
        const std::string said = ask(path_);
        EXPECT_EQ(server.line(), "show info\n");
        return said;
    }

    ScratchDirectory scratch_;
    std::string path_ = (scratch_.path() / "sock").string();
    boost::asio::io_context loop_;
};

TEST_F(AskedLine, is_answered_by_all_that_comes_until_the_end) {
    EXPECT_EQ(ask_one_who_says("1\nPid: 7\n\n"), "1\nPid: 7\n\n");
}

TEST_F(AskedLine, may_be_answered_by_nothing_or_by_much) {
    EXPECT_EQ(ask_one_who_says(""), "");
    std::filesystem::remove(path_);
    EXPECT_EQ(ask_one_who_says(std::string(100'000, 'x')).size(), 100'000u);
}

TEST_F(AskedLine, fails_when_the_answer_is_too_large) {
    EXPECT_EQ(ask_one_who_says(std::string(line_answer_bytes_max + 100'000, 'x'), false),
              "error: " + path_ + ": the answer is too large");
}

TEST_F(AskedLine, fails_when_the_answer_has_no_end) {
    EXPECT_EQ(ask_one_who_says("1\n", false), "error: " + path_ + ": no answer in time");
}

TEST_F(AskedLine, fails_where_nobody_listens_and_where_nobody_can) {
    EXPECT_EQ(ask(path_), "error: " + path_ + ": No such file or directory");
    EXPECT_TRUE(ask("/" + std::string(200, 'x')).ends_with(": the path is too long for a socket"));
}

}  // namespace

}  // namespace scrimp::runtime
