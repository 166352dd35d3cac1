// The configuration file: JSON as the original Scrimp LB reads it, and new keys beside.
//
// Every mistake is one sentence with file, key, value and remedy, and all of them are told at once;
// unknown keys are refused with the nearest known one. Ports may be strings (the original's form)
// or numbers; durations are Go's; keys match in whatever letters, and null means "not given", as in
// Go. Keys, types and defaults: docs/configuration.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/application_files.h"
#include "app/config_challenges.h"
#include "app/config_health.h"
#include "app/config_rollout.h"
#include "app/config_rotation.h"
#include "app/config_tls.h"
#include "app/keyring_file.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "providers/providers.h"
#include "proxy/generator.h"
#include "runtime/log.h"
#include "service/admission.h"
#include "service/application.h"
#include "service/application_list.h"
#include "service/support.h"
#include "swim/config.h"

namespace scrimp::app {

/// The longest list that may be announced takes half of this, if it is written with room to read:
/// of the main file, of one of application-config-dir, and of all those together.
inline constexpr std::size_t config_bytes_max = 2 * service::list_bytes_max;

using runtime::LogLevel;

struct LoadBalancerConfig {
    Duration push_period = std::chrono::seconds{60};
    Duration push_jitter = std::chrono::seconds{5};  ///< `jitter` or `push-jitter`.
    std::string generator = "dummy";
    std::string generator_target;
    std::string template_text;  ///< Of the file at `template`.
    bool generator_stdout = false;
    std::string tls_chain_location = "/etc/ssl/chain.pem";
    std::string tls_key_location = "/etc/ssl/key.pem";
    TlsSettings tls;  ///< `certificate-directory`, `tls-profile`.
    std::uint16_t http_port = 80;
    std::uint16_t https_port = 443;
    service::Support support;  ///< `supported-protocols`, `supported-listen-ports`.
    RotationSettings rotation;
    service::AdmissionConfig admission;
    ChallengeSettings challenges;
    std::optional<proxy::Command> check_command;   ///< None: the generator's default.
    std::optional<proxy::Command> reload_command;  ///< Empty list: the step is off.
    RolloutSettings rollout;
};

/// A place where seeds come from, by the name that find_provider() gives it.
using ProviderChoice = providers::ProviderConfig;

struct Config {
    std::string path;  ///< The file it came from, for messages.
    bool load_balancer = false;
    Endpoint bind;  ///< bind-address and port.
    std::optional<Endpoint> advertise;
    std::string node_name;     ///< The host name unless given.
    std::string admin_socket;  ///< As the key says it (app/admin_socket.h); empty: not given.
    std::string state_dir;     ///< Empty: nothing is remembered across restarts.
    LogLevel log_level = LogLevel::Info;
    /// In the order in which they are asked; `provider` is a list of one. Empty: none.
    std::vector<ProviderChoice> providers;
    std::string resolver;  ///< As find_resolver() spells it; empty: none.
    nlohmann::json resolver_config = nlohmann::json::object();
    /// Of gossip-profile, gossip-config, compression and delegate-versions, the keys with it.
    swim::Config gossip = swim::lan_profile();
    std::string keyring_file;  ///< Where the keys came from; empty: there are none.
    LoadBalancerConfig load_balancer_config;
    DrainConfig drain;                  ///< Of a backend.
    std::string application_directory;  ///< application-config-dir; empty: none.
    /// Of the list and of the directory, unique; none on a load balancer.
    std::vector<service::Application> applications;
    Checks checks;                       ///< Of those.
    std::string permit;                  ///< That a backend presents; empty: none.
    ApplicationFiles application_files;  ///< What they were gathered from.
    std::vector<std::string> warnings;   ///< What a person should know, not fatal.
    std::size_t main_warnings = 0;       ///< So many of them, the first, are of the main file.
    /// What the file says and only a restart can change, as it stands there.
    nlohmann::json fixed = nlohmann::json::object();
};

/// What a configuration depends on beside its text.
struct Surroundings {
    std::string host_name;
    std::string state_directory;  ///< Where no state-dir is given.
    /// The *.json files of a directory, sorted by path; fails if the directory cannot be read.
    std::function<Result<std::vector<TextFile>>(const std::string& directory)> read_directory;
    /// The keyring file at `path`; the sentence of a failure begins with the path.
    std::function<Result<wire::Keyring>(const std::string& path)> read_keyring = app::read_keyring;
};

/// Reads the file at `path` and those of its application-config-dir. The error holds one line for
/// each mistake, each beginning with the file it is in. Opens no socket, and resolves nothing.
[[nodiscard]] Result<Config> load_config(const std::string& path);

/// The same of a text; `path` is for messages only.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& path,
                                          const Surroundings& surroundings);

/// Reads the file at `path` alone, without those of its application-config-dir: `applications` is
/// its own list, and application_files is empty.
[[nodiscard]] Result<Config> load_main_file(const std::string& path);

}  // namespace scrimp::app
