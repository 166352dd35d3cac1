#include "service/options_json.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/duration.h"
#include "base/json.h"
#include "base/printable.h"
#include "service/option_text.h"

namespace scrimp::service {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t shown_fault_chars_max = 250;

/// nginx connects for 75 s at most; a stream may be silent for a day.
constexpr Duration connect_timeout_max = std::chrono::seconds{60};
constexpr Duration silence_max = std::chrono::hours{24};

constexpr std::array<std::string_view, 20> keys_in_order = {option_key::balance,
                                                            option_key::sticky_cookie,
                                                            option_key::paths,
                                                            option_key::body_limit,
                                                            option_key::connect_timeout,
                                                            option_key::read_timeout,
                                                            option_key::send_timeout,
                                                            option_key::verify_backend,
                                                            option_key::proxy_protocol,
                                                            option_key::allow,
                                                            option_key::deny,
                                                            option_key::basic_auth,
                                                            option_key::www,
                                                            option_key::redirects,
                                                            option_key::request_headers,
                                                            option_key::response_headers,
                                                            option_key::compression,
                                                            option_key::hsts,
                                                            option_key::security_headers,
                                                            option_key::canary};

constexpr std::array<std::pair<std::string_view, Balance>, 4> balances = {{
    {"round-robin", Balance::RoundRobin},
    {"least-conn", Balance::LeastConnections},
    {"ip-hash", Balance::IpHash},
    {"random-two", Balance::RandomTwo},
}};
constexpr std::array<std::pair<std::string_view, Www>, 2> www_ways = {{
    {"add", Www::Add},
    {"remove", Www::Remove},
}};

/// One of a table's words.
template <class Value, std::size_t n>
Result<Value> read_word(const Json& value,
                        const std::array<std::pair<std::string_view, Value>, n>& words) {
    const Result<std::string> text = read_text(value);
    if (!text) return tl::unexpected(text.error());
    std::string known;
    for (const auto& [word, meaning] : words) {
        if (*text == word) return meaning;
        known.append(known.empty() ? "" : ", ").append(word);
    }
    return fail("'" + printable(*text, 80) + "' is none of " + known);
}

template <class Value>
auto text_with(Result<Value> (*parse)(std::string_view)) {
    return [parse](const Json& value) -> Result<Value> {
        const Result<std::string> text = read_text(value);
        if (!text) return tl::unexpected(text.error());
        return parse(*text);
    };
}

Result<Duration> read_time(const Json& value, Duration most) {
    const Result<std::string> text = read_text(value);
    if (!text) return tl::unexpected(text.error());
    const Result<Duration> duration = parse_duration(*text);
    if (!duration) return tl::unexpected(duration.error());
    if (*duration < milliseconds{1} || *duration > most) {
        return fail("must be from 1ms to " + milliseconds_text(most));
    }
    return std::chrono::ceil<milliseconds>(*duration);
}

Result<Duration> read_connect_timeout(const Json& value) {
    return read_time(value, connect_timeout_max);
}

Result<Duration> read_silence(const Json& value) {
    return read_time(value, silence_max);
}

Result<std::uint64_t> read_size(const Json& value) {
    if (value.is_number_unsigned()) return parse_bytes(value.dump());
    return text_with(parse_bytes)(value);
}

Result<Redirect> read_redirect(const Json& value) {
    if (!value.is_object()) return fail("must be an object with 'from' and 'to'");
    for (const auto& [key, ignored] : value.items()) {
        if (key != "from" && key != "to" && key != "status") {
            return fail("'" + printable(key, 80) + "' is not known; from, to and status are");
        }
    }
    const Json* const from = find_member(value, "from");
    const Json* const to = find_member(value, "to");
    const Json* const status = find_member(value, "status");
    if (from == nullptr || to == nullptr) return fail("must have 'from' and 'to'");
    auto path = text_with(parse_path)(*from);
    if (!path) return tl::unexpected(path.error());
    auto target = text_with(parse_redirect_target)(*to);
    if (!target) return tl::unexpected(target.error());
    Redirect redirect{*std::move(path), *std::move(target)};
    if (status == nullptr) return redirect;
    for (const std::uint16_t each : std::to_array<std::uint16_t>({301, 302, 307, 308})) {
        if (*status != each) continue;
        redirect.status = each;
        return redirect;
    }
    return fail("status must be 301, 302, 307 or 308");
}

Result<Canary> read_canary(const Json& value) {
    const Json* const label = value.is_object() ? find_member(value, "label") : nullptr;
    const Json* const share = value.is_object() ? find_member(value, "share") : nullptr;
    if (label == nullptr || share == nullptr || value.size() != 2) {
        return fail("must be an object with 'label' and 'share' and nothing else");
    }
    auto word = text_with(parse_label)(*label);
    if (!word) return tl::unexpected(word.error());
    if (!share->is_number_unsigned() || *share < 1U || *share > 99U) {
        return fail("share must be a number of percent from 1 to 99");
    }
    return Canary{*std::move(word), share->get<std::uint8_t>()};
}

/// A list of one kind, sorted and unique.
template <class Value, class Read>
Result<std::vector<Value>> read_list(const Json& value, std::size_t most, Read read) {
    if (!value.is_array()) return fail("must be a list, not " + std::string(kind_of(value)));
    if (value.size() > most) {
        return fail("has " + std::to_string(value.size()) + " entries, at most " +
                    std::to_string(most) + " are allowed");
    }
    std::vector<Value> list;
    for (const Json& entry : value) {
        Result<Value> one = read(entry);
        if (!one) return tl::unexpected(one.error());
        list.push_back(*std::move(one));
    }
    std::ranges::sort(list);
    const auto [first, last] = std::ranges::unique(list);
    list.erase(first, last);
    return list;
}

Result<std::vector<Redirect>> read_redirects(const Json& value) {
    auto list = read_list<Redirect>(value, redirects_max, read_redirect);
    if (!list) return list;
    const auto twice = std::ranges::adjacent_find(*list, {}, &Redirect::from);
    if (twice != list->end()) return fail("'" + twice->from + "' leads to more than one place");
    return list;
}

Result<std::vector<Credential>> read_credentials(const Json& value) {
    auto list = read_list<Credential>(value, credentials_max, text_with(parse_credential));
    if (!list) return list;
    if (list->empty()) return fail("is empty; leave it out, or name who may come in");
    const auto twice = std::ranges::adjacent_find(*list, {}, &Credential::user);
    if (twice != list->end()) return fail("'" + twice->user + "' has more than one password");
    return list;
}

/// {"x-a":"b","x-c":null}; the keys of an object are unique and come sorted.
Result<std::vector<Header>> read_headers(const Json& value) {
    if (!value.is_object()) {
        return fail("must be an object of names and values, not " + std::string(kind_of(value)));
    }
    if (value.size() > headers_max) {
        return fail("has " + std::to_string(value.size()) + " headers, at most " +
                    std::to_string(headers_max) + " are allowed");
    }
    std::vector<Header> headers;
    for (const auto& [key, text] : value.items()) {
        auto name = parse_header_name(key);
        if (!name) return tl::unexpected(name.error());
        Header header{*std::move(name), ""};
        if (!text.is_null()) {
            auto said = text_with(parse_header_value)(text);
            if (!said) return tl::unexpected(said.error());
            header.value = *std::move(said);
        }
        headers.push_back(std::move(header));
    }
    return headers;
}

/// Reads options one by one until one is at fault.
class Reader {
  public:
    explicit Reader(const Json& object) : object_(object) {}

    template <class Slot, class Read>
    void take(std::string_view key, Slot& slot, Read read) {
        const Json* const value = fault_ ? nullptr : find_member(object_, key);
        if (value == nullptr) return;
        auto result = read(*value);
        if (result) {
            slot = *std::move(result);
        } else {
            fault_ = Error{std::string(key) + ": " +
                           printable(result.error().message, shown_fault_chars_max)};
        }
    }
    [[nodiscard]] Result<Options> finish(Options options) const {
        if (fault_) return tl::unexpected(*fault_);
        return options;
    }

  private:
    const Json& object_;
    std::optional<Error> fault_;
};

Result<std::vector<std::string>> read_paths(const Json& value) {
    return read_list<std::string>(value, paths_max, text_with(parse_path));
}

/// An empty list would say nothing, and let everybody in where its writer meant nobody.
Result<std::vector<Network>> read_networks(const Json& value) {
    if (value.is_array() && value.empty()) {
        return fail("is empty; leave it out, or name networks, 0.0.0.0/0 and ::/0 for all");
    }
    return read_list<Network>(value, networks_max, text_with(parse_network));
}

/// Writes `,"key":…`; what goes in holds nothing that JSON would escape.
class Writer {
  public:
    void raw(std::string_view key, std::string_view value) {
        out_.append(",\"").append(key).append("\":").append(value);
    }
    void text(std::string_view key, std::string_view value) {
        if (!value.empty()) raw(key, quoted(value));
    }
    void flag(std::string_view key, std::optional<bool> value) {
        if (value) raw(key, *value ? "true" : "false");
    }
    void duration(std::string_view key, std::optional<Duration> value) {
        if (value) raw(key, quoted(milliseconds_text(*value)));
    }
    template <class Items, class Say>
    void list(std::string_view key, const Items& items, char open, char close, Say say) {
        if (items.empty()) return;
        std::string text(1, open);
        for (const auto& item : items) {
            if (text.size() > 1) text += ',';
            text += say(item);
        }
        raw(key, text + close);
    }
    [[nodiscard]] static std::string quoted(std::string_view value) {
        return "\"" + std::string(value) + "\"";
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

std::string redirect_text(const Redirect& redirect) {
    std::string text =
        "{\"from\":" + Writer::quoted(redirect.from) + ",\"to\":" + Writer::quoted(redirect.to);
    if (redirect.status != Redirect{}.status) {
        text += ",\"status\":" + std::to_string(redirect.status);
    }
    return text + "}";
}

std::string header_text(const Header& header) {
    return Writer::quoted(header.name) + ":" +
           (header.value.empty() ? "null" : Writer::quoted(header.value));
}

}  // namespace

std::span<const std::string_view> option_keys() {
    return keys_in_order;
}

std::string_view name_of(Balance balance) {
    return balances[static_cast<std::size_t>(balance)].first;
}

Result<Options> parse_options(const Json& object) {
    Options options;
    Reader reader(object);
    reader.take(option_key::balance, options.balance,
                [](const Json& value) { return read_word(value, balances); });
    reader.take(option_key::sticky_cookie, options.sticky_cookie, text_with(parse_cookie_name));
    reader.take(option_key::paths, options.paths, read_paths);
    reader.take(option_key::body_limit, options.body_limit_bytes, read_size);
    reader.take(option_key::connect_timeout, options.connect_timeout, read_connect_timeout);
    reader.take(option_key::read_timeout, options.read_timeout, read_silence);
    reader.take(option_key::send_timeout, options.send_timeout, read_silence);
    reader.take(option_key::verify_backend, options.verify_backend, read_bool);
    reader.take(option_key::proxy_protocol, options.proxy_protocol, read_bool);
    reader.take(option_key::allow, options.allow, read_networks);
    reader.take(option_key::deny, options.deny, read_networks);
    reader.take(option_key::basic_auth, options.basic_auth, read_credentials);
    reader.take(option_key::www, options.www,
                [](const Json& value) { return read_word(value, www_ways); });
    reader.take(option_key::redirects, options.redirects, read_redirects);
    reader.take(option_key::request_headers, options.request_headers, read_headers);
    reader.take(option_key::response_headers, options.response_headers, read_headers);
    reader.take(option_key::compression, options.compression, read_bool);
    reader.take(option_key::hsts, options.hsts, read_bool);
    reader.take(option_key::security_headers, options.security_headers, read_bool);
    reader.take(option_key::canary, options.canary, read_canary);
    return reader.finish(std::move(options));
}

std::string render_options(const Options& options) {
    Writer out;
    const auto network_text = [](const Network& network) { return Writer::quoted(network.text()); };
    if (options.balance) out.text(option_key::balance, name_of(*options.balance));
    out.text(option_key::sticky_cookie, options.sticky_cookie);
    out.list(option_key::paths, options.paths, '[', ']', Writer::quoted);
    if (options.body_limit_bytes) {
        out.text(option_key::body_limit, bytes_text(*options.body_limit_bytes));
    }
    out.duration(option_key::connect_timeout, options.connect_timeout);
    out.duration(option_key::read_timeout, options.read_timeout);
    out.duration(option_key::send_timeout, options.send_timeout);
    out.flag(option_key::verify_backend, options.verify_backend);
    out.flag(option_key::proxy_protocol, options.proxy_protocol);
    out.list(option_key::allow, options.allow, '[', ']', network_text);
    out.list(option_key::deny, options.deny, '[', ']', network_text);
    out.list(option_key::basic_auth, options.basic_auth, '[', ']',
             [](const Credential& each) { return Writer::quoted(each.user + ":" + each.hash); });
    if (options.www) {
        out.text(option_key::www, www_ways[static_cast<std::size_t>(*options.www)].first);
    }
    out.list(option_key::redirects, options.redirects, '[', ']', redirect_text);
    out.list(option_key::request_headers, options.request_headers, '{', '}', header_text);
    out.list(option_key::response_headers, options.response_headers, '{', '}', header_text);
    out.flag(option_key::compression, options.compression);
    out.flag(option_key::hsts, options.hsts);
    out.flag(option_key::security_headers, options.security_headers);
    if (options.canary) {
        out.raw(option_key::canary, "{\"label\":" + Writer::quoted(options.canary->label) +
                                        ",\"share\":" + std::to_string(options.canary->share) +
                                        "}");
    }
    return out.take();
}

Options merged(const Options& above, const Options& below) {
    Options result = below;
    const auto take = [](auto& slot, const auto& value) {
        if (value != std::remove_cvref_t<decltype(value)>{}) slot = value;
    };
    take(result.balance, above.balance);
    take(result.sticky_cookie, above.sticky_cookie);
    take(result.paths, above.paths);
    take(result.body_limit_bytes, above.body_limit_bytes);
    take(result.connect_timeout, above.connect_timeout);
    take(result.read_timeout, above.read_timeout);
    take(result.send_timeout, above.send_timeout);
    take(result.verify_backend, above.verify_backend);
    take(result.proxy_protocol, above.proxy_protocol);
    take(result.allow, above.allow);
    take(result.deny, above.deny);
    take(result.basic_auth, above.basic_auth);
    take(result.www, above.www);
    take(result.redirects, above.redirects);
    take(result.request_headers, above.request_headers);
    take(result.response_headers, above.response_headers);
    take(result.compression, above.compression);
    take(result.hsts, above.hsts);
    take(result.security_headers, above.security_headers);
    take(result.canary, above.canary);
    return result;
}

}  // namespace scrimp::service
