#include "proxy/nginx_challenge.h"

#include <fmt/format.h>

namespace scrimp::proxy {

void write_challenges(Text& text, std::string_view socket) {
    text.open(fmt::format("location ^~ {}", challenge_path));
    text.line(fmt::format("proxy_pass http://unix:{};", socket));
    // The path is all that it looks at.
    text.line("proxy_pass_request_headers off;");
    text.line("proxy_pass_request_body off;");
    text.line("proxy_set_header Content-Length '';");
    // It is on this host, and answers within a millisecond or, being flooded, too late to matter.
    text.line("proxy_connect_timeout 1s;");
    text.line("proxy_read_timeout 3s;");
    text.line("proxy_intercept_errors on;");
    text.line("recursive_error_pages on;");  // Or those of where it goes on would do nothing.
    text.line(fmt::format("error_page 400 404 405 500 502 503 504 = {};", not_ours_location));
    text.close();
}

}  // namespace scrimp::proxy
