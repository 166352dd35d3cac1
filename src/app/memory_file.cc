#include "app/memory_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "runtime/clock.h"
#include "runtime/files.h"
#include "runtime/log.h"
#include "service/memory.h"

namespace scrimp::app {

namespace {

/// For the node and those who run it: nobody else has a use for it.
constexpr mode_t directory_mode = 0750;

}  // namespace

std::string state_file_path(const std::string& directory, const std::string& node_name,
                            std::string_view what) {
    std::string name = node_name;
    for (char& letter : name) {
        const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' ||
                           letter == '.';
        if (!plain) letter = '_';
    }
    return (directory + "/" + name).append(".").append(what);
}

MemoryFile::MemoryFile(boost::asio::io_context& loop, std::string directory,
                       const std::string& node_name, Members members)
    : directory_(std::move(directory)),
      path_(directory_.empty() ? "" : state_file_path(directory_, node_name, "members.json")),
      members_(std::move(members)),
      timer_(loop, [this](Instant) { write(); }) {}

void MemoryFile::create_directory() {
    // One level: a mistyped path should be noticed, not built.
    if (mkdir(directory_.c_str(), directory_mode) == 0 || errno == EEXIST) return;
    runtime::log_warning("memory: cannot create '" + directory_ +
                         "': " + std::error_code(errno, std::generic_category()).message() +
                         "; a restart will not know the members; create it, or set state-dir");
    failing_ = true;
}

std::optional<std::vector<service::Remembered>> MemoryFile::load() {
    if (path_.empty()) return std::nullopt;
    create_directory();
    const Result<std::optional<std::string>> text =
        runtime::read_file(path_, service::memory_bytes_max);
    if (!text) {
        runtime::log_warning("memory: " + text.error().message);
        return std::nullopt;
    }
    if (!*text) return std::nullopt;
    Result<std::vector<service::Remembered>> members = service::parse_memory(**text);
    if (!members) {
        runtime::log_warning("memory: " + path_ + ": " + members.error().message);
        return std::nullopt;
    }
    return *std::move(members);
}

void MemoryFile::touch() {
    if (path_.empty() || dirty_) return;
    dirty_ = true;
    timer_.arm(runtime::now() + memory_write_pause);
}

void MemoryFile::close() {
    if (dirty_) write();
    path_.clear();
    timer_.arm(never);
}

void MemoryFile::write() {
    dirty_ = false;
    const std::string text = service::render_memory(members_());
    const std::size_t hash = std::hash<std::string>{}(text);
    if (hash == written_) return;
    const Result<void> replaced = runtime::replace_file(path_, text);
    // Once told is enough; a full disk would otherwise be told with every change.
    if (!replaced && !failing_) {
        runtime::log_warning("memory: " + replaced.error().message +
                             "; a restart will not know the members");
    }
    failing_ = !replaced;
    if (replaced) written_ = hash;
}

}  // namespace scrimp::app
