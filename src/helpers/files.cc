#include "helpers/files.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace scrimp::helpers {
namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string last_error() {
    return std::error_code(errno, std::generic_category()).message();
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
    if (file == nullptr) {
        return fail("cannot be opened (" + last_error() +
                    "); name a file that the user of scrimplb can read");
    }
    std::string text(bytes_max + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) return fail("cannot be read (" + last_error() + ")");
    if (text.size() > bytes_max) {
        return fail("is larger than " + std::to_string(bytes_max / 1024) + " KiB");
    }
    return text;
}

}  // namespace scrimp::helpers
