#include "app/config.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <boost/asio/system_executor.hpp>

#include "app/config_backend.h"
#include "app/config_fields.h"
#include "providers/providers.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

/// A thousand applications in one file take a tenth of this.
constexpr std::size_t config_bytes_max = std::size_t{1} << 20;

constexpr std::size_t node_name_chars_max = 255;  // what memberlist's messages and Serf bear

/// More often, and the seed source is hammered; less, and a lost address stays lost for a week.
constexpr Duration push_period_min = std::chrono::milliseconds{100};
constexpr Duration push_period_max = std::chrono::hours{24 * 7};

constexpr std::uint16_t port_default = 9999;

/// The plug-ins that the original has and this version knows by name only. A file that names them
/// is in order; starting with it is what fails.
constexpr std::array<std::string_view, 1> providers_to_come{"s3"};
constexpr std::array<std::string_view, 1> resolvers_to_come{"ec2"};

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

/// One of a few words, in whatever letters.
template <class T>
void read_word(Fields& fields, std::string_view key,
               const std::vector<std::pair<std::string_view, T>>& words, T& value) {
    const auto text = fields.text(key);
    if (!text || text->empty()) return;
    std::vector<std::string_view> known;
    for (const auto& [word, meaning] : words) {
        if (word == lower(*text)) {
            value = meaning;
            return;
        }
        known.push_back(word);
    }
    std::string list;
    for (const std::string_view word : known) {
        list.append(list.empty() ? " (known: " : " ").append(word);
    }
    fields.refuse(key, "'" + *text + "' is not known" + suggestion(*text, known) + list + ")");
}

void read_bind(Fields& fields, Config& config) {
    const std::uint16_t port = fields.port("port").value_or(port_default);
    std::string address = fields.text("bind-address").value_or("");
    if (address.empty()) address = "0.0.0.0";
    const auto bind = parse_ip(address, port);
    if (bind) {
        config.bind = *bind;
    } else {
        fields.refuse("bind-address", bind.error().message);
    }
}

/// "10.0.0.1", "fd00::7", or either with a port.
void read_advertise(Fields& fields, Config& config) {
    const auto text = fields.text("advertise-address");
    if (!text || text->empty()) return;
    auto address = parse_ip(*text, config.bind.port);
    if (!address) address = parse_endpoint(*text);
    if (!address) {
        fields.refuse("advertise-address",
                      "'" + *text + "' is neither an IP address nor ADDRESS:PORT");
    } else if (address->is_unspecified()) {
        fields.refuse("advertise-address",
                      "'" + *text + "' stands for every address; name the one others reach");
    } else {
        config.advertise = *address;
    }
}

void read_node_name(Fields& fields, const Surroundings& surroundings, Config& config) {
    const auto text = fields.text("node-name");
    config.node_name = text && !text->empty() ? *text : surroundings.host_name;
    const bool plain =
        std::ranges::all_of(config.node_name, [](char c) { return c > ' ' && c < 0x7f; });
    if (config.node_name.empty()) {
        fields.refuse("node-name", "this host has no name; give one");
    } else if (!plain || config.node_name.size() > node_name_chars_max) {
        fields.refuse("node-name", "must be 1 to 255 printable ASCII characters without spaces");
    }
}

/// [min, max, current], each a byte: what memberlist calls the delegate's protocol versions.
void read_delegate_versions(Fields& fields, Config& config) {
    constexpr std::string_view key = "delegate-versions";
    const Json* list = fields.list(key);
    if (list == nullptr) return;
    const bool bytes = std::ranges::all_of(*list, [](const Json& entry) {
        return entry.is_number_unsigned() && entry.get<std::uint64_t>() <= 255;
    });
    if (!bytes || list->size() != config.delegate_versions.size()) {
        fields.refuse(key, "must be three numbers from 0 to 255: min, max, current");
        return;
    }
    std::ranges::transform(*list, config.delegate_versions.begin(),
                           [](const Json& entry) { return entry.get<std::uint8_t>(); });
    const auto& [least, most, current] = config.delegate_versions;
    if (least > current || current > most) {
        fields.refuse(key, "the third, current, must lie between the first two, min and max");
    }
}

Json without_nulls(const Json& object) {
    Json kept = Json::object();
    for (const auto& [key, value] : object.items()) {
        if (!value.is_null()) kept[key] = value;
    }
    return kept;
}

void read_provider(Fields& fields, Config& config) {
    const std::string name = fields.text("provider").value_or("");
    if (const Json* object = fields.object("provider-config")) {
        config.provider_config = without_nulls(*object);
    }
    if (name.empty()) return;
    const auto provider = providers::find_provider(name);
    if (!provider) {
        fields.refuse("provider", provider.error().message);
        return;
    }
    config.provider = (*provider)->name;
    if (std::ranges::find(providers_to_come, config.provider) != providers_to_come.end()) {
        config.warnings.push_back("the provider '" + config.provider +
                                  "' is not built in yet; a node will not start with it");
        return;
    }
    // Opening does nothing but read its configuration; nothing is ever asked of this one.
    const auto store = (*provider)->open(config.provider_config, boost::asio::system_executor());
    if (!store) fields.refuse_below("provider-config", store.error().message);
}

void read_resolver(Fields& fields, Config& config) {
    const std::string name = fields.text("resolver").value_or("");
    if (const Json* object = fields.object("resolver-config")) {
        config.resolver_config = without_nulls(*object);
    }
    if (name.empty()) return;
    const auto resolver = providers::find_resolver(name);
    if (!resolver) {
        fields.refuse("resolver", resolver.error().message);
        return;
    }
    config.resolver = (*resolver)->name;
    if (std::ranges::find(resolvers_to_come, config.resolver) != resolvers_to_come.end()) {
        // A backend never asks its resolver.
        if (config.load_balancer) {
            config.warnings.push_back("the resolver '" + config.resolver +
                                      "' is not built in yet; a node will not start with it");
        }
        return;
    }
    const auto checked = (*resolver)->check(config.resolver_config);
    if (!checked) fields.refuse_below("resolver-config", checked.error().message);
}

std::optional<proxy::Command> read_command(Fields& fields, std::string_view key) {
    auto command = fields.texts(key);
    if (command && !command->empty() && command->front().empty()) {
        fields.refuse(key, "the first entry, the program, must not be empty");
    }
    return command;
}

void read_generator(Fields& fields, LoadBalancerConfig& balancer) {
    const std::string name = fields.text("generator").value_or("");
    if (name.empty()) return;
    if (const proxy::Generator* generator = proxy::find_generator(name)) {
        balancer.generator = generator->name;
        return;
    }
    std::vector<std::string_view> known;
    std::string list;
    for (const proxy::Generator& generator : proxy::generators()) {
        known.push_back(generator.name);
        list.append(list.empty() ? "" : " ").append(generator.name);
    }
    fields.refuse("generator", "'" + name + "' is not a generator" + suggestion(name, known) +
                                   " (known: " + list + ")");
}

void read_balancer_config(const Json& object, Config& config, Mistakes& mistakes) {
    Fields fields(object, config.path, "load-balancer-config.", mistakes);
    LoadBalancerConfig& balancer = config.load_balancer_config;
    const auto period = fields.duration("push-period", push_period_min, push_period_max);
    balancer.push_period = period.value_or(balancer.push_period);
    const auto jitter = fields.duration("jitter", Duration::zero(), push_period_max);
    const auto push_jitter = fields.duration("push-jitter", Duration::zero(), push_period_max);
    if (jitter && push_jitter) {
        config.warnings.emplace_back(
            "load-balancer-config has both 'jitter' and 'push-jitter'; 'jitter' counts");
    }
    balancer.push_jitter = jitter.value_or(push_jitter.value_or(balancer.push_jitter));
    read_generator(fields, balancer);
    balancer.generator_target = fields.text("generator-target").value_or("");
    balancer.generator_stdout = fields.flag("generator-stdout").value_or(false);
    const auto path = [&fields](std::string_view key, std::string& value) {
        const auto text = fields.text(key);
        if (text && !text->empty()) value = *text;
    };
    path("tls-chain-location", balancer.tls_chain_location);
    path("tls-key-location", balancer.tls_key_location);
    balancer.http_port = fields.port("http-port").value_or(balancer.http_port);
    balancer.https_port = fields.port("https-port").value_or(balancer.https_port);
    if (balancer.http_port == balancer.https_port) {
        fields.refuse("https-port", "must differ from http-port");
    }
    balancer.check_command = read_command(fields, "check-command");
    balancer.reload_command = read_command(fields, "reload-command");
    fields.refuse_unknown();
}

/// What a balancer needs beyond its single keys, and what would surprise its operator.
void check_balancer(Fields& fields, Config& config) {
    if (config.resolver.empty() && !config.advertise && config.bind.is_unspecified()) {
        fields.refuse("resolver",
                      "a load balancer must know the address at which others reach it; name a "
                      "resolver, or give 'advertise-address' or a 'bind-address' other than " +
                          config.bind.ip_text());
    }
    if (config.load_balancer_config.generator != "dummy" &&
        config.load_balancer_config.generator_target.empty()) {
        config.warnings.emplace_back(
            "load-balancer-config has no generator-target; nothing is written, nor reloaded");
    }
}

void read_sections(Fields& fields, const Surroundings& surroundings, Config& config,
                   Mistakes& mistakes) {
    const std::size_t warnings_before = config.warnings.size();
    const Json* balancer = fields.object("load-balancer-config");
    if (balancer != nullptr) read_balancer_config(*balancer, config, mistakes);
    if (!config.load_balancer && balancer != nullptr) {
        config.warnings.resize(warnings_before);
        config.warnings.emplace_back("load-balancer-config is not used by a backend");
    }
    const Json* backend = fields.object("backend-config");
    if (config.load_balancer) {
        if (backend != nullptr) {
            config.warnings.emplace_back("backend-config is not used by a load balancer");
        }
        return;
    }
    const std::size_t mistakes_before = mistakes.count();
    if (backend != nullptr) read_backend_config(*backend, surroundings, config, mistakes);
    // Without those at fault the list would look shorter than it is meant.
    if (mistakes.count() == mistakes_before) check_applications(config, mistakes);
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& path,
                            const Surroundings& surroundings) {
    const Result<Json> json = parse_json(text, {.bytes_max = config_bytes_max});
    if (!json) return fail(path + ": " + json.error().message);
    if (!json->is_object()) {
        return fail(path + ": must be an object, not " + std::string(kind_of(*json)));
    }
    Mistakes mistakes;
    Config config;
    config.path = path;
    Fields fields(*json, path, "", mistakes);
    config.load_balancer = fields.flag("lb").value_or(false);
    read_bind(fields, config);
    read_advertise(fields, config);
    read_node_name(fields, surroundings, config);
    config.state_dir = fields.text("state-dir").value_or(surroundings.state_directory);
    read_word<LogLevel>(fields, "log-level",
                        {{"debug", LogLevel::Debug},
                         {"info", LogLevel::Info},
                         {"warning", LogLevel::Warning},
                         {"error", LogLevel::Error}},
                        config.log_level);
    read_word<std::string>(fields, "gossip-profile", {{"lan", "lan"}, {"original", "original"}},
                           config.gossip_profile);
    read_delegate_versions(fields, config);
    config.compression = fields.flag("compression").value_or(true);
    read_provider(fields, config);
    read_resolver(fields, config);
    read_sections(fields, surroundings, config, mistakes);
    if (config.load_balancer) check_balancer(fields, config);
    fields.refuse_unknown();
    if (config.provider.empty()) {
        config.warnings.emplace_back(
            "no provider is configured; unless others join this node, it may be orphaned");
    }
    if (mistakes.count() > 0) return tl::unexpected(mistakes.error());
    return config;
}

Result<Config> load_config(const std::string& path) {
    const auto text = runtime::read_file(path, config_bytes_max);
    if (!text) return fail(path + ": " + text.error().message);
    if (!*text) return fail(path + ": there is no such file");
    std::array<char, HOST_NAME_MAX + 1> host_name{};
    // A failure leaves the name empty, which is then refused in words.
    (void)gethostname(host_name.data(), host_name.size() - 1);
    const char* const state_directories = std::getenv("STATE_DIRECTORY");
    std::string state_directory = state_directories == nullptr ? "" : state_directories;
    // systemd lists several with colons; the first is the unit's own.
    state_directory = state_directory.substr(0, state_directory.find(':'));
    return parse_config(**text, path,
                        {.host_name = host_name.data(),
                         .state_directory = state_directory,
                         .read_directory = read_application_files});
}

}  // namespace scrimp::app
