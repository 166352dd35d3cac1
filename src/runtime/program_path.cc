#include "runtime/program_path.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace scrimp::runtime {
namespace {

constexpr std::string_view own_name = "scrimplb";
constexpr std::string_view helper_prefix = "scrimplb-";
constexpr std::string_view helpers_installed = "/usr/lib/scrimplb";

/// Where helpers of ours lie, in the order in which they are looked for.
std::vector<std::filesystem::path> helper_folders() {
    std::vector<std::filesystem::path> folders;
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (!error) {
        folders.push_back(program.parent_path());
        folders.push_back(program.parent_path().parent_path() / "lib" / "scrimplb");
    }
    if (std::ranges::find(folders, helpers_installed) == folders.end()) {
        folders.emplace_back(helpers_installed);
    }
    return folders;
}

}  // namespace

std::string program_path(const std::string& name) {
    // In the child, before it becomes the program, this path still names our own executable.
    if (name == own_name) return "/proc/self/exe";
    if (!name.starts_with(helper_prefix)) return name;
    for (const auto& folder : helper_folders()) {
        const std::string path = (folder / name).string();
        if (access(path.c_str(), X_OK) == 0) return path;
    }
    return name;
}

std::string start_failure(const std::string& name, int error) {
    const std::string text = "cannot run '" + name + "': ";
    if (error != ENOENT || !name.starts_with(helper_prefix)) {
        return text + std::generic_category().message(error);
    }
    std::string folders;
    for (const auto& folder : helper_folders()) folders += " " + folder.string();
    return text + "it is a part of Scrimp LB, and is in none of" + folders + "; install it there";
}

}  // namespace scrimp::runtime
