#include "helpers/settings.h"

#include <chrono>

#include "base/duration.h"
#include "base/printable.h"
#include "helpers/files.h"
#include "seed/document.h"

namespace scrimp::helpers {
namespace {

using namespace std::chrono_literals;

/// Paths and texts of ours are shorter; a longer one need not be quoted in full.
constexpr std::size_t value_chars_max = 160;
/// Tokens have some kilobytes at most, passwords less.
constexpr std::size_t secret_bytes_max = std::size_t{16} * 1024;
/// A handful of requests to a service that answers slowly.
constexpr Duration timeout_default = 30s;
/// For the answer on its way: rendering it, and the daemon's reading of it.
constexpr Duration farewell = 1s;

std::string in_quotes(std::string_view text) {
    return "'" + printable(text, value_chars_max) + "'";
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

Result<std::string> read_secret(const std::string& path) {
    const auto text = read_whole_file(path, secret_bytes_max);
    if (!text) return fail(in_quotes(path) + " " + text.error().message);
    const std::string_view secret = trimmed(*text);
    if (secret.empty()) return fail(in_quotes(path) + " is empty; write the secret into it");
    return std::string(secret);
}

}  // namespace

std::string_view name_of(Family family) {
    return family == Family::Ipv4 ? "IPv4" : "IPv6";
}

Settings::Settings(const Json& config) : config_(&config) {}

void Settings::refuse(std::string_view key, const std::string& why) {
    if (!fault_) fault_ = Error{std::string(key) + ": " + why};
}

const Json* Settings::find(std::string_view key) const {
    return find_member(*config_, key);
}

std::string Settings::text(std::string_view key, std::string_view otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return std::string(otherwise);
    auto text = read_text(*value);
    if (text) return *std::move(text);
    refuse(key, text.error().message);
    return {};
}

std::string Settings::required_text(std::string_view key) {
    std::string found = text(key);
    if (found.empty()) refuse(key, "required, and missing");
    return found;
}

bool Settings::flag(std::string_view key, bool otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    const auto flag = read_bool(*value);
    if (!flag) refuse(key, flag.error().message);
    return flag.value_or(otherwise);
}

std::uint16_t Settings::port(std::string_view key, std::uint16_t otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    const auto port = read_port(*value);
    if (!port) refuse(key, port.error().message);
    return port.value_or(otherwise);
}

Duration Settings::duration(std::string_view key, Duration otherwise) {
    const std::string spelled = text(key);
    if (spelled.empty()) return otherwise;
    const auto duration = parse_duration(spelled);
    if (!duration) {
        refuse(key, duration.error().message);
    } else if (*duration <= Duration::zero()) {
        refuse(key, in_quotes(spelled) + " is not above zero");
    } else {
        return *duration;
    }
    return otherwise;
}

std::string Settings::secret(std::string_view key) {
    const std::string path = text(key);
    if (path.empty()) return {};
    auto secret = read_secret(path);
    if (secret) return *std::move(secret);
    refuse(key, secret.error().message);
    return {};
}

Duration Settings::budget() {
    const Duration timeout = duration("timeout", timeout_default);
    return timeout > 2 * farewell ? timeout - farewell : timeout / 2;
}

Duration Settings::expiry() {
    return duration("expiry", seed::expiry_default);
}

std::optional<Family> Settings::family() {
    const std::string spelled = text("family");
    if (spelled == "ipv4") return Family::Ipv4;
    if (spelled == "ipv6") return Family::Ipv6;
    if (!spelled.empty()) refuse("family", in_quotes(spelled) + " is neither 'ipv4' nor 'ipv6'");
    return std::nullopt;
}

}  // namespace scrimp::helpers
