#include "app/unix_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/clock.h"

namespace scrimp::app {
namespace {

constexpr std::size_t stream_chunk_bytes = std::size_t{64} * 1024;

}  // namespace

Result<UnixStream> UnixStream::connect(const std::string& path, Instant until) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return fail(path + ": a socket's path has at most " +
                    std::to_string(sizeof address.sun_path - 1) + " bytes");
    }
    path.copy(address.sun_path, path.size());
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) return fail(std::string("cannot make a socket: ") + std::strerror(errno));
    UnixStream stream(made, until);
    if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail("cannot connect to " + path + ": " + std::strerror(errno));
    }
    return stream;
}

UnixStream::~UnixStream() {
    if (descriptor_ >= 0) close(descriptor_);
}

UnixStream::UnixStream(UnixStream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), until_(other.until_) {}

Result<void> UnixStream::wait(short events) {
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until_ - runtime::now()).count();
        pollfd file{.fd = descriptor_, .events = events, .revents = 0};
        const int ready = left <= 0 ? 0 : poll(&file, 1, static_cast<int>(std::min(left, 60'000L)));
        if (ready > 0) return {};
        if (ready == 0 && runtime::now() >= until_) return fail("took too long");
        if (ready < 0 && errno != EINTR) return fail(std::strerror(errno));
    }
}

Result<void> UnixStream::write(std::string_view bytes) {
    while (!bytes.empty()) {
        if (auto waited = wait(POLLOUT); !waited) return waited;
        const ssize_t put =
            send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (put < 0) return fail(std::strerror(errno));
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

Result<std::string> UnixStream::read(std::size_t bytes) {
    std::string all;
    while (all.size() < bytes) {
        if (auto waited = wait(POLLIN); !waited) return tl::unexpected(waited.error());
        const std::size_t before = all.size();
        all.resize(before + std::min(stream_chunk_bytes, bytes - before));
        const ssize_t got = recv(descriptor_, all.data() + before, all.size() - before, 0);
        const int error = errno;
        all.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0) break;
        if (got < 0 && error != EINTR) return fail(std::strerror(error));
    }
    return all;
}

Result<std::string> UnixStream::read_line(std::size_t bytes_max) {
    std::string line;
    while (line.size() <= bytes_max) {
        const auto byte = read(1);
        if (!byte) return byte;
        if (byte->empty()) return fail("ended before its first line did");
        if (*byte == "\n") return line;
        line += *byte;
    }
    return fail("its first line has more than " + std::to_string(bytes_max) + " bytes");
}

void UnixStream::finish() {
    shutdown(descriptor_, SHUT_WR);
    while (true) {
        const auto rest = read(stream_chunk_bytes);
        if (!rest || rest->size() < stream_chunk_bytes) return;
    }
}

}  // namespace scrimp::app
