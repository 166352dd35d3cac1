#include "app/config_balancer.h"

#include <string_view>
#include <utility>

#include "app/config_admission.h"
#include "app/config_applications.h"
#include "app/config_custom.h"

namespace scrimp::app {
namespace {

/// More often, and the seed source is hammered; less, and a lost address stays lost for a week.
constexpr Duration push_period_min = std::chrono::milliseconds{100};
constexpr Duration push_period_max = std::chrono::hours{24 * 7};

/// Entries of supported-listen-ports; each application is held against all of them.
constexpr std::size_t supported_max = 100;

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

/// "8000-8999", or a single port as elsewhere.
Result<service::PortRange> read_port_range(const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    const std::size_t dash = text.find('-');
    if (dash == std::string::npos || dash == 0) {
        const Result<std::uint16_t> port = read_port(value);
        if (!port) return tl::unexpected(port.error());
        return service::PortRange{*port, *port};
    }
    const Result<std::uint16_t> first = read_port(text.substr(0, dash));
    const Result<std::uint16_t> last = read_port(text.substr(dash + 1));
    if (!first || !last || *first > *last) {
        return fail("'" + text + "' is not a range of ports; write it like 8000-8999");
    }
    return service::PortRange{*first, *last};
}

/// A list of which nothing, `null` or `[]`, means all.
template <class T>
std::vector<T> read_supported(Fields& fields, std::string_view key,
                              Result<T> (*read)(const Json&)) {
    std::vector<T> supported;
    const Json* list = fields.list(key);
    if (list == nullptr) return supported;
    if (list->size() > supported_max) {
        fields.refuse(key, "has " + std::to_string(list->size()) + " entries, the most is " +
                               std::to_string(supported_max));
        return supported;
    }
    for (const Json& entry : *list) {
        const Result<T> value = read(entry);
        if (value) {
            supported.push_back(*value);
        } else {
            fields.refuse(key, value.error().message);
        }
    }
    return supported;
}

Result<service::Protocol> read_protocol(const Json& value) {
    const Result<std::string> text = read_text(value);
    if (!text) return tl::unexpected(text.error());
    return service::parse_protocol(*text);
}

/// What the generator cannot spell, whatever the table: better known before the first rollout.
void check_generator(Fields& fields, const LoadBalancerConfig& given) {
    const proxy::Generator* const generator = proxy::find_generator(given.generator);
    const bool told = given.http_port == given.https_port;
    if (generator == nullptr || given.generator_target.empty() || told) return;
    if (generator->name == "custom") return;  // By check_template().
    const auto rendered = generator->render({}, {.tls_chain_path = given.tls_chain_location,
                                                 .tls_key_path = given.tls_key_location,
                                                 .http_port = given.http_port,
                                                 .https_port = given.https_port,
                                                 .target_path = given.generator_target});
    if (!rendered) fields.refuse_below("load-balancer-config", rendered.error().message);
}

}  // namespace

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
    balancer.template_text = read_template(fields);
    balancer.generator_target = fields.text("generator-target").value_or("");
    balancer.generator_stdout = fields.flag("generator-stdout").value_or(false);
    const auto path = [&fields](std::string_view key, std::string& value) {
        const auto text = fields.text(key);
        if (text && !text->empty()) value = *text;
    };
    path("tls-chain-location", balancer.tls_chain_location);
    path("tls-key-location", balancer.tls_key_location);
    balancer.tls = read_tls(fields);
    balancer.http_port = fields.port("http-port").value_or(balancer.http_port);
    balancer.https_port = fields.port("https-port").value_or(balancer.https_port);
    if (balancer.http_port == balancer.https_port) {
        fields.refuse("https-port", "must differ from http-port");
    }
    balancer.support.protocols = read_supported(fields, "supported-protocols", read_protocol);
    if (const proxy::Generator* row = proxy::find_generator(balancer.generator)) {
        balancer.support.lacks = row->lacks;
    }
    balancer.support.http_ports = {balancer.http_port, balancer.https_port};
    balancer.support.overrides = read_overrides(fields, balancer.support.lacks);
    balancer.support.listen_ports =
        read_supported(fields, "supported-listen-ports", read_port_range);
    balancer.rotation = read_rotation(fields);
    balancer.admission = read_admission(fields, config.path, mistakes);
    balancer.challenges = read_challenges(fields);
    balancer.check_command = read_command(fields, "check-command");
    balancer.reload_command = read_command(fields, "reload-command");
    balancer.rollout = read_rollout(fields);
    fields.refuse_unknown();
}

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
    check_generator(fields, config.load_balancer_config);
    check_template(fields, config);
    check_rollout(fields, config);
    check_tls(fields, config);
}

}  // namespace scrimp::app
