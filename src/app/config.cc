#include "app/config.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "app/admin_socket.h"
#include "app/config_backend.h"
#include "app/config_balancer.h"
#include "app/config_fields.h"
#include "app/config_gossip.h"
#include "app/config_plugins.h"
#include "base/ascii.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

constexpr std::size_t node_name_chars_max = 255;  // what memberlist's messages and Serf bear

constexpr std::uint16_t port_default = 9999;

/// One of a few words, in whatever letters.
template <class T>
void read_word(Fields& fields, std::string_view key,
               const std::vector<std::pair<std::string_view, T>>& words, T& value) {
    const auto text = fields.text(key);
    if (!text || text->empty()) return;
    std::vector<std::string_view> known;
    for (const auto& [word, meaning] : words) {
        if (equal_but_for_case(word, *text)) {
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

void read_sections(Fields& fields, Config& config, Mistakes& mistakes) {
    const std::size_t warnings_before = config.warnings.size();
    const Json* balancer = fields.object("load-balancer-config");
    if (balancer != nullptr) read_balancer_config(*balancer, config, mistakes);
    if (!config.load_balancer && balancer != nullptr) {
        config.warnings.resize(warnings_before);
        config.warnings.emplace_back("load-balancer-config is not used by a backend");
    }
    const Json* backend = fields.object("backend-config");
    if (!config.load_balancer && backend != nullptr) {
        read_backend_config(*backend, config, mistakes);
    } else if (backend != nullptr) {
        config.warnings.emplace_back("backend-config is not used by a load balancer");
    }
}

/// Leaves out what app/live_config.h changes while the node runs, and what this node does not use.
Json fixed_part(Json object, bool load_balancer) {
    object.erase("backend-config");
    object.erase("log-level");
    constexpr const char* section = "load-balancer-config";
    if (!load_balancer) object.erase(section);
    if (object.contains(section) && object[section].is_object()) {
        object[section].erase("supported-protocols");
        object[section].erase("supported-listen-ports");
        object[section].erase("applications");
        for (const char* key : {"admission", "permit-public-keys", "require-permit"}) {
            object[section].erase(key);
        }
        for (const std::string_view key : rotation_keys) object[section].erase(std::string(key));
    }
    constexpr const char* gossip = "gossip-config";
    if (object.contains(gossip) && object[gossip].is_object()) {
        for (const char* key : {"keyring-file", "verify-incoming", "verify-outgoing"}) {
            object[gossip].erase(key);
        }
        // To turn encryption on may be the first thing that is said of gossip at all.
        if (object[gossip].empty()) object.erase(gossip);
    }
    return object;
}

/// Everything but the files of application-config-dir.
Config read_main_file(const Json& object, const std::string& path, const Surroundings& surroundings,
                      Mistakes& mistakes) {
    Config config;
    config.path = path;
    Fields fields(object, path, "", mistakes);
    config.load_balancer = fields.flag("lb").value_or(false);
    read_bind(fields, config);
    read_advertise(fields, config);
    read_node_name(fields, surroundings, config);
    config.state_dir = fields.text("state-dir").value_or(surroundings.state_directory);
    read_admin_socket(fields, config);
    read_word<LogLevel>(fields, "log-level",
                        {{"debug", LogLevel::Debug},
                         {"info", LogLevel::Info},
                         {"warning", LogLevel::Warning},
                         {"error", LogLevel::Error}},
                        config.log_level);
    read_gossip_config(fields, surroundings, config, mistakes);
    read_providers(fields, config, mistakes);
    read_resolver(fields, config);
    read_sections(fields, config, mistakes);
    if (config.load_balancer) {
        fit_expiries(fields, config);
        check_balancer(fields, config);
    }
    fields.refuse_unknown();
    if (config.providers.empty()) {
        config.warnings.emplace_back(
            "no provider is configured; unless others join this node, it may be orphaned");
    }
    config.main_warnings = config.warnings.size();
    config.fixed = fixed_part(object, config.load_balancer);
    return config;
}

Result<Json> parse_object(std::string_view text, const std::string& path) {
    Result<Json> json = parse_json(text, {.bytes_max = config_bytes_max});
    if (!json) return fail(path + ": " + json.error().message);
    if (!json->is_object()) {
        return fail(path + ": must be an object, not " + std::string(kind_of(*json)));
    }
    return json;
}

Result<std::string> read_text_of(const std::string& path) {
    auto text = runtime::read_file(path, config_bytes_max);
    if (!text) return fail(path + ": " + text.error().message);
    if (!*text) return fail(path + ": there is no such file");
    return **std::move(text);
}

Surroundings surroundings_of_this_host() {
    std::array<char, HOST_NAME_MAX + 1> host_name{};
    // A failure leaves the name empty, which is then refused in words.
    (void)gethostname(host_name.data(), host_name.size() - 1);
    const char* const state_directories = std::getenv("STATE_DIRECTORY");
    const std::string state_directory = state_directories == nullptr ? "" : state_directories;
    return {.host_name = host_name.data(),
            // systemd lists several with colons; the first is the unit's own.
            .state_directory = state_directory.substr(0, state_directory.find(':')),
            .read_directory = read_application_files};
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& path,
                            const Surroundings& surroundings) {
    const Result<Json> json = parse_object(text, path);
    if (!json) return tl::unexpected(json.error());
    Mistakes mistakes;
    Config config = read_main_file(*json, path, surroundings, mistakes);
    if (!config.load_balancer) read_applications(surroundings, config, mistakes);
    if (mistakes.count() > 0) return tl::unexpected(mistakes.error());
    return config;
}

Result<Config> load_config(const std::string& path) {
    const Result<std::string> text = read_text_of(path);
    if (!text) return tl::unexpected(text.error());
    return parse_config(*text, path, surroundings_of_this_host());
}

Result<Config> load_main_file(const std::string& path) {
    const Result<std::string> text = read_text_of(path);
    if (!text) return tl::unexpected(text.error());
    const Result<Json> json = parse_object(*text, path);
    if (!json) return tl::unexpected(json.error());
    Mistakes mistakes;
    Config config = read_main_file(*json, path, surroundings_of_this_host(), mistakes);
    if (mistakes.count() > 0) return tl::unexpected(mistakes.error());
    return config;
}

}  // namespace scrimp::app
