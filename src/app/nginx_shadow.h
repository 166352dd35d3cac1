// A copy of nginx's configuration in which one file is replaced by another, without touching
// either: what `nginx -t` needs to judge a candidate in the context it will live in.
//
// Only the files on the way are copied: from the main file through every file that includes the
// target, directly, by a glob or by a symbolic link. In each copy an include that would read the
// target is spelt out as the files it means, in nginx's order and on its own line (so line numbers
// stay true), with the candidate in the target's place, also where the target does not exist yet.
// The copies are dot-files in the directory of the main file, because nginx resolves every relative
// path, in whichever file it stands, against the directory of the main file. They are removed with
// the shadow; those of a process that was killed are removed by the next one.
//
// Cost: each file of the configuration is read once. Left out: includes inside a file larger than
// nginx_file_bytes_max, which is refused.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace scrimp::app {

/// Far above any configuration that people write; lists of addresses come to some megabytes.
inline constexpr std::size_t nginx_file_bytes_max = 32 * 1024 * 1024;
/// Files read in all: a web host with thousands of sites fits.
inline constexpr std::size_t nginx_files_max = 20'000;

class NginxShadow {
  public:
    /// Paths may be relative to the working directory. Nothing is written before build().
    NginxShadow(const std::string& main, const std::string& candidate, const std::string& target);
    ~NginxShadow();
    NginxShadow(const NginxShadow&) = delete;
    NginxShadow& operator=(const NginxShadow&) = delete;

    /// Writes the copies and returns the path of the main one; fails if nothing includes the
    /// target, or a file cannot be read or written. What was written is removed in any case.
    [[nodiscard]] Result<std::string> build();

    /// Whether any file that was read bounds the life of workers that a reload has replaced
    /// (worker_shutdown_timeout). After build().
    [[nodiscard]] bool bounds_old_workers() const { return bounds_old_workers_; }

    /// A text in which the names of copies are those of the originals again.
    [[nodiscard]] std::string with_original_names(std::string text) const;

  private:
    using Path = std::filesystem::path;

    void remove_those_of_the_dead() const;
    /// The path to include instead of `file`: its copy if the target is behind it, else nothing.
    Result<std::optional<Path>> shadow_of(const Path& file);
    Result<std::string> rewrite(const Path& file, const std::string& text, bool& changed);
    Result<std::optional<std::string>> replacement(const std::string& pattern);
    [[nodiscard]] std::vector<Path> files_of(const std::string& pattern) const;
    [[nodiscard]] bool leads_to_target(Path path) const;
    Result<Path> write_copy(const Path& original, const std::string& text);

    Path main_;
    Path directory_;  ///< Of the main file: what relative paths start from.
    Path candidate_;
    Path target_;  ///< The directory without symbolic links, and the name as it is.
    std::map<Path, std::optional<Path>> known_;  ///< File to copy; nothing: needs none.
    std::vector<std::pair<Path, Path>> copies_;  ///< Copy and original.
    bool bounds_old_workers_ = false;
};

}  // namespace scrimp::app
