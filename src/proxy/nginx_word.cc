#include "proxy/nginx_word.h"

#include <fmt/format.h>

namespace scrimp::proxy {

std::string nginx_quoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

std::string nginx_pattern(std::string_view text) {
    std::string pattern;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                           (c >= 'a' && c <= 'z') || c == '/' || c == '-' || c == '_';
        if (!plain) pattern += '\\';
        // Of two backslashes nginx leaves one.
        if (c == '\\') pattern += "\\\\";
        pattern += c;
    }
    return pattern;
}

std::string nginx_time(Duration duration) {
    return fmt::format("{}ms", std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

}  // namespace scrimp::proxy
