#include "app/admin_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include "admin/http.h"
#include "base/ascii.h"
#include "runtime/http_server.h"

namespace scrimp::app {
namespace {

/// A node that is busy with a large table answers in a fraction of it.
constexpr timeval reading_longest{.tv_sec = 10, .tv_usec = 0};

std::string words_of(int error) {
    return std::generic_category().message(error);
}

class Socket {
  public:
    Socket() : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    ~Socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    /// Returns errno, 0 if it went well.
    int connect(const std::string& path) const {
        sockaddr_un where{};
        where.sun_family = AF_UNIX;
        std::memcpy(where.sun_path, path.data(), path.size());
        return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0
                   ? 0
                   : errno;
    }
    void limit_reading(const timeval& longest) const {
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    }
    [[nodiscard]] bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// Appends what came; as recv(2).
    ssize_t receive(std::string& bytes) {
        const ssize_t count = ::recv(descriptor_, chunk_.data(), chunk_.size(), 0);
        if (count > 0) bytes.append(chunk_.data(), static_cast<std::size_t>(count));
        return count;
    }

  private:
    int descriptor_;
    std::array<char, 16 * 1024> chunk_;
};

/// Reads "HTTP/1.1 200 OK\r\nName: value\r\n…", without the empty line at its end.
std::optional<AdminAnswer> parse_head(std::string_view head) {
    AdminAnswer answer;
    if (!head.starts_with("HTTP/1.") || head.size() < 12) return std::nullopt;
    std::from_chars(head.data() + 9, head.data() + 12, answer.status);
    if (answer.status == 0) return std::nullopt;
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(line.size() + 2, head.size()));
        const std::size_t colon = std::min(line.find(": "), line.size());
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = line.substr(std::min(colon + 2, line.size()));
        if (equal_but_for_case(name, "content-type")) answer.content_type = value;
        if (equal_but_for_case(name, "scrimplb-state")) answer.degraded = value == "degraded";
    }
    return answer;
}

/// Reads on until the end of the head; `rest`: what came behind it.
Result<AdminAnswer> receive_head(Socket& socket, std::string& rest) {
    constexpr std::string_view end_of_head = "\r\n\r\n";
    while (rest.find(end_of_head) == std::string::npos) {
        const ssize_t count = socket.receive(rest);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return fail("no answer in time");
        if (count <= 0 || rest.size() > admin_answer_bytes_max) {
            return fail("hung up without an answer; try again");
        }
    }
    const std::size_t head = rest.find(end_of_head);
    auto answer = parse_head(std::string_view(rest).substr(0, head));
    if (!answer) return fail("the answer is not HTTP");
    rest.erase(0, head + end_of_head.size());
    return *std::move(answer);
}

Result<void> receive_body(Socket& socket, AdminAnswer& answer,
                          const std::function<void(std::string_view)>& line) {
    const bool by_lines = answer.content_type == admin::lines_type;
    if (by_lines) socket.limit_reading({});
    for (;;) {
        std::size_t end = by_lines ? answer.body.find('\n') : std::string::npos;
        while (end != std::string::npos) {
            line(std::string_view(answer.body).substr(0, end));
            answer.body.erase(0, end + 1);
            end = answer.body.find('\n');
        }
        const ssize_t count = socket.receive(answer.body);
        if (count == 0) return {};
        if (count < 0 && errno != EINTR) return fail("the answer was cut off");
        if (answer.body.size() > admin_answer_bytes_max) return fail("the answer is too large");
    }
}

Result<AdminAnswer> ask(const std::string& path, const std::string& request,
                        const std::function<void(std::string_view)>& line) {
    if (path.size() > runtime::socket_path_bytes_max) return fail("the path is too long");
    Socket socket;
    if (const int error = socket.connect(path); error != 0) {
        const bool nobody = error == ENOENT || error == ECONNREFUSED;
        return fail(words_of(error) + (nobody ? "; does the node run?" : ""));
    }
    socket.limit_reading(reading_longest);
    // Who refuses early answers, too, and then takes no more of us.
    (void)socket.send(request);
    std::string rest;
    Result<AdminAnswer> answer = receive_head(socket, rest);
    if (!answer) return answer;
    answer->body = std::move(rest);
    if (const Result<void> whole = receive_body(socket, *answer, line); !whole) {
        return tl::unexpected(whole.error());
    }
    return answer;
}

}  // namespace

Result<AdminAnswer> ask_admin(const std::string& socket, std::string_view method,
                              const std::string& target, const std::string& body,
                              const std::function<void(std::string_view)>& line) {
    const std::string request =
        std::string(method) + " " + target +
        " HTTP/1.0\r\nHost: scrimplb\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    Result<AdminAnswer> answer = ask(socket, request, line);
    if (!answer) return fail("admin socket " + socket + ": " + answer.error().message);
    return answer;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                           (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' ||
                           letter == '_';
        if (plain) {
            encoded += letter;
        } else {
            encoded += '%';
            encoded += digits[byte >> 4];
            encoded += digits[byte & 0x0f];
        }
    }
    return encoded;
}

}  // namespace scrimp::app
