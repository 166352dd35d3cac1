#include "app/config_challenges.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/config_fields.h"
#include "runtime/http_server.h"
#include "service/grant.h"

namespace scrimp::app {
namespace {

constexpr const char* socket_name = "challenges.sock";

/// nginx ends the path at a colon, HAProxy at a space; a dollar begins a variable.
bool is_plain_path(std::string_view path) {
    return std::ranges::all_of(path, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/._-+@,=~").find(c) != std::string_view::npos;
    });
}

}  // namespace

ChallengeSettings read_challenges(Fields& fields) {
    ChallengeSettings read{.nodes = fields.texts("challenges"), .socket = {}};
    if (read.nodes && read.nodes->size() > service::grant_entries_max) {
        fields.refuse("challenges",
                      "has more than " + std::to_string(service::grant_entries_max) + " entries");
    }
    for (const std::string& node : read.nodes.value_or(std::vector<std::string>())) {
        const Result<void> checked = service::check_pattern(node);
        if (!checked) fields.refuse("challenges", "'" + node + "' " + checked.error().message);
    }
    read.socket = fields.text("challenge-socket").value_or("");
    if (read.socket.size() > runtime::socket_path_bytes_max || !is_plain_path(read.socket)) {
        fields.refuse("challenge-socket",
                      "must have at most " + std::to_string(runtime::socket_path_bytes_max) +
                          " bytes, letters, digits and /._-+@,=~ only: proxies read it");
    }
    return read;
}

service::ChallengePolicy challenge_policy(const ChallengeSettings& given,
                                          const service::AdmissionConfig& admission) {
    if (given.nodes) return {*given.nodes};
    const bool restricted = !admission.rules.empty() || admission.require_permit;
    return restricted ? service::ChallengePolicy{} : service::ChallengePolicy{{"*"}};
}

std::string challenge_socket_of(const ChallengeSettings& given,
                                const service::AdmissionConfig& admission,
                                const std::string& admin_socket) {
    if (challenge_policy(given, admission).nodes.empty()) return "";
    std::filesystem::path path = given.socket;
    if (path.empty()) {
        if (admin_socket.empty()) return "";
        path = std::filesystem::path(admin_socket).parent_path() / socket_name;
    }
    std::error_code ignored;
    const std::string absolute = std::filesystem::absolute(path, ignored).string();
    const bool fits = absolute.size() <= runtime::socket_path_bytes_max && is_plain_path(absolute);
    return fits ? absolute : "";
}

}  // namespace scrimp::app
