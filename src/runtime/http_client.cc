#include "runtime/http_client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "base/ascii.h"
#include "runtime/socket_address.h"

namespace scrimp::runtime {

using boost::asio::ip::tcp;
using boost::system::error_code;

struct HttpGet::Exchange : std::enable_shared_from_this<HttpGet::Exchange> {
    explicit Exchange(boost::asio::io_context& loop) : socket(loop), patience(loop) {}

    void start(const Endpoint& server, const std::string& path, Duration timeout);
    void send();
    void read_more();
    /// The whole answer is there, or will not come.
    void conclude();
    void finish(Result<std::string> result);
    void abandon();

    tcp::socket socket;
    boost::asio::steady_timer patience;
    Done done;
    std::string url;
    std::string request;
    std::string response;
    std::array<char, 2048> chunk;
};

namespace {

struct Answer {
    int status = 0;
    std::optional<std::size_t> length;
    std::string_view body;
};

bool starts_with_name(std::string_view line, std::string_view name) {
    return equal_but_for_case(line.substr(0, name.size()), name);
}

template <class Number>
std::optional<Number> number_at_start(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end == text.data()) return std::nullopt;
    return number;
}

/// Nothing while the head is incomplete or if this is no HTTP.
std::optional<Answer> parse_answer(std::string_view response) {
    const std::size_t head_end = response.find("\r\n\r\n");
    if (head_end == std::string_view::npos || !response.starts_with("HTTP/1.")) return std::nullopt;
    Answer answer;
    answer.body = response.substr(head_end + 4);
    std::string_view head = response.substr(0, head_end);
    const std::size_t space = std::min(head.find(' '), head.size());
    answer.status = number_at_start<int>(head.substr(space)).value_or(0);
    constexpr std::string_view length_name = "content-length:";
    while (!head.empty()) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        if (starts_with_name(line, length_name)) {
            answer.length = number_at_start<std::size_t>(line.substr(length_name.size()));
        }
        head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
    }
    return answer;
}

}  // namespace

HttpGet::HttpGet(boost::asio::io_context& loop, const Endpoint& server, const std::string& path,
                 Duration timeout, Done done)
    : exchange_(std::make_shared<Exchange>(loop)) {
    exchange_->done = std::move(done);
    exchange_->start(server, path, timeout);
}

HttpGet::~HttpGet() {
    exchange_->abandon();
}

void HttpGet::Exchange::start(const Endpoint& server, const std::string& path, Duration timeout) {
    url = "http://" + server.text() + path;
    request = "GET " + path + " HTTP/1.0\r\nHost: " + server.text() +
              "\r\nUser-Agent: scrimplb\r\nConnection: close\r\n\r\n";
    patience.expires_after(timeout);
    patience.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error) self->finish(fail(self->url + ": no answer in time"));
    });
    socket.async_connect(socket_endpoint<tcp>(server, false),
                         [self = shared_from_this()](const error_code& error) {
                             if (!self->done) return;
                             if (error)
                                 return self->finish(fail(self->url + ": " + error.message()));
                             self->send();
                         });
}

void HttpGet::Exchange::send() {
    boost::asio::async_write(socket, boost::asio::buffer(request),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                                 if (!self->done) return;
                                 if (error)
                                     return self->finish(fail(self->url + ": " + error.message()));
                                 self->read_more();
                             });
}

void HttpGet::Exchange::read_more() {
    socket.async_read_some(
        boost::asio::buffer(chunk),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) {
            if (!self->done) return;
            if (error) return self->conclude();
            self->response.append(self->chunk.data(), bytes);
            if (self->response.size() > http_response_bytes_max) {
                return self->finish(fail(self->url + ": the answer is too large"));
            }
            const std::optional<Answer> answer = parse_answer(self->response);
            if (answer && answer->length && answer->body.size() >= *answer->length) {
                return self->conclude();
            }
            self->read_more();
        });
}

void HttpGet::Exchange::conclude() {
    const std::optional<Answer> answer = parse_answer(response);
    if (!answer) return finish(fail(url + ": the answer is not HTTP"));
    if (answer->status != 200) {
        return finish(fail(url + ": answered with status " + std::to_string(answer->status)));
    }
    if (answer->length && answer->body.size() < *answer->length) {
        return finish(fail(url + ": the answer was cut off"));
    }
    finish(std::string(answer->body.substr(0, answer->length.value_or(answer->body.size()))));
}

void HttpGet::Exchange::finish(Result<std::string> result) {
    const Done call = std::exchange(done, nullptr);
    abandon();
    if (call) call(std::move(result));
}

void HttpGet::Exchange::abandon() {
    done = nullptr;
    patience.cancel();
    error_code ignored;
    socket.close(ignored);
}

}  // namespace scrimp::runtime
