#include "app/config_plugins.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "base/duration.h"
#include "providers/providers.h"
#include "seed/document.h"

namespace scrimp::app {
namespace {

/// Each is asked in turn while the ones before it fail: more than anybody waits for.
constexpr std::size_t providers_max = 16;

/// An entry is renewed once a third of its expiry has passed, so at the publication after that: of
/// three in a row one may fail, and the entry is still there.
constexpr int publications_per_expiry = 3;

/// The object at `key`, without what is null and so not given; empty if there is none.
Json read_settings(Fields& fields, std::string_view key) {
    Json kept = Json::object();
    const Json* object = fields.object(key);
    if (object == nullptr) return kept;
    for (const auto& [name, value] : object->items()) {
        if (!value.is_null()) kept[name] = value;
    }
    return kept;
}

/// The pair `provider` and `provider-config` of one object; nothing is added if no provider is
/// named.
void read_provider(Fields& fields, Config& config) {
    const std::string name = fields.text("provider").value_or("");
    ProviderChoice choice{.name = "", .config = read_settings(fields, "provider-config")};
    if (name.empty()) return;
    const auto provider = providers::find_provider(name);
    if (!provider) {
        fields.refuse("provider", provider.error().message);
        return;
    }
    choice.name = (*provider)->name;
    boost::asio::io_context unused;  // Nothing is ever asked of this store.
    const auto store = (*provider)->open(choice.config, unused);
    if (!store) {
        fields.refuse_below("provider-config", store.error().message);
        return;
    }
    config.providers.push_back(std::move(choice));
}

void read_provider_list(const Json& list, Config& config, Mistakes& mistakes) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string place = "providers[" + std::to_string(i) + "]";
        if (!list[i].is_object()) {
            mistakes.add(config.path, place,
                         "must be an object with 'provider' and 'provider-config', not " +
                             std::string(kind_of(list[i])));
            continue;
        }
        Fields fields(list[i], config.path, place + ".", mistakes);
        const std::size_t mistakes_before = mistakes.count();
        const std::size_t known_before = config.providers.size();
        read_provider(fields, config);
        fields.refuse_unknown();
        if (mistakes.count() == mistakes_before && config.providers.size() == known_before) {
            fields.refuse("provider", "required, and missing");
        }
    }
}

}  // namespace

void read_providers(Fields& fields, Config& config, Mistakes& mistakes) {
    const Json* list = fields.list("providers");
    if (list == nullptr) return read_provider(fields, config);
    if (fields.is_given("provider") || fields.is_given("provider-config")) {
        fields.refuse("providers",
                      "stands beside 'provider' or 'provider-config'; move them into the list");
    } else if (list->size() > providers_max) {
        fields.refuse("providers", "has " + std::to_string(list->size()) +
                                       " entries, the most is " + std::to_string(providers_max));
    } else {
        read_provider_list(*list, config, mistakes);
    }
}

void fit_expiries(Fields& fields, Config& config) {
    const LoadBalancerConfig& balancer = config.load_balancer_config;
    const auto least = std::chrono::ceil<std::chrono::seconds>(
        publications_per_expiry * (balancer.push_period + balancer.push_jitter));
    const std::string spelled = std::to_string(least.count()) + "s";
    for (std::size_t i = 0; i < config.providers.size(); ++i) {
        ProviderChoice& choice = config.providers[i];
        boost::asio::io_context unused;  // Nothing is ever asked of this store.
        const providers::Provider& provider = **providers::find_provider(choice.name);
        if (!provider.expires || !(*provider.open(choice.config, unused))->publishes()) continue;
        const Json* const given = find_member(choice.config, "expiry");
        if (given == nullptr) {
            if (least > seed::expiry_default) choice.config["expiry"] = spelled;
        } else if (const auto expiry = parse_duration(given->get<std::string>());
                   expiry && *expiry < least) {
            const std::string place = "providers[" + std::to_string(i) + "].";
            fields.refuse((fields.is_given("providers") ? place : "") + "provider-config.expiry",
                          "'" + given->get<std::string>() + "' is below " + spelled +
                              ", three times push-period and jitter together, and the node would "
                              "be forgotten while it lives; raise it, or push more often");
        }
    }
}

void read_resolver(Fields& fields, Config& config) {
    const std::string name = fields.text("resolver").value_or("");
    config.resolver_config = read_settings(fields, "resolver-config");
    if (name.empty()) return;
    const auto resolver = providers::find_resolver(name);
    if (!resolver) {
        fields.refuse("resolver", resolver.error().message);
        return;
    }
    config.resolver = (*resolver)->name;
    boost::asio::io_context unused;  // Nothing is ever asked of this source.
    const auto source = (*resolver)->open(config.resolver_config, unused);
    if (!source) fields.refuse_below("resolver-config", source.error().message);
}

}  // namespace scrimp::app
