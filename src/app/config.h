// The configuration file: JSON as the original Scrimp LB reads it, and new keys beside.
//
// Every mistake is one sentence with file, key, value and remedy; unknown keys are refused with the
// nearest known one. Ports may be strings (the original's form) or numbers; durations are Go's.
// Keys, types and defaults: docs/configuration.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/endpoint.h"
#include "base/time.h"
#include "proxy/generator.h"
#include "service/application.h"

namespace scrimp::app {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

struct LoadBalancerConfig {
    Duration push_period = std::chrono::seconds{60};
    Duration push_jitter = std::chrono::seconds{5};  ///< `jitter` or `push-jitter`.
    std::string generator = "dummy";
    std::string generator_target;
    bool generator_stdout = false;
    std::string tls_chain_location = "/etc/ssl/chain.pem";
    std::string tls_key_location = "/etc/ssl/key.pem";
    std::uint16_t http_port = 80;
    std::uint16_t https_port = 443;
    std::optional<proxy::Command> check_command;   ///< None: the generator's default.
    std::optional<proxy::Command> reload_command;  ///< Empty list: the step is off.
};

struct Config {
    std::string path;  ///< The file it came from, for messages.
    bool load_balancer = false;
    Endpoint bind;  ///< bind-address and port.
    std::optional<Endpoint> advertise;
    std::string node_name;  ///< The host name unless given.
    std::string state_dir;  ///< Empty: nothing is remembered across restarts.
    LogLevel log_level = LogLevel::Info;
    std::string provider;  ///< Empty: none.
    nlohmann::json provider_config = nlohmann::json::object();
    std::string resolver;
    nlohmann::json resolver_config = nlohmann::json::object();
    std::string gossip_profile = "lan";  ///< "lan" or "original".
    LoadBalancerConfig load_balancer_config;
    std::vector<service::Application> applications;  ///< Of the list and of the directory.
    std::vector<std::string> warnings;               ///< What a person should know, not fatal.
};

[[nodiscard]] Result<Config> load_config(const std::string& path);

}  // namespace scrimp::app
