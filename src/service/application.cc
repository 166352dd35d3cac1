#include "service/application.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <tuple>

#include "base/ascii.h"
#include "base/json.h"
#include "base/printable.h"
#include "service/option_text.h"
#include "service/options_json.h"

namespace scrimp::service {
namespace {

constexpr std::size_t name_chars_max = 63;
constexpr std::size_t label_chars_max = 63;    // RFC 1035, 2.3.4
constexpr std::size_t domain_chars_max = 253;  // as text, RFC 1035's 255 octets on the wire

/// In the order of Protocol.
constexpr std::array<std::string_view, 6> protocol_names = {"http",  "https", "grpc",
                                                            "grpcs", "tcp",   "udp"};

/// Long enough to recognise a text by, short enough for a log line.
constexpr std::size_t quoted_chars_max = 80;

std::string quoted(std::string_view text) {
    return "'" + printable(text, quoted_chars_max) + "'";
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// What is wrong with one label; nothing if nothing is.
std::optional<std::string> fault_of_label(std::string_view label) {
    if (label.empty()) return "has an empty label";
    if (label.size() > label_chars_max) return "has a label of more than 63 characters";
    if (label == "*") return "has a * that is not the first of several labels";
    for (const char c : label) {
        if (static_cast<unsigned char>(c) >= 0x80) return "is not ASCII; write it in punycode";
        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_') {
            return "has characters other than letters, digits, '-', '_' and '.'";
        }
    }
    if (label.front() == '-' || label.back() == '-') {
        return "has a label that starts or ends with '-'";
    }
    return std::nullopt;
}

/// Puts the key before what the parser said of its value.
template <class T>
Result<T> at_key(std::string_view key, Result<T> result) {
    if (result) return result;
    return fail(std::string(key) + ": " + printable(result.error().message, 2 * quoted_chars_max));
}

Result<std::vector<Domain>> parse_domains(const Json& value) {
    if (!value.is_array())
        return fail("must be a list of strings, not " + std::string(kind_of(value)));
    if (value.empty()) return fail("must name at least one domain");
    if (value.size() > domains_max) {
        return fail("has " + std::to_string(value.size()) + " entries, at most " +
                    std::to_string(domains_max) + " are allowed");
    }
    std::vector<Domain> domains;
    for (const Json& entry : value) {
        const Result<std::string> text = read_text(entry);
        if (!text) return tl::unexpected(text.error());
        Result<Domain> domain = Domain::parse(*text);
        if (!domain) return tl::unexpected(domain.error());
        domains.push_back(*std::move(domain));
    }
    std::ranges::sort(domains);
    const auto [first, last] = std::ranges::unique(domains);
    domains.erase(first, last);
    return domains;
}

Result<std::uint8_t> read_weight(const Json& value) {
    if (value.is_number_unsigned() && value >= 1U && value <= announced_weight_max) {
        return value.get<std::uint8_t>();
    }
    return fail("must be a number from 1 to " + std::to_string(announced_weight_max));
}

/// What an application may say beside the five keys of the original.
Result<void> read_extras(const Json& value, Application& application) {
    if (const Json* weight = find_member(value, weight_key)) {
        const auto read = at_key(weight_key, read_weight(*weight));
        if (!read) return tl::unexpected(read.error());
        application.weight = *read;
    }
    if (const Json* label = find_member(value, label_key)) {
        auto read = at_key(label_key, read_text(*label).and_then(parse_label));
        if (!read) return tl::unexpected(read.error());
        application.label = Shared(*std::move(read));
    }
    Result<Options> options = parse_options(value);
    if (!options) return tl::unexpected(options.error());
    application.options = SharedOptions(*std::move(options));
    return {};
}

}  // namespace

Result<Name> Name::parse(std::string_view text) {
    if (text.empty()) return fail("must not be empty");
    if (text.size() > name_chars_max) {
        return fail(quoted(text) + " has " + std::to_string(text.size()) +
                    " characters, at most 63 are allowed");
    }
    const bool plain = std::ranges::all_of(text, [](char c) {
        return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
    });
    if (!plain) {
        return fail(quoted(text) + " has characters other than letters, digits, '.', '_' and '-'");
    }
    if (!is_letter(text.front()) && !is_digit(text.front())) {
        return fail(quoted(text) + " does not start with a letter or a digit");
    }
    return Name(std::string(text));
}

std::string Name::folded() const {
    return lower(text_);
}

Result<Domain> Domain::parse(std::string_view text) {
    if (text.empty()) return fail("must not be empty");
    if (text.size() > domain_chars_max) {
        return fail(quoted(text) + " has " + std::to_string(text.size()) +
                    " characters, at most 253 are allowed");
    }
    std::string_view rest = text;
    if (rest.starts_with("*.")) rest.remove_prefix(2);
    while (true) {
        const std::size_t dot = rest.find('.');
        if (const auto fault = fault_of_label(rest.substr(0, dot))) {
            return fail(quoted(text) + " " + *fault);
        }
        if (dot == std::string_view::npos) return Domain(lower(text));
        rest.remove_prefix(dot + 1);
    }
}

std::string_view name_of(Protocol protocol) {
    return protocol_names[static_cast<std::size_t>(protocol)];
}

Result<Protocol> parse_protocol(std::string_view text) {
    const std::string small = lower(text.substr(0, quoted_chars_max));
    const auto found = std::ranges::find(protocol_names, small);
    if (found == protocol_names.end()) {
        return fail(quoted(text) + " is not a protocol; http, https, grpc, grpcs, tcp and udp are");
    }
    return static_cast<Protocol>(found - protocol_names.begin());
}

std::strong_ordering pool_order(const Application& a, const Application& b) {
    const auto claimed = [](const Application& each) {
        return std::tie(each.name, each.listen_port, each.application_port, each.protocol,
                        each.domains, each.options->paths);
    };
    if (const auto order = claimed(a) <=> claimed(b); order != 0) return order;
    const auto announced = [](const Application& each) {
        return each.options->proxy_protocol.value_or(false);
    };
    return announced(a) <=> announced(b);
}

Result<Application> parse_application(const Json& value) {
    if (!value.is_object()) {
        return fail("an application must be an object, not " + std::string(kind_of(value)));
    }
    for (const std::string_view key : application_keys) {
        if (find_member(value, key) == nullptr) return fail(std::string(key) + ": is missing");
    }
    const auto at = [&value](std::string_view key) -> const Json& {
        return *find_member(value, key);
    };
    const auto name = at_key("name", read_text(at("name")).and_then(Name::parse));
    if (!name) return tl::unexpected(name.error());
    const auto listen_port = at_key("listen-port", read_port(at("listen-port")));
    if (!listen_port) return tl::unexpected(listen_port.error());
    const auto application_port = at_key("application-port", read_port(at("application-port")));
    if (!application_port) return tl::unexpected(application_port.error());
    const auto protocol = at_key("protocol", read_text(at("protocol")).and_then(parse_protocol));
    if (!protocol) return tl::unexpected(protocol.error());
    auto domains = at_key("domains", parse_domains(at("domains")));
    if (!domains) return tl::unexpected(domains.error());
    Application application{.name = *name,
                            .listen_port = *listen_port,
                            .application_port = *application_port,
                            .protocol = *protocol,
                            .domains = *std::move(domains)};
    const Result<void> extras = read_extras(value, application);
    if (!extras) return tl::unexpected(extras.error());
    return application;
}

}  // namespace scrimp::service
