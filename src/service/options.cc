#include "service/options.h"

namespace scrimp::service {

std::vector<std::string_view> said_keys(const Options& options) {
    std::vector<std::string_view> keys;
    const auto add = [&keys](bool said, std::string_view key) {
        if (said) keys.push_back(key);
    };
    add(options.balance.has_value(), option_key::balance);
    add(!options.sticky_cookie.empty(), option_key::sticky_cookie);
    add(!options.paths.empty(), option_key::paths);
    add(options.body_limit_bytes.has_value(), option_key::body_limit);
    add(options.connect_timeout.has_value(), option_key::connect_timeout);
    add(options.read_timeout.has_value(), option_key::read_timeout);
    add(options.send_timeout.has_value(), option_key::send_timeout);
    add(options.verify_backend.has_value(), option_key::verify_backend);
    add(options.proxy_protocol.has_value(), option_key::proxy_protocol);
    add(!options.allow.empty(), option_key::allow);
    add(!options.deny.empty(), option_key::deny);
    add(!options.basic_auth.empty(), option_key::basic_auth);
    add(options.www.has_value(), option_key::www);
    add(!options.redirects.empty(), option_key::redirects);
    add(!options.request_headers.empty(), option_key::request_headers);
    add(!options.response_headers.empty(), option_key::response_headers);
    add(options.compression.has_value(), option_key::compression);
    add(options.hsts.has_value(), option_key::hsts);
    add(options.security_headers.has_value(), option_key::security_headers);
    add(options.canary.has_value(), option_key::canary);
    return keys;
}

}  // namespace scrimp::service
