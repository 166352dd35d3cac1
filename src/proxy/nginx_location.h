// What nginx does with a request that is for an upstream.
//
// Plain applications share one location; one that asks for more has its own, a location for each of
// its paths in each of its servers. A path ends at a segment: "/api" leads to "/api" and "/api/x",
// not to "/apix".
#pragma once

#include <string>
#include <string_view>

#include "proxy/text.h"
#include "service/application.h"

namespace scrimp::proxy {

/// Within a server that is open, for all its requests: answers from the upstream that `to` names
/// or, where that is empty, does `otherwise`. `plain`: no TLS is spoken on the server's port.
void write_proxying(Text& text, std::string_view to, std::string_view otherwise, bool plain);

/// An application at one of its paths.
struct NginxPlace {
    const service::Application& application;
    std::string_view path;
    std::string_view to;          ///< "http://scrimp_web".
    std::string_view set_cookie;  ///< A variable, or empty.
    std::string_view ca;          ///< Of backends, as nginx_quoted() returns it.
    bool plain;                   ///< No TLS is spoken on the server's port.
};

/// Within a server that has write_unavailable() too.
void write_place(Text& text, const NginxPlace& place);

/// The page in place of an answer, and what leads there from a location that is open.
void write_unavailable(Text& text);
void write_if_unavailable(Text& text);

}  // namespace scrimp::proxy
