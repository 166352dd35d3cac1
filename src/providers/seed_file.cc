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

#include "runtime/files.h"
#include "seed/document.h"

namespace scrimp::providers {
namespace {

using namespace std::chrono_literals;

/// A writer holds the lock for milliseconds; who waits this long waits for something broken.
constexpr auto lock_patience = 5s;
/// Between two tries. flock(2) could wait by itself, but then not be called off.
constexpr auto lock_pause = 10ms;
/// Balancers that share the file may run as different users.
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

/// The text of the document, empty if there is no such file.
Result<std::string> read_document(const std::string& path) {
    std::error_code ignored;
    const std::filesystem::file_type type = std::filesystem::status(path, ignored).type();
    if (type == std::filesystem::file_type::not_found) {
        // A directory that is missing is a mistyped path, and not waited for.
        const auto parent = std::filesystem::path(path).parent_path();
        if (parent.empty() || std::filesystem::is_directory(parent, ignored)) return std::string();
        return fail(path + ": there is no directory " + parent.string());
    }
    // Reading a pipe of that name would take for ever.
    if (type != std::filesystem::file_type::regular) return fail(path + ": is no regular file");
    auto text = runtime::read_file(path, seed::document_bytes_max);
    if (!text) return tl::unexpected(text.error());
    return text->value_or("");
}

/// The lock's file, made if it is not there. A negative number and errno if it cannot be opened.
Descriptor open_lock(const std::string& name) {
    constexpr int flags = O_CLOEXEC | O_NOFOLLOW;
    Descriptor made(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | flags, lock_mode));
    if (made.is_open()) {
        // The umask may have taken away what others need.
        ::fchmod(made.number(), lock_mode);
        return made;
    }
    if (errno != EEXIST) return made;
    // Without O_CREAT, with which the kernel may refuse another user's file (fs.protected_regular).
    Descriptor there(::open(name.c_str(), O_RDWR | flags));
    if (there.is_open() || errno != EACCES) return there;
    // Enough for a lock on a disk of this host.
    return Descriptor(::open(name.c_str(), O_RDONLY | flags));
}

/// Of a lock that the mode of its file may keep from us.
tl::unexpected<Error> no_lock(int error_number, const std::string& name, std::string_view what) {
    auto failure = fail_with(error_number, name, what);
    if (error_number == EACCES || error_number == EBADF) {
        failure.value().message +=
            "; make it writable to the user of each load balancer (chmod 666), and their directory";
    }
    return failure;
}

Result<Descriptor> lock(const std::string& path, const std::stop_token& stop) {
    const std::string name = path + ".lock";
    Descriptor file = open_lock(name);
    if (!file.is_open()) return no_lock(errno, name, "cannot be opened");
    const auto patience_ends = std::chrono::steady_clock::now() + lock_patience;
    for (;;) {
        if (stop.stop_requested()) return fail(name + ": called off while waiting for the lock");
        if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) return file;
        if (errno != EWOULDBLOCK && errno != EINTR) return no_lock(errno, name, "no lock");
        if (std::chrono::steady_clock::now() >= patience_ends) {
            return fail(name + ": another process has held the lock for five seconds");
        }
        std::this_thread::sleep_for(lock_pause);
    }
}

/// Makes way for the new document: who died half-way through writing one left it, perhaps as
/// another user, whose file we may remove but not write.
Result<void> remove_half(const std::string& path) {
    const std::string name = path + ".new";
    if (::unlink(name.c_str()) == 0 || errno == ENOENT) return {};
    return fail(fail_with(errno, name, "is in the way and cannot be removed").value().message +
                "; remove it, and let the user of each load balancer write the directory, which "
                "must not be sticky");
}

Result<std::vector<seed::Seed>> parse(const std::string& path, std::string_view text) {
    if (text.empty()) return std::vector<seed::Seed>{};
    return seed::parse_seeds(text).map_error(
        [&](const Error& error) { return Error{path + ": " + error.message}; });
}

}  // namespace

Result<std::vector<Endpoint>> read_seed_file(const SeedFile& file, std::int64_t now) {
    const auto text = read_document(file.path);
    if (!text) return tl::unexpected(text.error());
    const auto seeds = parse(file.path, *text);
    if (!seeds) return tl::unexpected(seeds.error());
    return seed::fresh_endpoints(*seeds, now, file.expiry);
}

Result<void> add_to_seed_file(const SeedFile& file, const Endpoint& self, std::int64_t now,
                              const std::stop_token& stop) {
    const auto locked = lock(file.path, stop);
    if (!locked) return tl::unexpected(locked.error());
    const auto text = read_document(file.path);
    if (!text) return tl::unexpected(text.error());
    auto seeds = parse(file.path, *text).value_or(std::vector<seed::Seed>{});
    if (!seed::put_seed(seeds, self, now, file.expiry)) return {};
    if (const auto gone = remove_half(file.path); !gone) return gone;
    return runtime::replace_file(file.path, seed::render_seeds(seeds) + "\n");
}

}  // namespace scrimp::providers
