#include "runtime/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace scrimp::runtime {

namespace {

/// Closes on every way out.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool valid() const { return number_ >= 0; }

  private:
    int number_;
};

tl::unexpected<Error> failed(std::string_view what, const std::string& path) {
    const int cause = errno;
    return fail("cannot " + std::string(what) + " " + path + ": " +
                std::generic_category().message(cause));
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t bytes_max) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        if (errno == ENOENT) return std::nullopt;
        return failed("open", path);
    }
    std::string text;
    std::array<char, 4096> chunk;
    for (;;) {
        const ssize_t got = ::read(file.number(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", path);
        if (got == 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(got));
        if (text.size() > bytes_max) {
            return fail(path + " is larger than " + std::to_string(bytes_max) + " bytes");
        }
    }
}

Result<void> write_file(const std::string& path, std::string_view text) {
    constexpr mode_t mode = 0644;
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file.valid()) return failed("write", path);
    // A file that stays unreadable to the proxy's check would fail in a place far from here.
    if (::fchmod(file.number(), mode) != 0) return failed("set the mode of", path);
    while (!text.empty()) {
        const ssize_t put = ::write(file.number(), text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return failed("write", path);
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    if (::fsync(file.number()) != 0) return failed("flush", path);
    return {};
}

Result<void> swap_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename " + from + " to", to);
    const std::string directory = directory_of(to);
    const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.valid()) return failed("open", directory);
    if (::fsync(opened.number()) != 0) return failed("flush", directory);
    return {};
}

Result<void> replace_file(const std::string& path, std::string_view text) {
    const std::string beside = path + ".new";
    if (Result<void> written = write_file(beside, text); !written) return written;
    return swap_file(beside, path);
}

}  // namespace scrimp::runtime
