#include "app/admin_socket.h"

#include <filesystem>
#include <system_error>

#include "app/config_fields.h"
#include "runtime/http_server.h"

namespace scrimp::app {
namespace {

constexpr const char* runtime_directory = "/run/scrimplb";
constexpr const char* file_name = "admin.sock";
constexpr const char* off_word = "none";
constexpr const char* socket_remedy =
    "name the socket with --socket, or the node's file with "
    "--config-file";

bool exists(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

std::string below(const std::string& directory) {
    return directory + "/" + file_name;
}

}  // namespace

void read_admin_socket(Fields& fields, Config& config) {
    config.admin_socket = fields.text("admin-socket").value_or("");
    if (config.admin_socket.size() > runtime::socket_path_bytes_max) {
        fields.refuse("admin-socket", "is longer than the " +
                                          std::to_string(runtime::socket_path_bytes_max) +
                                          " bytes that the kernel allows for a socket's path");
    }
}

std::string admin_socket_of(const Config& config) {
    if (config.admin_socket == off_word) return "";
    if (!config.admin_socket.empty()) return config.admin_socket;
    if (exists(runtime_directory)) return below(runtime_directory);
    return config.state_dir.empty() ? "" : below(config.state_dir);
}

Result<std::string> find_admin_socket(const std::string& socket, const std::string& config_path) {
    if (!socket.empty()) return socket;
    const std::string usual = below(runtime_directory);
    if (config_path.empty() && exists(usual)) return usual;
    const std::string path = config_path.empty() ? "./scrimp.json" : config_path;
    if (config_path.empty() && !exists(path)) {
        return fail("there is neither " + usual + " nor ./scrimp.json: " + socket_remedy);
    }
    const Result<Config> config = load_main_file(path);
    if (!config) return fail(config.error().message + "\n" + socket_remedy);
    const std::string found = admin_socket_of(*config);
    if (found.empty()) return fail(path + " gives the node no admin socket: set admin-socket");
    return found;
}

}  // namespace scrimp::app
