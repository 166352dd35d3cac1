#include "service/option_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/ascii.h"
#include "base/printable.h"

namespace scrimp::service {
namespace {

/// Far above honest use; a thousand applications of them stay within a list's two megabytes or are
/// refused as a whole.
constexpr std::size_t path_chars_max = 200;
constexpr std::size_t target_chars_max = 500;
constexpr std::size_t option_token_chars_max = 64;
constexpr std::size_t value_chars_max = 500;
constexpr std::size_t hash_chars_max = 200;
constexpr std::size_t option_label_chars_max = 63;
constexpr std::uint64_t body_bytes_max = std::uint64_t{1} << 40;

/// Long enough to recognise a text by, short enough for a log line.
constexpr std::size_t shown_chars_max = 80;

constexpr std::string_view digits = "0123456789";
constexpr std::string_view alphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Of a message's framing, of the connection, of who asked for what: the proxy's own to say.
constexpr std::array<std::string_view, 17> reserved_headers = {"connection",
                                                               "content-length",
                                                               "expect",
                                                               "forwarded",
                                                               "host",
                                                               "http2-settings",
                                                               "keep-alive",
                                                               "proxy-connection",
                                                               "te",
                                                               "trailer",
                                                               "transfer-encoding",
                                                               "upgrade",
                                                               "x-forwarded-for",
                                                               "x-forwarded-host",
                                                               "x-forwarded-proto",
                                                               "x-real-ip",
                                                               "x-accel-redirect"};

constexpr std::array<std::string_view, 7> hash_prefixes = {"$1$", "$2a$", "$2b$",  "$2y$",
                                                           "$5$", "$6$",  "$apr1$"};

std::string shown(std::string_view text) {
    return "'" + printable(text, shown_chars_max) + "'";
}

bool consists_of(std::string_view text, std::string_view letters, std::string_view more = "") {
    return std::ranges::all_of(text, [&](char c) {
        return letters.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

/// Nothing if the text is of 1 to `most` such characters.
Result<void> check_word(std::string_view text, std::size_t most, std::string_view more,
                        std::string_view what) {
    if (!text.empty() && text.size() <= most && consists_of(text, alphanumeric, more)) return {};
    return fail(shown(text) + " is no " + std::string(what) + ": 1 to " + std::to_string(most) +
                " letters, digits and any of " + std::string(more));
}

}  // namespace

Result<std::string> parse_path(std::string_view text) {
    const std::string ended = std::string(text) + "/";
    const bool climbs = ended.find("//", 0) < ended.size() - 2 ||
                        ended.find("/./") != std::string::npos ||
                        ended.find("/../") != std::string::npos;
    if (!text.starts_with('/') || text.size() > path_chars_max || climbs ||
        !consists_of(text, alphanumeric, "._~/-")) {
        return fail(shown(text) +
                    " is no path: '/' and then letters, digits and any of ._~/-, no "
                    "empty part, no '.' or '..' alone, at most " +
                    std::to_string(path_chars_max) + " characters");
    }
    return std::string(text);
}

Result<std::string> parse_redirect_target(std::string_view text) {
    const bool absolute = text.starts_with("https://") || text.starts_with("http://");
    const bool local = text.starts_with('/') && !text.starts_with("//");
    if ((!absolute && !local) || text.size() > target_chars_max ||
        !consists_of(text, alphanumeric, "._~/?&=+:,;@-")) {
        return fail(shown(text) +
                    " is no place to redirect to: a path, or a URL of http or https, "
                    "of letters, digits and any of ._~/?&=+:,;@-, at most " +
                    std::to_string(target_chars_max) + " characters");
    }
    return std::string(text);
}

Result<std::string> parse_cookie_name(std::string_view text) {
    const auto checked = check_word(text, option_token_chars_max, "_-", "name of a cookie");
    if (!checked) return tl::unexpected(checked.error());
    return std::string(text);
}

Result<std::string> parse_label(std::string_view text) {
    const auto checked = check_word(text, option_label_chars_max, "._-", "label");
    if (!checked) return tl::unexpected(checked.error());
    return std::string(text);
}

Result<std::string> parse_header_name(std::string_view text) {
    const auto checked = check_word(text, option_token_chars_max, "-", "name of a header");
    if (!checked) return tl::unexpected(checked.error());
    std::string name = lower(text);
    if (std::ranges::find(reserved_headers, name) != reserved_headers.end()) {
        return fail(shown(name) + " is the proxy's own to say; leave it out");
    }
    return name;
}

Result<std::string> parse_header_value(std::string_view text) {
    const bool plain = std::ranges::all_of(text, [](char c) {
        return c >= ' ' && c < 0x7f &&
               std::string_view("\"\\$%{}`").find(c) == std::string_view::npos;
    });
    if (text.empty() || !plain || text.size() > value_chars_max || text.front() == ' ' ||
        text.back() == ' ') {
        return fail(shown(text) + " is no value of a header: 1 to " +
                    std::to_string(value_chars_max) +
                    R"( printable ASCII characters but "\$%{}`, no space at the ends; null )"
                    "removes the header");
    }
    return std::string(text);
}

Result<Credential> parse_credential(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view user = text.substr(0, colon);
    const auto checked = check_word(user, option_token_chars_max, "._@+-", "name of a user");
    if (!checked) return tl::unexpected(checked.error());
    const std::string_view hash =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const bool known = std::ranges::any_of(hash_prefixes, [hash](std::string_view prefix) {
        return hash.starts_with(prefix) && hash.size() > prefix.size();
    });
    // The hash is not shown: whoever wrote a password instead shall not find it in a log.
    if (!known || hash.size() > hash_chars_max || !consists_of(hash, alphanumeric, "./$=,")) {
        return fail("'" + std::string(user) +
                    "' has no hash of a password behind the colon, one that begins with $2y$, $6$, "
                    "$5$, $1$ or $apr1$; `openssl passwd -6` makes one");
    }
    return Credential{std::string(user), std::string(hash)};
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
    const std::size_t end = std::min(text.find_first_not_of(digits), text.size());
    std::uint64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + end, count);
    const std::string unit = lower(text.substr(end));
    int shift = 0;
    if (unit == "k") shift = 10;
    if (unit == "m") shift = 20;
    if (unit == "g") shift = 30;
    const bool known = unit.empty() || shift > 0;
    if (end == 0 || read.ec != std::errc() || !known || count > body_bytes_max >> shift) {
        return fail(shown(text) + " is no size: a number of bytes, or of k, m or g, at most 1024g");
    }
    return count << shift;
}

std::string bytes_text(std::uint64_t bytes) {
    for (const auto& [shift, unit] : {std::pair(30, "g"), std::pair(20, "m"), std::pair(10, "k")}) {
        if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0) {
            return std::to_string(bytes >> shift) + unit;
        }
    }
    return std::to_string(bytes);
}

std::string milliseconds_text(Duration duration) {
    const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    if (count % 1000 == 0) return std::to_string(count / 1000) + "s";
    return std::to_string(count) + "ms";
}

}  // namespace scrimp::service
