#include "app/config_admission.h"

#include <utility>

#include "app/config.h"
#include "base/ascii.h"
#include "runtime/clock.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

/// More rules than a cluster has kinds of nodes; each member is held against all of them.
constexpr std::size_t rules_max = 1000;
/// An operator's key, the one before it, and those of others.
constexpr std::size_t keys_max = 16;
/// A permit, with white space around it.
constexpr std::size_t permit_file_bytes_max = 4096;

/// The list of texts at `key`, each made by `make`; empty if there is none.
template <class T, class Make>
std::vector<T> read_entries(Fields& fields, std::string_view key, std::size_t most, Make make) {
    std::vector<T> entries;
    const auto texts = fields.texts(key);
    if (!texts) return entries;
    if (texts->empty()) {
        fields.refuse(key, "is an empty list, which would mean none or all; leave it out for all");
    }
    if (texts->size() > most) {
        fields.refuse(key, "has " + std::to_string(texts->size()) + " entries, the most is " +
                               std::to_string(most));
        return entries;
    }
    for (const std::string& text : *texts) {
        const Result<T> made = make(text);
        if (made) {
            entries.push_back(*made);
        } else {
            fields.refuse(key, "'" + text + "' " + made.error().message);
        }
    }
    return entries;
}

Result<std::string> checked_pattern(const std::string& text) {
    if (const Result<void> good = service::check_pattern(text); !good) {
        return tl::unexpected(good.error());
    }
    return text;
}

Result<std::string> domain_pattern(const std::string& text) {
    return checked_pattern(lower(text));
}

Result<Network> network_of(const std::string& text) {
    Result<Network> network = parse_network(text);
    // Its sentence names the text already.
    if (!network) return fail("is no network: " + network.error().message);
    return network;
}

service::AdmissionRule read_rule(const Json& object, const std::string& path,
                                 const std::string& prefix, Mistakes& mistakes) {
    constexpr std::size_t most = service::grant_entries_max;
    Fields fields(object, path, prefix, mistakes);
    service::AdmissionRule rule;
    rule.nodes = read_entries<std::string>(fields, "nodes", most, checked_pattern);
    rule.networks = read_entries<Network>(fields, "cidrs", most, network_of);
    rule.grant.domains = read_entries<std::string>(fields, "domains", most, domain_pattern);
    rule.grant.ports =
        read_entries<service::PortRange>(fields, "ports", most, service::parse_port_range);
    fields.refuse_unknown();
    return rule;
}

std::string trimmed(const std::string& text) {
    constexpr std::string_view white = " \t\r\n";
    const std::size_t first = text.find_first_not_of(white);
    if (first == std::string::npos) return "";
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

/// The text at `permit`, or in the file at `permit-file`.
std::string permit_text(Fields& fields) {
    const std::string text = fields.text("permit").value_or("");
    const std::string path = fields.text("permit-file").value_or("");
    if (path.empty()) return text;
    if (!text.empty()) {
        fields.refuse("permit-file", "is given beside 'permit'; keep one of them");
        return "";
    }
    const auto read = runtime::read_file(path, permit_file_bytes_max);
    if (read && *read) return trimmed(**read);
    fields.refuse("permit-file",
                  path + ": " + (read ? "there is no such file" : read.error().message));
    return "";
}

}  // namespace

service::AdmissionConfig read_admission(Fields& fields, const std::string& path,
                                        Mistakes& mistakes) {
    service::AdmissionConfig admission;
    const Json* const rules = fields.list("admission");
    if (rules != nullptr && rules->size() > rules_max) {
        fields.refuse("admission", "has more than " + std::to_string(rules_max) + " rules");
    } else if (rules != nullptr) {
        for (std::size_t i = 0; i < rules->size(); ++i) {
            const std::string key = "admission[" + std::to_string(i) + "]";
            const Json& rule = (*rules)[i];
            if (!rule.is_object()) {
                fields.refuse(key, "must be an object, not " + std::string(kind_of(rule)));
                continue;
            }
            admission.rules.push_back(
                read_rule(rule, path, "load-balancer-config." + key + ".", mistakes));
        }
        if (rules->empty()) {
            fields.refuse("admission",
                          "is an empty list, which would admit nobody or everybody; "
                          "leave it out to admit everybody");
        }
    }
    admission.permit_keys = read_entries<service::PermitKey>(
        fields, "permit-public-keys", keys_max,
        [](const std::string& text) { return service::parse_permit_key(text); });
    admission.require_permit = fields.flag("require-permit").value_or(false);
    if (admission.require_permit && admission.permit_keys.empty()) {
        fields.refuse("require-permit",
                      "needs keys to hold permits against; list them in "
                      "permit-public-keys");
    }
    return admission;
}

void read_own_permit(Fields& fields, Config& config) {
    const std::string text = permit_text(fields);
    if (text.empty()) return;
    const Result<service::Permit> permit = service::read_permit(text);
    if (!permit) return fields.refuse("permit", permit.error().message);
    config.permit = text;
    if (!service::matches(permit->node, config.node_name)) {
        config.warnings.push_back("backend-config.permit is for nodes named " + permit->node +
                                  ", not for " + config.node_name + ": balancers will refuse it");
    }
    if (permit->expires && *permit->expires <= runtime::unix_seconds()) {
        config.warnings.emplace_back(
            "backend-config.permit has expired: balancers refuse it; ask for a new one");
    }
}

}  // namespace scrimp::app
