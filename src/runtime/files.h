// Small files, read whole within a bound and replaced whole or not at all.
//
// These calls block the loop, fsync included: a few kilobytes, a megabyte where thousands of
// applications are configured, milliseconds on a healthy disk. The failure detector tolerates that;
// what may take long runs as a command (runtime/command.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace scrimp::runtime {

/// The contents; nothing if there is no such file; fails if it is larger than `bytes_max` or cannot
/// be read.
[[nodiscard]] Result<std::optional<std::string>> read_file(const std::string& path,
                                                           std::size_t bytes_max);

/// Creates or overwrites `path` and waits until the disk has it. Mode 0644 whatever the umask. A
/// symbolic link at `path` is refused. On failure the file may be there in part.
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view text);

/// As write_file, but of a new file: what stands at `path` is removed first, so that nobody has it
/// open, or under another name.
[[nodiscard]] Result<void> write_new_file(const std::string& path, std::string_view text);

/// rename(2), then fsync of the directory: after a power cut one of the two is there, whole.
[[nodiscard]] Result<void> swap_file(const std::string& from, const std::string& to);

/// write_file beside `path` (same name, ".new" after it), then swap_file.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view text);

/// For secrets. Reads a regular file that nobody but its owner may read or write; fails, with the
/// remedy, if its mode lets others.
[[nodiscard]] Result<std::optional<std::string>> read_private_file(const std::string& path,
                                                                   std::size_t bytes_max);
/// As replace_file, with mode 0600, and owner and group of the file that is replaced. A symbolic
/// link stays: the file that it leads to is replaced.
[[nodiscard]] Result<void> replace_private_file(const std::string& path, std::string_view text);

/// Held by whoever reads a file in order to replace it, so that of two at once neither loses the
/// other's change. It is the directory that is locked, since the file is another one afterwards.
class EditLock {
  public:
    /// Waits for whoever holds it.
    [[nodiscard]] static Result<EditLock> of(const std::string& path);
    EditLock(EditLock&& other) noexcept;
    EditLock& operator=(EditLock&&) = delete;
    ~EditLock();

  private:
    explicit EditLock(int directory) : directory_(directory) {}
    int directory_;
};

}  // namespace scrimp::runtime
