#include "providers/settings.h"

#include <algorithm>
#include <array>

#include "base/duration.h"
#include "base/printable.h"
#include "base/suggest.h"
#include "seed/document.h"

namespace scrimp::providers {
namespace {

/// Keys of ours are shorter; a foreign one need not be quoted in full. The same goes for values.
constexpr std::size_t key_chars_max = 64;

/// Below a second a seed would be dead before it is read; a year is for ever.
constexpr Duration expiry_min = std::chrono::seconds{1};
constexpr Duration expiry_max = std::chrono::hours{8760};
/// What takes longer than ten minutes is a job, not an answer.
constexpr Duration timeout_min = std::chrono::seconds{1};
constexpr Duration timeout_max = std::chrono::minutes{10};

/// As many as an etcd cluster has members, and some.
constexpr std::size_t urls_max = 16;
/// More is a script, and belongs into a file.
constexpr std::size_t words_max = 64;
constexpr std::size_t headers_max = 32;

tl::unexpected<Error> fail_at(std::string_view key, const std::string& why) {
    return fail(printable(key, key_chars_max) + ": " + why);
}

std::string in_quotes(std::string_view text) {
    return "'" + printable(text, key_chars_max) + "'";
}

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(
        text, [](char each) { return static_cast<unsigned char>(each) < 0x20 || each == 0x7f; });
}

struct Range {
    Duration least;
    Duration most;
    std::string_view words;
};
constexpr Range expiry_range{expiry_min, expiry_max, "between 1s and 8760h"};
constexpr Range timeout_range{timeout_min, timeout_max, "between 1s and 10m"};

Result<Duration> read_duration(const Json& value, const Range& range) {
    const auto text = read_text(value);
    if (!text) return tl::unexpected(text.error());
    const auto duration = parse_duration(*text);
    if (!duration) return tl::unexpected(duration.error());
    if (*duration >= range.least && *duration <= range.most) return *duration;
    return fail(in_quotes(*text) + " must be " + std::string(range.words));
}

Result<Duration> optional_duration(const Json& config, std::string_view key, const Range& range,
                                   Duration otherwise) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return otherwise;
    const auto duration = read_duration(*value, range);
    if (!duration) return fail_at(key, duration.error().message);
    return *duration;
}

/// What follows "http://" or "https://"; nothing if the text is no such address. The text itself is
/// never repeated in a complaint: addresses come with keys and signatures in them.
std::optional<std::string_view> after_scheme(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (url.starts_with(scheme)) return url.substr(scheme.size());
    }
    return std::nullopt;
}

}  // namespace

Result<void> check_keys(const Json& config, std::span<const std::string_view> known) {
    if (!config.is_object()) return fail("must be an object");
    for (const auto& [key, value] : config.items()) {
        if (std::ranges::find(known, key) != known.end()) continue;
        const auto meant = nearest(key, known);
        return fail_at(key, meant ? "unknown key; did you mean '" + std::string(*meant) + "'?"
                                  : "unknown key");
    }
    return {};
}

Result<std::optional<std::string>> optional_text(const Json& config, std::string_view key) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return std::optional<std::string>();
    auto text = read_text(*value);
    if (!text) return fail_at(key, text.error().message);
    return std::optional(*std::move(text));
}

Result<std::string> required_text(const Json& config, std::string_view key) {
    auto text = optional_text(config, key);
    if (!text) return tl::unexpected(text.error());
    if (!*text || (*text)->empty()) return fail_at(key, "required, and missing");
    return **std::move(text);
}

Result<std::uint16_t> optional_port(const Json& config, std::string_view key,
                                    std::uint16_t otherwise) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return otherwise;
    const auto port = read_port(*value);
    if (!port) return fail_at(key, port.error().message);
    return *port;
}

Result<bool> optional_flag(const Json& config, std::string_view key, bool otherwise) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return otherwise;
    const auto flag = read_bool(*value);
    if (!flag) return fail_at(key, flag.error().message);
    return *flag;
}

Result<Duration> expiry_of(const Json& config) {
    return optional_duration(config, "expiry", expiry_range, seed::expiry_default);
}

Result<Duration> timeout_of(const Json& config) {
    return optional_duration(config, "timeout", timeout_range, timeout_default);
}

Result<void> check_settings(const Json& config, std::span<const Setting> settings) {
    std::vector<std::string_view> known;
    for (const Setting& setting : settings) known.push_back(setting.key);
    if (const auto good = check_keys(config, known); !good) return good;
    for (const Setting& setting : settings) {
        const Json* const value = find_member(config, setting.key);
        if (value == nullptr) {
            if (setting.required) return fail_at(setting.key, "required, and missing");
            continue;
        }
        const auto good = setting.check(*value);
        if (!good) return fail_at(setting.key, good.error().message);
    }
    return {};
}

Result<void> is_text(const Json& value) {
    const auto text = read_text(value);
    if (!text) return tl::unexpected(text.error());
    if (text->empty()) return fail("must not be empty");
    if (has_control_characters(*text)) return fail("must be one line of plain text");
    return {};
}

Result<void> is_flag(const Json& value) {
    return read_bool(value).map([](bool) {});
}

Result<void> is_port(const Json& value) {
    return read_port(value).map([](std::uint16_t) {});
}

Result<void> is_object(const Json& value) {
    if (value.is_object()) return {};
    return fail("must be an object, not " + std::string(kind_of(value)));
}

Result<void> is_expiry(const Json& value) {
    return read_duration(value, expiry_range).map([](Duration) {});
}

Result<void> is_timeout(const Json& value) {
    return read_duration(value, timeout_range).map([](Duration) {});
}

Result<void> is_url(const Json& value) {
    if (const auto good = is_text(value); !good) return good;
    const auto rest = after_scheme(value.get_ref<const std::string&>());
    const std::string_view host = rest ? rest->substr(0, rest->find_first_of("/?#")) : "";
    if (host.empty() || rest->find_first_of(" \\\"<>#") != std::string_view::npos) {
        return fail("must be an address that begins with http:// or https://");
    }
    if (host.find('@') != std::string_view::npos) {
        return fail("must not hold a user or password");
    }
    return {};
}

Result<void> is_base_url(const Json& value) {
    if (const auto good = is_url(value); !good) return good;
    const auto rest = after_scheme(value.get_ref<const std::string&>());
    const std::size_t end = rest->find_first_of("/?");
    if (end == std::string_view::npos || rest->substr(end) == "/") return {};
    return fail("must end after the host and its port");
}

Result<void> is_base_url_list(const Json& value) {
    if (!value.is_array()) return fail("must be a list, not " + std::string(kind_of(value)));
    if (value.empty() || value.size() > urls_max) {
        return fail("must hold 1 to " + std::to_string(urls_max) + " addresses");
    }
    for (const Json& url : value) {
        if (const auto good = is_base_url(url); !good) return good;
    }
    return {};
}

Result<void> is_command(const Json& value) {
    if (!value.is_array()) {
        return fail("must be a list of strings, the program and its arguments, not " +
                    std::string(kind_of(value)));
    }
    if (value.empty() || value.size() > words_max) {
        return fail("must hold 1 to " + std::to_string(words_max) + " strings");
    }
    for (const Json& word : value) {
        const auto text = read_text(word);
        if (!text) return tl::unexpected(text.error());
        if (text->find('\0') != std::string::npos) return fail("must not hold a zero byte");
    }
    if (value.front().get_ref<const std::string&>().empty())
        return fail("must begin with a program");
    return {};
}

Result<void> is_headers(const Json& value) {
    if (const auto good = is_object(value); !good) return good;
    if (value.size() > headers_max) {
        return fail("must hold at most " + std::to_string(headers_max) + " headers");
    }
    for (const auto& [name, text] : value.items()) {
        const bool is_token = !name.empty() && std::ranges::all_of(name, [](char each) {
            return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '-' ||
                   each == '_';
        });
        if (!is_token) return fail(in_quotes(name) + " is no name of a header");
        if (const auto good = is_text(text); !good) {
            return fail(in_quotes(name) + " " + good.error().message);
        }
    }
    return {};
}

Result<void> is_family(const Json& value) {
    constexpr std::array<std::string_view, 2> families{"ipv4", "ipv6"};
    return is_one_of(value, families);
}

Result<void> is_one_of(const Json& value, std::span<const std::string_view> words) {
    const auto text = read_text(value);
    if (!text) return tl::unexpected(text.error());
    if (std::ranges::find(words, *text) != words.end()) return {};
    std::string known;
    for (const std::string_view word : words) {
        known += (known.empty() ? "'" : ", '") + std::string(word) + "'";
    }
    return fail(in_quotes(*text) + " is none of " + known);
}

}  // namespace scrimp::providers
