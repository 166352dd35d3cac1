#include "seed/helper_protocol.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/printable.h"
#include "base/suggest.h"
#include "seed/document.h"

namespace scrimp::seed {
namespace {

using std::string_literals::operator""s;

struct ActionName {
    HelperAction action;
    std::string_view name;
};
constexpr std::array<ActionName, 3> action_names{{{HelperAction::Fetch, "fetch"},
                                                  {HelperAction::Publish, "publish"},
                                                  {HelperAction::Resolve, "resolve"}}};

/// Of a key or value quoted in a complaint.
constexpr std::size_t quoted_chars_max = 64;

/// Never throws, whatever bytes a string holds.
std::string text_of(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string in_quotes(std::string_view text) {
    return "'" + printable(text, quoted_chars_max) + "'";
}

Result<void> check_keys(const Json& object, std::span<const std::string_view> known) {
    for (const auto& [key, value] : object.items()) {
        if (std::ranges::find(known, key) != known.end()) continue;
        const auto meant = nearest(key, known);
        return fail("the key " + in_quotes(key) + " is unknown" +
                    (meant ? "; did you mean '" + std::string(*meant) + "'?" : ""s));
    }
    return {};
}

Result<void> check_version(const Json& object) {
    const Json* const version = find_member(object, "version");
    if (version == nullptr) return fail("the key 'version' is missing");
    if (*version == Json(helper_protocol_version)) return {};
    return fail("version " + printable(text_of(*version), quoted_chars_max) +
                " is not spoken here, only version " + std::to_string(helper_protocol_version));
}

/// The object of one message, its version checked.
Result<Json> parse_message(std::string_view text, std::size_t bytes_max) {
    Result<Json> message = parse_json(text, {.bytes_max = bytes_max});
    if (!message) return message;
    if (!message->is_object()) return fail("it is not a JSON object");
    if (const auto good = check_version(*message); !good) return tl::unexpected(good.error());
    return message;
}

Result<Json> read_object(const Json& message, std::string_view key) {
    const Json* const value = find_member(message, key);
    if (value == nullptr) return Json::object();
    if (value->is_object()) return *value;
    return fail("'" + std::string(key) + "' must be an object, not " +
                std::string(kind_of(*value)));
}

Result<Json> read_state(const Json& message) {
    auto state = read_object(message, "state");
    if (state && text_of(*state).size() > helper_state_bytes_max) {
        return fail("'state' is larger than " + std::to_string(helper_state_bytes_max) + " bytes");
    }
    return state;
}

/// The literal under "address", one that can be dialled.
Result<Endpoint> read_address(const Json& object, std::uint16_t port) {
    const Json* const value = find_member(object, "address");
    if (value == nullptr) return fail("the key 'address' is missing");
    const auto text = read_text(*value);
    if (!text) return fail("'address' " + text.error().message);
    const auto address = parse_ip(*text, port);
    if (!address) return fail(in_quotes(*text) + " is not an IP address");
    if (address->is_unspecified()) return fail(in_quotes(*text) + " is nobody's address");
    return *address;
}

Result<Endpoint> read_endpoint(const Json& entry) {
    if (!entry.is_object()) return fail("must be an object, not " + std::string(kind_of(entry)));
    const Json* const port = find_member(entry, "port");
    if (port == nullptr) return fail("the key 'port' is missing");
    const auto number = read_port(*port);
    if (!number) {
        const std::string given = port->is_string() ? port->get<std::string>() : text_of(*port);
        return fail(in_quotes(given) + " is not a port from 1 to 65535");
    }
    return read_address(entry, *number);
}

Result<std::vector<Endpoint>> read_seeds(const Json& message) {
    const auto list = message.find("seeds");
    if (list == message.end()) return fail("the key 'seeds' is missing");
    if (!list->is_array()) return fail("'seeds' must be a list, not "s += kind_of(*list));
    std::vector<Endpoint> seeds;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const auto seed = read_endpoint((*list)[i]);
        if (!seed) return fail("seeds[" + std::to_string(i) + "]: " + seed.error().message);
        if (std::ranges::find(seeds, *seed) == seeds.end()) seeds.push_back(*seed);
    }
    if (seeds.size() > seeds_max) {
        seeds.erase(seeds.begin(), seeds.end() - static_cast<std::ptrdiff_t>(seeds_max));
    }
    return seeds;
}

Json json_of(const Endpoint& endpoint) {
    return {{"address", endpoint.host_text()}, {"port", std::to_string(endpoint.port)}};
}

/// The key that holds the answer to `action`; empty where there is nothing to answer.
std::string_view answer_key(HelperAction action) {
    switch (action) {
        case HelperAction::Fetch:
            return "seeds";
        case HelperAction::Resolve:
            return "address";
        case HelperAction::Publish:
            break;
    }
    return {};
}

Result<HelperRequest> read_request(const Json& message) {
    constexpr std::array<std::string_view, 6> keys{"version", "action", "name",
                                                   "config",  "state",  "self"};
    if (const auto good = check_keys(message, keys); !good) return tl::unexpected(good.error());
    HelperRequest request;
    const Json* const action = find_member(message, "action");
    const auto known = std::ranges::find_if(action_names, [&](const ActionName& each) {
        return action != nullptr && *action == Json(each.name);
    });
    if (known == action_names.end()) return fail("'action' must be fetch, publish or resolve");
    request.action = known->action;
    const Json* const name = find_member(message, "name");
    if (name == nullptr || !name->is_string()) return fail("'name' must be a string");
    request.name = name->get<std::string>();
    auto config = read_object(message, "config");
    if (!config) return tl::unexpected(config.error());
    request.config = *std::move(config);
    auto state = read_state(message);
    if (!state) return tl::unexpected(state.error());
    request.state = *std::move(state);
    const Json* const self = find_member(message, "self");
    if ((self != nullptr) != (request.action == HelperAction::Publish)) {
        return fail("'self' belongs to the action publish, and to no other");
    }
    if (self == nullptr) return request;
    const auto endpoint = read_endpoint(*self);
    if (!endpoint) return fail("self: " + endpoint.error().message);
    request.self = *endpoint;
    return request;
}

Result<HelperAnswer> read_answer(HelperAction action, const Json& message) {
    const std::string_view answered = answer_key(action);
    const std::array<std::string_view, 3> keys{"version", "state", answered};
    const std::size_t known = answered.empty() ? 2 : 3;
    if (const auto good = check_keys(message, std::span(keys).first(known)); !good) {
        return tl::unexpected(good.error());
    }
    HelperAnswer answer;
    auto state = read_state(message);
    if (!state) return tl::unexpected(state.error());
    answer.state = *std::move(state);
    if (action == HelperAction::Fetch) {
        auto seeds = read_seeds(message);
        if (!seeds) return tl::unexpected(seeds.error());
        answer.seeds = *std::move(seeds);
    }
    if (action == HelperAction::Resolve) {
        const auto address = read_address(message, 0);
        if (!address) return tl::unexpected(address.error());
        answer.address = *address;
    }
    return answer;
}

}  // namespace

std::string_view name_of(HelperAction action) {
    return std::ranges::find(action_names, action, &ActionName::action)->name;
}

std::string render_request(const HelperRequest& request) {
    Json message{{"version", helper_protocol_version},
                 {"action", name_of(request.action)},
                 {"name", request.name},
                 {"config", request.config},
                 {"state", request.state}};
    if (request.self) message["self"] = json_of(*request.self);
    return text_of(message) + "\n";
}

Result<HelperRequest> parse_request(std::string_view text) {
    const auto message = parse_message(text, helper_request_bytes_max);
    auto request =
        message ? read_request(*message) : Result<HelperRequest>(tl::unexpected(message.error()));
    if (!request) return fail("not a request: " + request.error().message);
    return request;
}

std::string render_answer(HelperAction action, const HelperAnswer& answer) {
    Json message{{"version", helper_protocol_version}, {"state", answer.state}};
    if (action == HelperAction::Fetch) {
        message["seeds"] = Json::array();
        for (const Endpoint& seed : answer.seeds) message["seeds"].push_back(json_of(seed));
    }
    if (action == HelperAction::Resolve && answer.address) {
        message["address"] = answer.address->ip_text();
    }
    return text_of(message) + "\n";
}

std::string render_error(std::string_view sentence) {
    return text_of({{"version", helper_protocol_version}, {"error", sentence}}) + "\n";
}

Result<HelperAnswer> parse_answer(HelperAction action, std::string_view text) {
    const auto message = parse_message(text, helper_answer_bytes_max);
    if (!message) return fail("not an answer: " + message.error().message);
    if (const Json* const error = find_member(*message, "error")) {
        if (!error->is_string()) return fail("not an answer: 'error' must be a string");
        const auto& sentence = error->get_ref<const std::string&>();
        return fail(sentence.empty() ? "failed, and does not say why"
                                     : printable(sentence, helper_error_chars_max));
    }
    auto answer = read_answer(action, *message);
    if (!answer) return fail("not an answer: " + answer.error().message);
    return answer;
}

}  // namespace scrimp::seed
