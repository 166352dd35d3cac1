#include "app/config_tls.h"

#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/config_fields.h"

namespace scrimp::app {

TlsSettings read_tls(Fields& fields) {
    TlsSettings read;
    read.certificate_directory = fields.text("certificate-directory").value_or("");
    const std::string authorities = fields.text("backend-ca-location").value_or("");
    if (!authorities.empty()) read.backend_ca_location = authorities;
    const std::string profile = fields.text("tls-profile").value_or("");
    if (profile == "modern") {
        read.profile = proxy::TlsProfile::Modern;
    } else if (!profile.empty() && profile != "intermediate") {
        fields.refuse("tls-profile", "'" + profile + "' is not a profile" +
                                         suggestion(profile, {"intermediate", "modern"}) +
                                         " (known: intermediate modern)");
    }
    return read;
}

void check_tls(Fields& fields, const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    if (given.tls.certificate_directory.empty()) return;
    constexpr const char* key = "load-balancer-config";
    if (config.state_dir.empty()) {
        fields.refuse_below(key,
                            "certificate-directory: needs a state-dir, where the proxy finds a "
                            "copy of each certificate with its key");
    }
    if (!given.rollout.activation_socket.empty()) {
        fields.refuse_below(key,
                            "certificate-directory: cannot be had with activation-socket: a daemon "
                            "that is not root should not read keys, and the helper takes none but "
                            "tls-key-location");
    }
}

}  // namespace scrimp::app
