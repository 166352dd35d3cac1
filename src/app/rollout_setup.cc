#include "app/rollout_setup.h"

#include <filesystem>
#include <system_error>

#include "app/activation_client.h"
#include "app/challenger_setup.h"
#include "app/nginx_version.h"
#include "base/assert.h"
#include "proxy/placeholders.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

/// What the helper may take beside its commands, whose limits are its own: it comes first to tell
/// what hung.
constexpr Duration helper_longest = std::chrono::seconds{5};

constexpr const char* own_copy = "/proxy.conf";
constexpr const char* own_certificates = "/certificates";

bool asks_helper(const Config& config) {
    return !config.load_balancer_config.rollout.activation_socket.empty();
}

}  // namespace

const proxy::Generator& generator_of(const Config& config) {
    const proxy::Generator* const found =
        proxy::find_generator(config.load_balancer_config.generator);
    SCRIMP_ASSERT(found != nullptr);
    return *found;
}

proxy::RenderOptions render_options(const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    const proxy::Generator& generator = generator_of(config);
    proxy::RenderOptions options;
    options.tls_chain_path = given.tls_chain_location;
    options.tls_key_path = given.tls_key_location;
    options.tls_profile = given.tls.profile;
    options.backend_ca_path = given.tls.backend_ca_location;
    options.http_port = given.http_port;
    options.https_port = given.https_port;
    if (given.generator == "nginx" && !given.generator_target.empty()) {
        const auto version =
            ask_nginx_version(given.check_command.value_or(generator.default_check_command));
        options.nginx_version = version.value_or(options.nginx_version);
    }
    // As the proxy will find it: without this file the kernel has no IPv6, and `listen [::]` fails.
    const auto ipv6 = runtime::read_file("/proc/net/if_inet6", std::size_t{1} << 20);
    options.ipv6 = ipv6.has_value() && ipv6->has_value();
    options.challenge_socket = challenge_socket_of(config);
    options.target_path = given.generator_target;
    options.runtime_socket =
        given.rollout.runtime_socket.value_or(std::string(generator.default_runtime_socket));
    options.template_text = given.template_text;
    return options;
}

proxy::RolloutConfig rollout_config(const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    const RolloutSettings& settings = given.rollout;
    const proxy::Generator& generator = generator_of(config);
    proxy::RolloutConfig made;
    made.options = render_options(config);
    made.target_path = given.generator_target;
    made.print = given.generator_stdout;
    made.check_command = given.check_command.value_or(generator.default_check_command);
    made.reload_command = given.reload_command.value_or(generator.default_reload_command);
    made.runtime_socket =
        settings.runtime_socket.value_or(std::string(generator.default_runtime_socket));
    made.check_timeout = settings.check_timeout;
    made.reload_timeout = settings.reload_timeout;
    made.pace.reload_burst = settings.reload_burst;
    made.pace.reload_interval = settings.reload_interval;
    made.old_generations_max = settings.old_workers_max;
    made.crowd_longest = settings.old_workers_wait;
    if (asks_helper(config)) {
        made.target_path = config.state_dir + own_copy;
        made.check_timeout += helper_longest;
        // What it activates it checks, unless it just has.
        made.reload_timeout += made.check_timeout;
        made.check_command =
            activation_check_command(settings.activation_socket, made.check_timeout);
        made.reload_command =
            activation_reload_command(settings.activation_socket, made.reload_timeout);
    }
    return made;
}

CertificatePaths certificate_paths(const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    // nginx takes a path that does not begin with '/' for one below its own prefix.
    const auto absolute = [](const std::string& path) {
        std::error_code ignored;
        return path.empty() ? path : std::filesystem::absolute(path, ignored).string();
    };
    return {.directory = absolute(given.tls.certificate_directory),
            .copies = absolute(config.state_dir) + own_certificates,
            .fallback_chain = given.tls_chain_location,
            .fallback_key = given.tls_key_location};
}

Result<FoundTexts> find_texts(const Config& config, const proxy::RolloutConfig& rollout) {
    FoundTexts found;
    const std::string& path = rollout.target_path;
    if (path.empty()) return found;
    Result<std::optional<std::string>> read = runtime::read_file(path, target_bytes_max);
    if (!read) return fail("generator-target: " + read.error().message);
    found.target = *std::move(read);
    // One that cannot be read is as good as none: the next good text takes its place.
    read = runtime::read_file(proxy::last_good_path(path), target_bytes_max);
    if (read) found.last_good = *std::move(read);
    if (found.target || !asks_helper(config)) return found;
    read = runtime::read_file(config.load_balancer_config.generator_target, target_bytes_max);
    if (!read || !*read) return found;
    if (const auto copied = runtime::replace_file(path, **read); !copied) {
        return fail("state-dir: " + copied.error().message);
    }
    found.target = *std::move(read);
    return found;
}

}  // namespace scrimp::app
