#include "app/nginx_shadow.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include "app/nginx_syntax.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view copy_prefix = ".scrimplb-check-";

/// As the kernel's own limit on following symbolic links.
constexpr int links_max = 40;

/// Where the working directory is gone, the path as it is: opening it will tell.
fs::path full_path(const fs::path& path) {
    std::error_code error;
    const fs::path full = fs::absolute(path, error);
    return error ? path : full;
}

/// The entry itself: its directory without symbolic links, its last name as it is.
fs::path entry_of(const fs::path& path) {
    std::error_code ignored;
    const fs::path directory = fs::weakly_canonical(full_path(path).parent_path(), ignored);
    return directory / path.filename();
}

std::vector<fs::path> expand(const std::string& pattern) {
    std::vector<fs::path> files;
    glob_t found{};
    if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
        files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    globfree(&found);
    return files;
}

Result<std::string> read(const fs::path& path) {
    std::error_code error;
    (void)fs::file_size(path, error);  // An error also for what is no file.
    if (error) return fail("cannot read " + path.string() + ": " + error.message());
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail("cannot read " + path.string() + ": " + std::strerror(errno));
    return std::string(std::istreambuf_iterator<char>(in), {});
}

constexpr std::string_view shutdown_timeout = "worker_shutdown_timeout";

}  // namespace

NginxShadow::NginxShadow(const std::string& main, const std::string& candidate,
                         const std::string& target)
    : main_(full_path(main)),
      directory_(main_.parent_path()),
      candidate_(full_path(candidate)),
      target_(entry_of(target)) {}

NginxShadow::~NginxShadow() {
    std::error_code ignored;
    for (const auto& [copy, original] : copies_) fs::remove(copy, ignored);
}

Result<std::string> NginxShadow::build() {
    remove_those_of_the_dead();
    const auto shadow = shadow_of(main_);
    if (!shadow) return tl::unexpected(shadow.error());
    if (!*shadow) {
        return fail("nothing in " + main_.string() + " includes " + target_.string() +
                    "; add 'include " + target_.string() + ";' to its http block");
    }
    return (*shadow)->string();
}

std::string NginxShadow::with_original_names(std::string text) const {
    for (const auto& [copy, original] : copies_) {
        const std::string from = copy.string();
        const std::string to = original.string();
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
            text.replace(at, from.size(), to);
            at += to.size();
        }
    }
    return text;
}

void NginxShadow::remove_those_of_the_dead() const {
    std::error_code ignored;
    for (fs::directory_iterator at(directory_, ignored), end; at != end; at.increment(ignored)) {
        const std::string name = at->path().filename().string();
        if (!name.starts_with(copy_prefix)) continue;
        pid_t pid = 0;
        const char* digits = name.c_str() + copy_prefix.size();
        std::from_chars(digits, name.c_str() + name.size(), pid);
        if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) fs::remove(at->path(), ignored);
    }
}

Result<std::optional<fs::path>> NginxShadow::shadow_of(const Path& file) {
    const Path entry = entry_of(file);
    if (const auto found = known_.find(entry); found != known_.end()) return found->second;
    if (known_.size() >= nginx_files_max) {
        return fail("the configuration has more than " + std::to_string(nginx_files_max) +
                    " files");
    }
    known_[entry] = std::nullopt;  // Also the answer for a file that includes itself.
    std::error_code no_size;
    if (fs::file_size(file, no_size) > nginx_file_bytes_max && !no_size) {
        return fail(file.string() + " is too large to look for includes in it");
    }
    const auto text = read(file);
    if (!text) {
        // What nginx cannot read either is for nginx to complain about, but for the first file.
        if (file == main_) return tl::unexpected(text.error());
        return std::nullopt;
    }
    if (text->find(shutdown_timeout) != std::string::npos &&
        !find_nginx_directives(*text, shutdown_timeout).empty()) {
        bounds_old_workers_ = true;
    }
    bool changed = false;
    const auto rewritten = rewrite(file, *text, changed);
    if (!rewritten) return tl::unexpected(rewritten.error());
    if (!changed) return std::nullopt;
    const auto copy = write_copy(file, *rewritten);
    if (!copy) return tl::unexpected(copy.error());
    return known_[entry] = *copy;
}

Result<std::string> NginxShadow::rewrite(const Path& file, const std::string& text, bool& changed) {
    std::string out;
    std::size_t copied = 0;
    for (const auto& include : find_nginx_directives(text, "include")) {
        if (include.parameters.size() != 1) continue;
        const auto instead = replacement(include.parameters[0]);
        if (!instead) return tl::unexpected(Error{file.string() + ": " + instead.error().message});
        if (!*instead) continue;
        changed = true;
        out.append(text, copied, include.begin - copied).append(**instead);
        // A directive of several lines keeps them.
        out.append(static_cast<std::size_t>(
                       std::count(text.begin() + static_cast<std::ptrdiff_t>(include.begin),
                                  text.begin() + static_cast<std::ptrdiff_t>(include.end), '\n')),
                   '\n');
        copied = include.end;
    }
    return out.append(text, copied);
}

/// The includes to stand for one; nothing if it has nothing to do with the target.
Result<std::optional<std::string>> NginxShadow::replacement(const std::string& pattern) {
    bool changed = false;
    std::string out;
    for (const Path& file : files_of(pattern)) {
        Path instead = file;
        if (leads_to_target(file)) {
            changed = true;
            instead = candidate_;
        } else {
            const auto copy = shadow_of(file);
            if (!copy) return tl::unexpected(copy.error());
            if (*copy) {
                changed = true;
                instead = **copy;
            }
        }
        out +=
            (out.empty() ? "include " : " include ") + quote_nginx_include(instead.string()) + ";";
    }
    if (!changed) return std::nullopt;
    return out;
}

/// As nginx would read them, and the target where it would be read once it exists.
std::vector<fs::path> NginxShadow::files_of(const std::string& pattern) const {
    const std::string full = (directory_ / pattern).string();
    if (full.find_first_of("*?[") == std::string::npos) return {full};
    std::vector<Path> files = expand(full);
    const auto slash = full.rfind('/');
    const std::string name = full.substr(slash + 1);
    if (fnmatch(name.c_str(), target_.filename().c_str(), FNM_PERIOD) == 0) {
        for (const Path& directory : expand(full.substr(0, slash))) {
            const Path would_be = directory / target_.filename();
            if (entry_of(would_be) == target_) files.push_back(would_be);
        }
    }
    std::sort(files.begin(), files.end(),
              [](const Path& a, const Path& b) { return a.native() < b.native(); });
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
}

bool NginxShadow::leads_to_target(Path path) const {
    for (int i = 0; i < links_max; ++i) {
        const Path entry = entry_of(path);
        if (entry == target_) return true;
        std::error_code error;
        const Path link = fs::read_symlink(entry, error);
        if (error) return false;
        path = entry.parent_path() / link;
    }
    return false;
}

Result<fs::path> NginxShadow::write_copy(const Path& original, const std::string& text) {
    const Path copy = directory_ / (std::string(copy_prefix) + std::to_string(getpid()) + "-" +
                                    std::to_string(copies_.size()));
    const int file = open(copy.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail("cannot write a copy beside " + main_.string() + ": " + std::strerror(errno));
    }
    copies_.emplace_back(copy, original);
    std::size_t written = 0;
    ssize_t got = 0;
    while (written < text.size() &&
           (got = write(file, text.data() + written, text.size() - written)) > 0) {
        written += static_cast<std::size_t>(got);
    }
    const int error = errno;
    close(file);
    if (written < text.size()) {
        return fail("cannot write " + copy.string() + ": " + std::strerror(error));
    }
    return copy;
}

}  // namespace scrimp::app
