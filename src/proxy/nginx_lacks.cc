#include "proxy/nginx_lacks.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"

namespace scrimp::proxy {
namespace {

/// Headers of an answer that nginx makes itself, whatever a backend or a configuration says.
constexpr std::array<std::string_view, 8> headers_of_nginx = {
    "Connection", "Content-Encoding", "Content-Length", "Content-Type",
    "Date",       "Keep-Alive",       "Server",         "Transfer-Encoding"};

bool is_of_nginx(const service::Header& header) {
    return std::ranges::any_of(headers_of_nginx, [&header](std::string_view name) {
        return equal_but_for_case(header.name, name);
    });
}

}  // namespace

std::optional<std::string> lacks_nginx(const service::Application& application) {
    if (application.protocol == service::Protocol::Tcp ||
        application.protocol == service::Protocol::Udp) {
        return "protocol: nginx passes " + std::string(service::name_of(application.protocol)) +
               " on in a stream block only, outside of http, where our file is not included";
    }
    const service::Options& asked = *application.options;
    if (!asked.basic_auth.empty()) {
        return "basic-auth: nginx takes passwords from a file of their own only, which is not "
               "written here";
    }
    if (asked.proxy_protocol.value_or(false)) {
        return "proxy-protocol: nginx sends it from a stream block only, not with requests of HTTP";
    }
    const auto header = std::ranges::find_if(asked.response_headers, is_of_nginx);
    if (header != asked.response_headers.end()) {
        return "response-headers: nginx sets '" + header->name + "' itself";
    }
    return std::nullopt;
}

}  // namespace scrimp::proxy
