// For tests that write files: a directory of their own, gone with the test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "base/assert.h"

namespace scrimp {

/// Declare it before whatever works in it, which then ends first.
class ScratchDirectory {
  public:
    ScratchDirectory() {
        std::string name = std::filesystem::temp_directory_path() / "scrimp-XXXXXX";
        SCRIMP_ASSERT(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~ScratchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace scrimp
