#include "sim/script_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace scrimp::sim {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> list_folder(const std::string& path) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".txt") files.push_back(entry->path().string());
    }
    if (error) return fail(path + ": cannot be read: " + error.message());
    if (files.empty()) return fail(path + ": there is no scenario (*.txt) in this folder");
    std::ranges::sort(files);
    return files;
}

Result<Script> load_script(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    // One more than may be, so that the parser can tell.
    std::string text(script_bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) {
        return fail(path + ": cannot be read; name a scenario file, or a folder of them");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return parse_script(path, text);
}

}  // namespace

Result<std::vector<Script>> load_scripts(std::span<const std::string> paths) {
    std::vector<Script> scripts;
    for (const std::string& path : paths) {
        std::error_code ignored;
        const bool folder = fs::is_directory(path, ignored);
        auto files = folder ? list_folder(path) : Result<std::vector<std::string>>({path});
        if (!files) return tl::unexpected(files.error());
        for (const std::string& file : *files) {
            auto script = load_script(file);
            if (!script) return tl::unexpected(script.error());
            scripts.push_back(*std::move(script));
        }
    }
    return scripts;
}

}  // namespace scrimp::sim
