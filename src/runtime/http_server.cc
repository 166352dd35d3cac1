#include "runtime/http_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/http_request.h"

namespace scrimp::runtime {
namespace {

using boost::asio::local::stream_protocol;
using boost::system::error_code;

class Connection;

/// Of a paced door, after http_pace_max connections.
constexpr Duration pace_pause = std::chrono::seconds{1};

/// When there is no descriptor left for another connection, we look again after this.
constexpr Duration accept_retry = std::chrono::milliseconds{100};

std::string head_text(int status, std::string_view content_type, bool degraded) {
    return "HTTP/1.1 " + std::to_string(status) + " " + std::string(admin::title_of(status)) +
           "\r\nContent-Type: " + std::string(content_type) +
           "\r\nCache-Control: no-store\r\nConnection: close\r\n" +
           (degraded ? "Scrimplb-State: degraded\r\n" : "");
}

std::optional<std::uint32_t> user_behind(stream_protocol::socket& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return std::nullopt;
    }
    return peer.uid;
}

}  // namespace

struct HttpServer::Door : std::enable_shared_from_this<HttpServer::Door> {
    Door(boost::asio::io_context& loop, std::string where, Handler who, bool is_paced)
        : acceptor(loop),
          pause(loop),
          path(std::move(where)),
          handler(std::move(who)),
          paced(is_paced) {}

    void accept();
    void accept_after(Duration duration);
    void admit(stream_protocol::socket socket);
    void close();

    stream_protocol::acceptor acceptor;
    boost::asio::steady_timer pause;
    std::string path;
    Handler handler;
    std::set<Connection*> connections;
    std::size_t waiting_bytes = 0;
    bool open = true;
    bool paced;
    std::size_t admitted = 0;  ///< Since the last pause of a paced door.
};

namespace {

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(std::shared_ptr<HttpServer::Door> door, stream_protocol::socket socket)
        : door_(std::move(door)), socket_(std::move(socket)), patience_(socket_.get_executor()) {
        door_->connections.insert(this);
    }
    ~Connection() {
        door_->waiting_bytes -= outbox_.size() + sending_.size();
        door_->connections.erase(this);
    }

    void begin() {
        limit(http_request_longest);
        read();
    }
    /// Appends to what is to be sent, unless there is too much already; `last`: nothing follows.
    void write(std::string_view bytes, bool last);
    void give_up();
    [[nodiscard]] bool is_open() const { return socket_.is_open(); }
    [[nodiscard]] bool has_room(std::size_t bytes) const {
        return door_->waiting_bytes + bytes <= http_waiting_bytes_max;
    }

  private:
    void read();
    void handle_bytes(std::string_view bytes);
    void flush();
    void limit(Duration longest);

    std::shared_ptr<HttpServer::Door> door_;
    stream_protocol::socket socket_;
    boost::asio::steady_timer patience_;
    HttpRequestReader reader_;
    std::array<char, 4096> chunk_;
    std::string outbox_;
    std::string sending_;   ///< The socket is taking it: it must stand still.
    std::size_t sent_ = 0;  ///< Of `sending_`.
    bool asked_ = false;
    bool flushing_ = false;
    bool last_ = false;
};

/// What the handler holds; the connection lives on without it until all is sent.
class Responder : public HttpReply {
  public:
    explicit Responder(std::shared_ptr<Connection> connection)
        : connection_(std::move(connection)) {}
    ~Responder() override { finish(); }
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;

    void send(const admin::Response& response) override {
        if (begun_) return;
        begun_ = true;
        if (!connection_->has_room(response.body.size())) {
            return send_whole(admin::problem(503, "too many answers wait to be read; try again"));
        }
        send_whole(response);
    }
    void begin_lines(std::string_view content_type) override {
        if (begun_) return;
        begun_ = true;
        connection_->write(head_text(200, content_type, false) + "\r\n", false);
    }
    void line(std::string_view text) override {
        if (begun_ && !ended_) connection_->write(std::string(text) + '\n', false);
    }
    void end() override {
        if (begun_) finish();
    }
    [[nodiscard]] bool gone() const override { return !connection_->is_open(); }

  private:
    void send_whole(const admin::Response& response) {
        connection_->write(head_text(response.status, response.content_type, response.degraded) +
                               "Content-Length: " + std::to_string(response.body.size()) +
                               "\r\n\r\n" + response.body,
                           true);
        ended_ = true;
    }
    void finish() {
        if (!begun_) return send(admin::problem(500, "nobody answered this"));
        if (!std::exchange(ended_, true)) connection_->write("", true);
    }

    std::shared_ptr<Connection> connection_;
    bool begun_ = false;
    bool ended_ = false;
};

void Connection::limit(Duration longest) {
    patience_.expires_after(longest);
    patience_.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error) self->give_up();
    });
}

void Connection::read() {
    socket_.async_read_some(
        boost::asio::buffer(chunk_),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) {
            // A client that shuts its side once it has asked has gone as far as we are concerned,
            // but takes what is on its way.
            if (error) return self->flushing_ && self->last_ ? void() : self->give_up();
            if (!self->asked_) self->handle_bytes({self->chunk_.data(), bytes});
            if (self->is_open()) self->read();
        });
}

void Connection::handle_bytes(std::string_view bytes) {
    const HttpRequestReader::Progress progress = reader_.take(bytes);
    if (progress == HttpRequestReader::Progress::More) return;
    asked_ = true;
    patience_.cancel();
    const auto answer = std::make_shared<Responder>(shared_from_this());
    if (progress == HttpRequestReader::Progress::Refused) return answer->send(reader_.refusal());
    admin::Request request = reader_.request();
    request.user = user_behind(socket_);
    door_->handler(request, answer);
}

void Connection::write(std::string_view bytes, bool last) {
    last_ = last_ || last;
    if (!is_open()) return;
    if (!has_room(bytes.size())) return give_up();
    outbox_ += bytes;
    door_->waiting_bytes += bytes.size();
    if (!flushing_) flush();
}

void Connection::flush() {
    if (sent_ == sending_.size()) {
        door_->waiting_bytes -= sending_.size();
        sending_ = std::exchange(outbox_, {});
        sent_ = 0;
    }
    flushing_ = !sending_.empty();
    if (!flushing_) {
        patience_.cancel();
        if (last_) give_up();
        return;
    }
    limit(http_write_longest);
    socket_.async_write_some(
        boost::asio::buffer(sending_.data() + sent_, sending_.size() - sent_),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) {
            if (error) return self->give_up();
            self->sent_ += bytes;
            self->flush();
        });
}

void Connection::give_up() {
    patience_.cancel();
    // Whoever still holds the reply must not keep the next client out.
    door_->connections.erase(this);
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace

void HttpServer::Door::accept() {
    acceptor.async_accept(
        [self = shared_from_this()](const error_code& error, stream_protocol::socket socket) {
            if (!self->open) return;
            if (!error) {
                self->admit(std::move(socket));
                if (!self->paced || ++self->admitted < http_pace_max) return self->accept();
                self->admitted = 0;
                return self->accept_after(pace_pause);
            }
            self->accept_after(accept_retry);
        });
}

void HttpServer::Door::accept_after(Duration duration) {
    pause.expires_after(duration);
    pause.async_wait([self = shared_from_this()](const error_code& cancelled) {
        if (!cancelled && self->open) self->accept();
    });
}

void HttpServer::Door::admit(stream_protocol::socket socket) {
    // One too many is hung up on; who asks again later finds room.
    if (connections.size() >= http_connections_max) return;
    std::make_shared<Connection>(shared_from_this(), std::move(socket))->begin();
}

void HttpServer::Door::close() {
    open = false;
    pause.cancel();
    error_code ignored;
    acceptor.close(ignored);
    ::unlink(path.c_str());
    const std::set<Connection*> all = connections;
    for (Connection* const connection : all) connection->give_up();
}

namespace {

/// Whether a process listens there.
bool is_listened_on(boost::asio::io_context& loop, const stream_protocol::endpoint& where) {
    stream_protocol::socket probe(loop);
    error_code error;
    probe.connect(where, error);
    return !error;
}

std::string words_of(int error) {
    return std::generic_category().message(error);
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(boost::asio::io_context& loop,
                                                       const std::string& path, Handler handler,
                                                       HttpDoor who) {
    if (path.empty() || path.size() > socket_path_bytes_max) {
        return fail("a socket's path has 1 to " + std::to_string(socket_path_bytes_max) +
                    " bytes, this one has " + std::to_string(path.size()));
    }
    struct stat found{};
    const stream_protocol::endpoint where(path);
    if (::lstat(path.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode)) return fail("something that is no socket stands there");
        if (is_listened_on(loop, where)) return fail("another process listens there");
        ::unlink(path.c_str());
    }
    const bool for_everybody = who == HttpDoor::Everybody;
    const mode_t mode = for_everybody ? 0666 : 0660;
    auto door = std::make_shared<Door>(loop, path, std::move(handler), for_everybody);
    error_code error;
    door->acceptor.open(where.protocol(), error);
    // bind(2) makes the file with the mode that the socket has, less the umask: never a wider one.
    if (!error && ::fchmod(door->acceptor.native_handle(), mode) != 0) return fail(words_of(errno));
    if (!error) door->acceptor.bind(where, error);
    if (!error && ::chmod(path.c_str(), mode) != 0) return fail(words_of(errno));
    if (!error) door->acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    if (error) return fail(error.message());
    door->accept();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(door)));
}

HttpServer::HttpServer(std::shared_ptr<Door> door) : door_(std::move(door)) {}

HttpServer::~HttpServer() {
    door_->close();
}

}  // namespace scrimp::runtime
