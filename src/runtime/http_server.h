// Answers HTTP on a Unix socket: one request a connection, one answer, whole or line by line. What
// the answer is, others know.
//
// Whoever may open the socket may ask: mode 0660, so its owner and group, unless the door is said
// to be for everybody. Everything is bounded: connections and, at a door for everybody, how many
// are admitted in a second, the bytes of a request (http_request.h), the time in which it comes and
// in which the answer is taken, and the bytes of answers that wait to be taken. Only an answer by
// lines lasts as long as what it reports on.
//
// No keep-alive: a connection on this machine costs microseconds, and a reader knows an answer
// whole by the end of the connection, chunks or not. Left out on purpose: TCP, a later issue.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "admin/http.h"
#include "base/time.h"

namespace scrimp::runtime {

/// Operators, their scripts and a few that wait for a drain; each costs some kilobytes.
inline constexpr std::size_t http_connections_max = 16;
/// A client on this machine has its request ready.
inline constexpr Duration http_request_longest = std::chrono::seconds{5};
/// Without a byte being taken; a pager that is left open ends here.
inline constexpr Duration http_write_longest = std::chrono::seconds{30};
/// Of all connections together: a table of a hundred thousand upstreams, twice.
inline constexpr std::size_t http_waiting_bytes_max = 32 * std::size_t{1024 * 1024};
/// What sockaddr_un has room for (unix(7)), its final zero not counted.
inline constexpr std::size_t socket_path_bytes_max = 107;

/// Who may open the socket.
enum class HttpDoor : std::uint8_t {
    Operators,  ///< Mode 0660.
    Everybody,  ///< Mode 0666, at a pace: strangers must not keep the loop from gossip.
};
/// After so many connections a door for everybody pauses for a second, so that strangers take some
/// 2 % of a core at most; who comes faster waits in the kernel's queue.
inline constexpr std::size_t http_pace_max = 200;

/// The answer to one request. Held by whoever will give it, as long as that takes; the last to let
/// go of one that is not ended ends it. Calls after its end do nothing.
class HttpReply {
  public:
    virtual ~HttpReply() = default;
    /// The whole answer.
    virtual void send(const admin::Response& response) = 0;
    /// The first part of an answer by lines, status 200; line() and end() follow.
    virtual void begin_lines(std::string_view content_type) = 0;
    /// A newline is put behind it. A client that takes nothing is cut off.
    virtual void line(std::string_view text) = 0;
    virtual void end() = 0;
    /// Whether nobody is there any more to hear it.
    [[nodiscard]] virtual bool gone() const = 0;
};

/// The loop must not run on after the server is destroyed.
class HttpServer {
  public:
    using Handler = std::function<void(const admin::Request&, std::shared_ptr<HttpReply>)>;

    /// Makes the socket at `path`, in place of one that nobody listens on any more. Fails, in a
    /// sentence without the path, if somebody does, or if it cannot be made.
    [[nodiscard]] static Result<std::unique_ptr<HttpServer>> listen(
        boost::asio::io_context& loop, const std::string& path, Handler handler,
        HttpDoor who = HttpDoor::Operators);
    /// Removes the socket. Answers that are under way are given up.
    ~HttpServer();

    struct Door;  ///< Shared with the connections.

  private:
    explicit HttpServer(std::shared_ptr<Door> door);

    std::shared_ptr<Door> door_;
};

}  // namespace scrimp::runtime
