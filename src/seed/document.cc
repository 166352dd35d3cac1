#include "seed/document.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

namespace scrimp::seed {
namespace {

using nlohmann::json;

/// A parser's complaint quotes its input; this much of it is worth a log line.
constexpr std::size_t complaint_chars_max = 160;

/// "parse error at line 1, column 2: …" without the library's own number in front.
std::string complaint_of(const json::exception& error) {
    std::string_view text = error.what();
    if (const std::size_t bracket = text.find("] "); bracket != text.npos) {
        text.remove_prefix(bracket + 2);
    }
    return std::string(text.substr(0, complaint_chars_max));
}

Result<json> parse_json(std::string_view text) {
    try {
        return json::parse(text);
    } catch (const json::exception& error) {
        return fail(complaint_of(error));
    }
}

std::optional<std::uint16_t> port_of(const json& value) {
    if (value.is_string()) {
        const auto port = parse_port(value.get_ref<const std::string&>());
        return port ? std::optional(*port) : std::nullopt;
    }
    if (!value.is_number_unsigned()) return std::nullopt;
    const auto number = value.get<std::uint64_t>();
    if (number == 0 || number > UINT16_MAX) return std::nullopt;
    return static_cast<std::uint16_t>(number);
}

std::optional<Endpoint> seed_of(const json& entry) {
    if (!entry.is_object()) return std::nullopt;
    const auto address = entry.find("address");
    const auto port_value = entry.find("port");
    if (address == entry.end() || !address->is_string() || port_value == entry.end()) {
        return std::nullopt;
    }
    const std::optional<std::uint16_t> port = port_of(*port_value);
    if (!port) return std::nullopt;
    const auto seed = parse_ip(address->get_ref<const std::string&>(), *port);
    // Nobody is reached at 0.0.0.0: a balancer that could not tell its own address wrote that.
    if (!seed || seed->is_unspecified()) return std::nullopt;
    return *seed;
}

}  // namespace

Result<std::vector<Endpoint>> parse_seeds(std::string_view text) {
    if (text.size() > document_bytes_max) {
        return fail("not a seeds document: " + std::to_string(text.size()) +
                    " bytes, more than the " + std::to_string(document_bytes_max) + " allowed");
    }
    const Result<json> document = parse_json(text);
    if (!document) return fail("not a seeds document: " + document.error().message);
    if (!document->is_object()) return fail("not a seeds document: it is not a JSON object");
    const auto list = document->find("seeds");
    if (list == document->end()) return fail("not a seeds document: the key 'seeds' is missing");
    // Go writes an empty list that was never filled as null.
    if (list->is_null()) return std::vector<Endpoint>{};
    if (!list->is_array()) return fail("not a seeds document: 'seeds' is not a list");

    std::vector<Endpoint> seeds;
    for (const json& entry : *list) {
        if (const auto seed = seed_of(entry)) (void)add_seed(seeds, *seed);
    }
    return seeds;
}

std::string render_seeds(const std::vector<Endpoint>& seeds) {
    json list = json::array();
    for (const Endpoint& seed : seeds) {
        list.push_back({{"address", seed.host_text()}, {"port", std::to_string(seed.port)}});
    }
    return json{{"seeds", std::move(list)}}.dump();
}

bool add_seed(std::vector<Endpoint>& seeds, const Endpoint& self) {
    if (std::ranges::find(seeds, self) != seeds.end()) return false;
    seeds.push_back(self);
    if (seeds.size() > seeds_max) seeds.erase(seeds.begin());
    return true;
}

}  // namespace scrimp::seed
