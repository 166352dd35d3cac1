#include "app/config_applications.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config_fields.h"
#include "service/options_json.h"

namespace scrimp::app {
namespace {

constexpr std::string_view overrides_key = "applications";

/// Notes each key that is no option, and returns whether there was none.
bool check_option_keys(Fields& fields, const std::string& place, const Json& object) {
    const auto options = service::option_keys();
    const std::vector<std::string_view> known(options.begin(), options.end());
    bool all_known = true;
    for (const auto& [key, value] : object.items()) {
        if (std::ranges::find(known, key) != known.end()) continue;
        all_known = false;
        const bool is_backends = key == service::weight_key || key == service::label_key;
        fields.refuse(place + "." + key,
                      is_backends ? "is each backend's own; say it in the backend's configuration"
                                  : "unknown key" + suggestion(key, known));
    }
    return all_known;
}

/// One that asks for these options and for nothing else that a proxy might lack.
service::Application asking(const service::Name& name, const service::Options& options) {
    return {.name = name,
            .listen_port = 443,
            .application_port = 443,
            .protocol = service::Protocol::Https,
            .domains = {},
            .options = service::SharedOptions(options)};
}

std::optional<service::Options> read_override(Fields& fields, const std::string& place,
                                              const service::Name& name, const Json& object,
                                              service::Lacks lacks) {
    if (!check_option_keys(fields, place, object)) return std::nullopt;
    Result<service::Options> options = service::parse_options(object);
    if (!options) {
        fields.refuse_below(place, options.error().message);
        return std::nullopt;
    }
    if (lacks == nullptr) return *std::move(options);
    if (const auto lack = lacks(asking(name, *options))) {
        fields.refuse_below(place, *lack);
        return std::nullopt;
    }
    return *std::move(options);
}

}  // namespace

std::map<std::string, service::Options> read_overrides(Fields& fields, service::Lacks lacks) {
    std::map<std::string, service::Options> overrides;
    const Json* const list = fields.object(overrides_key);
    if (list == nullptr) return overrides;
    if (list->size() > overrides_max) {
        fields.refuse(overrides_key, "has " + std::to_string(list->size()) +
                                         " applications, at most " + std::to_string(overrides_max) +
                                         " are allowed");
        return overrides;
    }
    for (const auto& [key, object] : list->items()) {
        const auto name = service::Name::parse(key);
        if (!name) {
            fields.refuse(overrides_key, name.error().message);
            continue;
        }
        const std::string place = std::string(overrides_key) + "." + key;
        if (!object.is_object()) {
            fields.refuse(place,
                          "must be an object of options, not " + std::string(kind_of(object)));
            continue;
        }
        if (auto options = read_override(fields, place, *name, object, lacks)) {
            overrides.emplace(name->folded(), *std::move(options));
        }
    }
    return overrides;
}

}  // namespace scrimp::app
