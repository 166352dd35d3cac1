#include "app/config_custom.h"

#include "app/config.h"
#include "app/config_fields.h"
#include "proxy/custom.h"
#include "runtime/files.h"

namespace scrimp::app {

std::string read_template(Fields& fields) {
    const std::string path = fields.text("template").value_or("");
    if (path.empty()) return "";
    const auto read = runtime::read_file(path, proxy::template_bytes_max);
    if (read && *read && !(*read)->empty()) return **read;
    if (!read) {
        fields.refuse("template", read.error().message);
    } else {
        fields.refuse("template", (*read ? "there is nothing in " : "there is no file ") + path +
                                      "; write the template there, or name another file");
    }
    return "";
}

void check_template(Fields& fields, Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    constexpr const char* key = "load-balancer-config";
    if (given.generator != "custom") {
        if (given.template_text.empty()) return;
        fields.refuse_below(
            key, "template: is for the generator custom only, and it is '" + given.generator + "'");
        return;
    }
    const auto good = proxy::check_template({.tls_chain_path = given.tls_chain_location,
                                             .tls_key_path = given.tls_key_location,
                                             .http_port = given.http_port,
                                             .https_port = given.https_port,
                                             .template_text = given.template_text});
    if (!good) fields.refuse_below(key, good.error().message);
    if (!given.reload_command) {
        config.warnings.emplace_back(
            "load-balancer-config has no reload-command, and the generator custom knows none: "
            "generator-target is written, and no proxy is told");
    }
    if (!given.check_command) {
        config.warnings.emplace_back(
            "load-balancer-config has no check-command, and the generator custom knows none: what "
            "the template makes is taken unseen");
    }
}

}  // namespace scrimp::app
