#include "providers/seed_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "seed/document.h"

namespace scrimp::providers {
namespace {

using namespace std::chrono_literals;

/// A writer holds the lock for milliseconds; who waits this long waits for something broken.
constexpr auto lock_patience = 5s;
/// Between two tries. flock(2) could wait by itself, but then not be called off.
constexpr auto lock_pause = 10ms;
/// Seeds are no secret, and nodes may run as different users.
constexpr mode_t file_mode = 0644;
constexpr mode_t lock_mode = 0666;

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;

    [[nodiscard]] bool is_open() const { return number_ >= 0; }
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;
};

tl::unexpected<Error> fail_with(int error_number, const std::string& path, std::string_view what) {
    return fail(path + ": " + std::string(what) + ": " +
                std::error_code(error_number, std::generic_category()).message());
}

std::string directory_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

Result<std::string> read_text(const std::string& path) {
    // O_NONBLOCK so that a pipe of that name does not hold us for ever.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) {
        const int error_number = errno;
        std::error_code ignored;
        if (error_number == ENOENT && std::filesystem::is_directory(directory_of(path), ignored)) {
            return std::string();
        }
        return fail_with(error_number, path, "cannot be opened");
    }
    struct stat status{};
    if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return fail(path + ": is not a regular file");
    }
    std::string text(seed::document_bytes_max + 1, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const ssize_t count = ::read(file.number(), text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_with(errno, path, "cannot be read");
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    text.resize(filled);
    return text;
}

Result<void> write_text(const std::string& path, std::string_view text) {
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (!file.is_open()) return fail_with(errno, path, "cannot be created");
    while (!text.empty()) {
        const ssize_t count = ::write(file.number(), text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_with(errno, path, "cannot be written");
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(file.number()) != 0) return fail_with(errno, path, "cannot be synced");
    return {};
}

/// Replaces the file whole: readers see the old document or the new one, also after a crash.
Result<void> replace(const std::string& path, std::string_view text) {
    const std::string fresh = path + ".new";
    if (auto written = write_text(fresh, text); !written) {
        ::unlink(fresh.c_str());
        return written;
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
        const int error_number = errno;
        ::unlink(fresh.c_str());
        return fail_with(error_number, path, "cannot be replaced");
    }
    const Descriptor directory(
        ::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Some network file systems cannot sync a directory; the rename itself has been done.
    if (directory.is_open()) (void)::fsync(directory.number());
    return {};
}

Result<Descriptor> lock(const std::string& path, const std::stop_token& stop) {
    const std::string name = path + ".lock";
    Descriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, lock_mode));
    if (!file.is_open()) return fail_with(errno, name, "cannot be opened");
    const auto patience_ends = std::chrono::steady_clock::now() + lock_patience;
    while (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return fail_with(errno, name, "no lock");
        if (stop.stop_requested()) return fail(name + ": called off while waiting for the lock");
        if (std::chrono::steady_clock::now() >= patience_ends) {
            return fail(name + ": another process has held the lock for five seconds");
        }
        std::this_thread::sleep_for(lock_pause);
    }
    return file;
}

Result<std::vector<Endpoint>> parse(const std::string& path, std::string_view text) {
    if (text.empty()) return std::vector<Endpoint>{};
    return seed::parse_seeds(text).map_error(
        [&](const Error& error) { return Error{path + ": " + error.message}; });
}

}  // namespace

Result<std::vector<Endpoint>> read_seed_file(const std::string& path) {
    const auto text = read_text(path);
    if (!text) return tl::unexpected(text.error());
    return parse(path, *text);
}

Result<void> add_to_seed_file(const std::string& path, const Endpoint& self,
                              const std::stop_token& stop) {
    const auto locked = lock(path, stop);
    if (!locked) return tl::unexpected(locked.error());
    const auto text = read_text(path);
    if (!text) return tl::unexpected(text.error());
    std::vector<Endpoint> seeds = parse(path, *text).value_or(std::vector<Endpoint>{});
    if (!seed::add_seed(seeds, self)) return {};
    return replace(path, seed::render_seeds(seeds) + "\n");
}

}  // namespace scrimp::providers
