#include "seed/document.h"

#include <algorithm>
#include <optional>

#include "base/json.h"

namespace scrimp::seed {
namespace {

std::optional<Endpoint> seed_of(const Json& entry) {
    if (!entry.is_object()) return std::nullopt;
    const Json* const address = find_member(entry, "address");
    const Json* const port = find_member(entry, "port");
    if (address == nullptr || !address->is_string() || port == nullptr) return std::nullopt;
    const auto number = read_port(*port);
    if (!number) return std::nullopt;
    const auto seed = parse_ip(address->get_ref<const std::string&>(), *number);
    // Nobody is reached at 0.0.0.0: a balancer that could not tell its own address wrote that.
    if (!seed || seed->is_unspecified()) return std::nullopt;
    return *seed;
}

tl::unexpected<Error> no_document(const std::string& why) {
    return fail("not a seeds document: " + why);
}

}  // namespace

Result<std::vector<Endpoint>> parse_seeds(std::string_view text) {
    const Result<Json> document = parse_json(text, {.bytes_max = document_bytes_max});
    if (!document) return no_document(document.error().message);
    if (!document->is_object()) return no_document("it is no JSON object");
    const auto list = document->find("seeds");
    if (list == document->end()) return no_document("the key 'seeds' is missing");
    std::vector<Endpoint> seeds;
    // Go writes a list that was never filled as null.
    if (list->is_null()) return seeds;
    if (!list->is_array()) return no_document("'seeds' is no list");
    for (const Json& entry : *list) {
        if (const auto seed = seed_of(entry)) (void)add_seed(seeds, *seed);
    }
    return seeds;
}

std::string render_seeds(const std::vector<Endpoint>& seeds) {
    Json list = Json::array();
    for (const Endpoint& seed : seeds) {
        list.push_back({{"address", seed.host_text()}, {"port", std::to_string(seed.port)}});
    }
    return Json{{"seeds", std::move(list)}}.dump();
}

bool add_seed(std::vector<Endpoint>& seeds, const Endpoint& self) {
    if (std::ranges::find(seeds, self) != seeds.end()) return false;
    seeds.push_back(self);
    if (seeds.size() > seeds_max) seeds.erase(seeds.begin());
    return true;
}

}  // namespace scrimp::seed
