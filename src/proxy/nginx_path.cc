#include "proxy/nginx_path.h"

#include <fmt/format.h>

namespace scrimp::proxy {
namespace {

/// Escaped, a path doubles at most, and nginx refuses a parameter of more than 4096 bytes.
constexpr std::size_t path_bytes_max = 2000;

}  // namespace

Result<std::string> quote_nginx_path(std::string_view what, std::string_view path) {
    if (path.empty()) return fail(fmt::format("{} is empty; nginx needs it to speak TLS", what));
    if (path.size() > path_bytes_max) {
        return fail(fmt::format("{} is longer than {} bytes", what, path_bytes_max));
    }
    // nginx takes these for no path at all.
    if (path.starts_with("data:") || path.starts_with("engine:")) {
        return fail(fmt::format("{} '{}' is not the path of a file", what, path));
    }
    std::string quoted = "\"";
    for (const char c : path) {
        // nginx reads $ in a certificate's path as a variable and knows no way to escape it.
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '$') {
            return fail(
                fmt::format("{} holds a control character or '$', which nginx cannot "
                            "read in a path; give the file a plainer name",
                            what));
        }
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace scrimp::proxy
