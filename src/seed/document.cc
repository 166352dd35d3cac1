#include "seed/document.h"

#include <algorithm>

#include "base/json.h"

namespace scrimp::seed {
namespace {

/// Beyond it a double no longer holds every integer, which is what some JSON readers make of
/// numbers; 285 million years are enough.
constexpr std::uint64_t published_max = std::uint64_t{1} << 53;

std::optional<std::int64_t> published_of(const Json& entry) {
    const Json* const published = find_member(entry, "published");
    if (published == nullptr || !published->is_number_unsigned()) return std::nullopt;
    const auto seconds = published->get<std::uint64_t>();
    if (seconds > published_max) return std::nullopt;
    return static_cast<std::int64_t>(seconds);
}

std::optional<Seed> seed_of(const Json& entry) {
    if (!entry.is_object()) return std::nullopt;
    const Json* const address = find_member(entry, "address");
    const Json* const port = find_member(entry, "port");
    if (address == nullptr || !address->is_string() || port == nullptr) return std::nullopt;
    const auto number = read_port(*port);
    if (!number) return std::nullopt;
    const auto endpoint = parse_ip(address->get_ref<const std::string&>(), *number);
    // Nobody is reached at 0.0.0.0: a balancer that could not tell its own address wrote that.
    if (!endpoint || endpoint->is_unspecified()) return std::nullopt;
    return Seed{*endpoint, published_of(entry)};
}

void add(std::vector<Seed>& seeds, const Seed& seed) {
    const auto same = std::ranges::find(seeds, seed.endpoint, &Seed::endpoint);
    if (same != seeds.end()) {
        same->published = std::max(same->published, seed.published);
        return;
    }
    seeds.push_back(seed);
    if (seeds.size() > seeds_max) seeds.erase(seeds.begin());
}

tl::unexpected<Error> no_document(const std::string& why) {
    return fail("not a seeds document: " + why);
}

std::int64_t seconds_of(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

bool expired(const Seed& seed, std::int64_t now, Duration expiry) {
    return seed.published && *seed.published < now - seconds_of(expiry);
}

/// A clock that is ahead published it, or nobody knows: its age begins when we see it.
bool has_no_age(const Seed& seed, std::int64_t now) {
    return !seed.published || *seed.published > now;
}

}  // namespace

Result<std::vector<Seed>> parse_seeds(std::string_view text) {
    const Result<Json> document = parse_json(text, {.bytes_max = document_bytes_max});
    if (!document) return no_document(document.error().message);
    if (!document->is_object()) return no_document("it is no JSON object");
    const auto list = document->find("seeds");
    if (list == document->end()) return no_document("the key 'seeds' is missing");
    std::vector<Seed> seeds;
    // Go writes a list that was never filled as null.
    if (list->is_null()) return seeds;
    if (!list->is_array()) return no_document("'seeds' is no list");
    for (const Json& entry : *list) {
        if (const auto seed = seed_of(entry)) add(seeds, *seed);
    }
    return seeds;
}

std::string render_seeds(const std::vector<Seed>& seeds) {
    Json list = Json::array();
    for (const auto& [endpoint, published] : seeds) {
        list.push_back(
            {{"address", endpoint.host_text()}, {"port", std::to_string(endpoint.port)}});
        if (published) list.back()["published"] = *published;
    }
    return Json{{"seeds", std::move(list)}}.dump();
}

bool put_seed(std::vector<Seed>& seeds, const Endpoint& self, std::int64_t now, Duration expiry) {
    const auto ours = std::ranges::find(seeds, self, &Seed::endpoint);
    const bool young = ours != seeds.end() && !has_no_age(*ours, now) &&
                       *ours->published >= now - seconds_of(expiry) / 3;
    const bool others_gone = std::ranges::any_of(seeds, [&](const Seed& seed) {
        return seed.endpoint != self && expired(seed, now, expiry);
    });
    if (young && !others_gone) return false;
    std::erase_if(seeds, [&](const Seed& seed) {
        return seed.endpoint == self || expired(seed, now, expiry);
    });
    for (Seed& seed : seeds) {
        if (has_no_age(seed, now)) seed.published = now;
    }
    add(seeds, {self, now});
    return true;
}

std::vector<Endpoint> fresh_endpoints(const std::vector<Seed>& seeds, std::int64_t now,
                                      Duration expiry) {
    const bool all_expired =
        std::ranges::all_of(seeds, [&](const Seed& seed) { return expired(seed, now, expiry); });
    std::vector<Endpoint> fresh;
    for (const Seed& seed : seeds) {
        if (all_expired || !expired(seed, now, expiry)) fresh.push_back(seed.endpoint);
    }
    return fresh;
}

}  // namespace scrimp::seed
