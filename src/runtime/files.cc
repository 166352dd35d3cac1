#include "runtime/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

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

Result<std::string> read_all(const Descriptor& file, const std::string& path,
                             std::size_t bytes_max) {
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

Result<void> write_all(const Descriptor& file, const std::string& path, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(file.number(), text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return failed("write", path);
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    if (::fsync(file.number()) != 0) return failed("flush", path);
    return {};
}

constexpr mode_t private_mode = 0600;

/// The owner of the file at `path`, if there is one, becomes that of `file`: an administrator edits
/// what the node's own user must still read.
Result<void> hand_over(const Descriptor& file, const std::string& path) {
    struct stat before{};
    if (::stat(path.c_str(), &before) != 0) {
        if (errno == ENOENT) return {};
        return failed("look at", path);
    }
    if (before.st_uid == ::geteuid() && before.st_gid == ::getegid()) return {};
    if (::fchown(file.number(), before.st_uid, before.st_gid) != 0)
        return failed("keep the owner of", path);
    return {};
}

/// A new file at `beside`, with the owner of the one at `path`.
Result<void> write_private_file(const std::string& beside, const std::string& path,
                                std::string_view text) {
    const Descriptor file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, private_mode));
    if (!file.valid()) return failed("write", beside);
    if (::fchmod(file.number(), private_mode) != 0) return failed("set the mode of", beside);
    if (Result<void> handed = hand_over(file, path); !handed) return handed;
    return write_all(file, beside, text);
}

}  // namespace

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t bytes_max) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        if (errno == ENOENT) return std::nullopt;
        return failed("open", path);
    }
    return read_all(file, path, bytes_max);
}

Result<std::optional<std::string>> read_private_file(const std::string& path,
                                                     std::size_t bytes_max) {
    // What is no regular file must not make us wait for whoever writes to it.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid()) {
        if (errno == ENOENT) return std::nullopt;
        return failed("open", path);
    }
    struct stat status{};
    if (::fstat(file.number(), &status) != 0) return failed("look at", path);
    if (!S_ISREG(status.st_mode)) return fail(path + " is no regular file");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        std::array<char, 8> mode{};
        std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & 07777U);
        return fail(path + " may be used by others than its owner (mode " + mode.data() +
                    "), and holds secrets; run: chmod 600 " + path);
    }
    return read_all(file, path, bytes_max);
}

namespace {

Result<void> write_at(const std::string& path, std::string_view text, int when_it_is_there) {
    constexpr mode_t mode = 0644;
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | when_it_is_there | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file.valid()) return failed("write", path);
    // A file that stays unreadable to the proxy's check would fail in a place far from here.
    if (::fchmod(file.number(), mode) != 0) return failed("set the mode of", path);
    return write_all(file, path, text);
}

}  // namespace

Result<void> write_file(const std::string& path, std::string_view text) {
    return write_at(path, text, O_TRUNC);
}

Result<void> write_new_file(const std::string& path, std::string_view text) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("remove", path);
    return write_at(path, text, O_EXCL);
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

Result<void> replace_private_file(const std::string& link, std::string_view text) {
    std::error_code missing;
    const auto followed = std::filesystem::canonical(link, missing);
    const std::string path = missing ? link : followed.string();
    const std::string beside = path + ".new";
    // One that a crash has left behind may have any mode.
    if (::unlink(beside.c_str()) != 0 && errno != ENOENT) return failed("remove", beside);
    if (Result<void> written = write_private_file(beside, path, text); !written) {
        // Nobody would know that it holds secrets.
        ::unlink(beside.c_str());
        return written;
    }
    return swap_file(beside, path);
}

Result<EditLock> EditLock::of(const std::string& path) {
    const std::string directory = directory_of(path);
    const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return failed("open", directory);
    EditLock lock(opened);
    while (::flock(opened, LOCK_EX) != 0) {
        if (errno != EINTR) return failed("lock", directory);
    }
    return lock;
}

EditLock::EditLock(EditLock&& other) noexcept : directory_(std::exchange(other.directory_, -1)) {}

EditLock::~EditLock() {
    if (directory_ >= 0) ::close(directory_);
}

}  // namespace scrimp::runtime
