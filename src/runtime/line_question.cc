#include "runtime/line_question.h"

#include <sys/un.h>

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace scrimp::runtime {

using boost::asio::local::stream_protocol;

struct LineQuestion::Exchange : std::enable_shared_from_this<LineQuestion::Exchange> {
    explicit Exchange(boost::asio::io_context& loop) : socket(loop), patience(loop) {}

    void start(Duration timeout);
    void send();
    void read_more();
    void finish(Result<std::string> result);
    void give_up(const std::string& reason) { finish(fail(path + ": " + reason)); }
    void abandon();

    stream_protocol::socket socket;
    boost::asio::steady_timer patience;
    Done done;
    std::string path;
    std::string request;
    std::string answer;
    std::array<char, 16384> chunk;
};

LineQuestion::LineQuestion(boost::asio::io_context& loop, const std::string& socket_path,
                           const std::string& line, Duration timeout, Done done)
    : exchange_(std::make_shared<Exchange>(loop)) {
    exchange_->done = std::move(done);
    exchange_->path = socket_path;
    exchange_->request = line + "\n";
    exchange_->start(timeout);
}

LineQuestion::~LineQuestion() {
    exchange_->abandon();
}

void LineQuestion::Exchange::start(Duration timeout) {
    if (path.size() >= sizeof sockaddr_un{}.sun_path) {
        boost::asio::post(socket.get_executor(), [self = shared_from_this()] {
            if (self->done) self->give_up("the path is too long for a socket");
        });
        return;
    }
    patience.expires_after(timeout);
    patience.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error && self->done) self->give_up("no answer in time");
    });
    socket.async_connect(stream_protocol::endpoint(path),
                         [self = shared_from_this()](const boost::system::error_code& error) {
                             if (!self->done) return;
                             if (error) return self->give_up(error.message());
                             self->send();
                         });
}

void LineQuestion::Exchange::send() {
    boost::asio::async_write(
        socket, boost::asio::buffer(request),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
            if (!self->done) return;
            if (error) return self->give_up(error.message());
            self->read_more();
        });
}

void LineQuestion::Exchange::read_more() {
    socket.async_read_some(
        boost::asio::buffer(chunk),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
            if (!self->done) return;
            self->answer.append(self->chunk.data(), bytes);
            if (error == boost::asio::error::eof) return self->finish(std::move(self->answer));
            if (error) return self->give_up(error.message());
            if (self->answer.size() > line_answer_bytes_max) {
                return self->give_up("the answer is too large");
            }
            self->read_more();
        });
}

void LineQuestion::Exchange::finish(Result<std::string> result) {
    const Done call = std::exchange(done, nullptr);
    abandon();
    if (call) call(std::move(result));
}

void LineQuestion::Exchange::abandon() {
    done = nullptr;
    patience.cancel();
    boost::system::error_code ignored;
    socket.close(ignored);
}

}  // namespace scrimp::runtime
