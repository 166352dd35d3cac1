#include "helpers/settings.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <system_error>

#include "base/duration.h"
#include "base/printable.h"

namespace scrimp::helpers {
namespace {

using namespace std::chrono_literals;

/// Paths and texts of ours are shorter; a longer one need not be quoted in full.
constexpr std::size_t value_chars_max = 160;
/// Tokens have some kilobytes at most, passwords less.
constexpr std::size_t secret_bytes_max = 16 * 1024;
/// For the answer on its way: rendering it, and the daemon's reading of it.
constexpr Duration farewell = 1s;

tl::unexpected<Error> fail_at(std::string_view key, const std::string& why) {
    return fail(std::string(key) + ": " + why);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Result<std::string> text_setting(const Json& config, std::string_view key,
                                 std::string_view otherwise) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return std::string(otherwise);
    auto text = read_text(*value);
    if (!text) return fail_at(key, text.error().message);
    return text;
}

Result<std::string> required_setting(const Json& config, std::string_view key) {
    auto text = text_setting(config, key);
    if (text && text->empty()) return fail_at(key, "required, and missing");
    return text;
}

Result<bool> bool_setting(const Json& config, std::string_view key, bool otherwise) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return otherwise;
    const auto read = read_bool(*value);
    if (!read) return fail_at(key, read.error().message);
    return read;
}

Result<Duration> duration_setting(const Json& config, std::string_view key,
                                  std::string_view otherwise) {
    const auto text = text_setting(config, key, otherwise);
    if (!text) return tl::unexpected(text.error());
    const auto duration = parse_duration(*text);
    if (!duration) return fail_at(key, duration.error().message);
    if (*duration <= Duration::zero()) {
        return fail_at(key, "'" + printable(*text, value_chars_max) + "' is not above zero");
    }
    return duration;
}

Result<std::uint16_t> port_setting(const Json& config, std::string_view key,
                                   std::uint16_t otherwise) {
    const Json* const value = find_member(config, key);
    if (value == nullptr) return otherwise;
    const auto port = read_port(*value);
    if (!port) return fail_at(key, port.error().message);
    return port;
}

Result<Duration> budget_of(const Json& config) {
    const auto timeout = duration_setting(config, "timeout", "30s");
    if (!timeout) return tl::unexpected(timeout.error());
    return *timeout > 2 * farewell ? *timeout - farewell : *timeout / 2;
}

Result<std::int64_t> expiry_of(const Json& config) {
    const auto expiry = duration_setting(config, "expiry", "10m");
    if (!expiry) return tl::unexpected(expiry.error());
    return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(*expiry).count());
}

Result<std::string> read_secret(std::string_view key, const std::string& path) {
    const std::string where = std::string(key) + ": " + printable(path, value_chars_max) + ": ";
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
    if (file == nullptr) {
        return fail(where + std::error_code(errno, std::generic_category()).message() +
                    "; name a file that the user of scrimplb can read");
    }
    std::string text(secret_bytes_max + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) return fail(where + "cannot be read; it must be a file");
    if (text.size() > secret_bytes_max) {
        return fail(where + "larger than " + std::to_string(secret_bytes_max / 1024) +
                    " KiB; that is no token or password");
    }
    const std::string_view secret = trimmed(text);
    if (secret.empty()) return fail(where + "empty; write the secret into it");
    return std::string(secret);
}

Result<std::optional<Family>> family_setting(const Json& config) {
    const auto text = text_setting(config, "family");
    if (!text) return tl::unexpected(text.error());
    if (text->empty()) return std::optional<Family>();
    if (*text == "ipv4") return std::optional(Family::Ipv4);
    if (*text == "ipv6") return std::optional(Family::Ipv6);
    return fail_at("family",
                   "'" + printable(*text, value_chars_max) + "' is neither 'ipv4' nor 'ipv6'");
}

std::string_view name_of(Family family) {
    return family == Family::Ipv4 ? "IPv4" : "IPv6";
}

std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace scrimp::helpers
