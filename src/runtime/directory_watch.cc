#include "runtime/directory_watch.h"

#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::runtime {
namespace {

namespace fs = std::filesystem;

/// Names that come, go or are moved, the directory itself among them.
constexpr std::uint32_t names_change =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
/// Of the directory itself also: a file is complete, or may be read by now.
constexpr std::uint32_t contents_change = names_change | IN_CLOSE_WRITE | IN_ATTRIB;

tl::unexpected<Error> failed(const std::string& path, int cause) {
    // The kernel says "no space left on device" where it has no watch left for us.
    const std::string reason = cause == ENOSPC
                                   ? "no inotify watch is left, see fs.inotify.* of sysctl"
                                   : std::generic_category().message(cause);
    return fail("cannot watch " + path + ": " + reason);
}

}  // namespace

DirectoryWatch::DirectoryWatch(boost::asio::io_context& loop, std::function<void()> changed,
                               WatchTimes times)
    : queue_(loop),
      settled_(loop,
               [this](Instant) {
                   first_change_ = never;
                   changed_();
               }),
      changed_(std::move(changed)),
      times_(times) {}

Result<void> DirectoryWatch::watch(const std::string& path) {
    return watch(path, {});
}

Result<void> DirectoryWatch::watch(const std::string& path, std::vector<std::string> others) {
    others_ = std::move(others);
    forget();
    settled_.arm(never);
    first_change_ = never;
    path_ = path;
    if (path_.empty()) return {};
    if (!queue_.is_open()) {
        const int queue = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (queue < 0) return failed(path_, errno);
        queue_.assign(queue);
        receive();
    }
    Result<void> walked = walk();
    if (!walked) forget();
    return walked;
}

void DirectoryWatch::forget() {
    for (const auto& [descriptor, interest] : interests_) {
        (void)inotify_rm_watch(queue_.native_handle(), descriptor);  // Gone already, it may be.
    }
    interests_.clear();
}

Result<void> DirectoryWatch::walk() {
    forget();
    Result<void> walked = walk_to_path();
    for (const std::string& other : others_) {
        // One that is not there appears in a directory that is watched.
        std::error_code error;
        if (walked && fs::is_directory(other, error)) walked = add(other, "");
    }
    return walked;
}

Result<void> DirectoryWatch::walk_to_path() {
    std::error_code error;
    fs::path at = fs::absolute(path_, error).root_path();
    const fs::path rest = fs::absolute(path_, error).relative_path();
    std::deque<fs::path> names(rest.begin(), rest.end());
    for (std::size_t steps = 0; !names.empty() && steps < steps_max; ++steps) {
        const fs::path name = names.front();
        names.pop_front();
        if (name.empty() || name == ".") continue;
        if (name == "..") {
            at = at.parent_path();
            continue;
        }
        // The watch stands before the look, so that nothing comes between them.
        const Result<void> added = add(at, name);
        const fs::path next = at / name;
        if (fs::is_symlink(next, error)) {
            const fs::path target = fs::read_symlink(next, error);
            if (target.is_absolute()) at = target.root_path();
            const fs::path way = target.relative_path();
            names.insert(names.begin(), way.begin(), way.end());
        } else if (fs::is_directory(next, error)) {
            at = next;  // Even if unwatched: one that may be passed but not read cannot be.
        } else {
            return added;  // It is not there yet; its name is watched, or nothing tells when.
        }
    }
    return add(at, "");
}

/// Watches a directory for one name in it, or for everything if the name is empty.
Result<void> DirectoryWatch::add(const std::string& directory, const std::string& name) {
    const std::uint32_t what = name.empty() ? contents_change : names_change;
    const int descriptor = inotify_add_watch(queue_.native_handle(), directory.c_str(),
                                             what | IN_MASK_ADD | IN_ONLYDIR);
    if (descriptor < 0) return failed(directory, errno);
    Interest& interest = interests_[descriptor];
    if (name.empty()) {
        interest.everything = true;
    } else {
        interest.names.insert(name);
    }
    return {};
}

void DirectoryWatch::receive() {
    queue_.async_read_some(
        boost::asio::buffer(events_),
        [this](const boost::system::error_code& error, std::size_t size) {
            if (error == boost::asio::error::operation_aborted) return;
            if (error) {
                return log_warning("no longer watching " + path_ + ": " + error.message());
            }
            handle_events(size);
            receive();
        });
}

void DirectoryWatch::handle_events(std::size_t size) {
    bool changed = false;
    bool way_changed = false;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
        inotify_event event;
        std::memcpy(&event, events_.data() + at, sizeof event);
        const char* const name = events_.data() + at + sizeof event;
        at += sizeof event + event.len;
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
            changed = way_changed = true;
            continue;
        }
        const auto found = interests_.find(event.wd);
        if (found == interests_.end()) continue;  // Of a watch that we gave up.
        const Interest& interest = found->second;
        const bool of_itself = (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
        const bool on_the_way = of_itself || (event.len > 0 && interest.names.contains(name));
        way_changed = way_changed || on_the_way;
        changed = changed || on_the_way || interest.everything;
    }
    if (way_changed) {
        const Result<void> walked = walk();
        if (!walked) log_warning(walked.error().message + "; its changes are not noticed");
    }
    if (changed) note_change();
}

void DirectoryWatch::note_change() {
    const Instant now = runtime::now();
    if (first_change_ == never) first_change_ = now;
    settled_.arm(std::min(now + times_.quiet, first_change_ + times_.longest));
}

}  // namespace scrimp::runtime
