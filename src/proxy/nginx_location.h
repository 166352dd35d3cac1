// What nginx does with a request that is for an upstream.
//
// Plain applications share one location; one that asks for more has its own, a location for each of
// its paths in each of its servers. A path ends at a segment: "/api" leads to "/api" and "/api/x",
// not to "/apix".
//
// Requests for server-sent events, which name their type in `Accept`, are answered without nginx's
// buffer: it would hold an event back until it has 1460 bytes of them.
#pragma once

#include <cstddef>
#include <string_view>

#include "proxy/text.h"
#include "service/application.h"

namespace scrimp::proxy {

/// Within a server that is open, for all its requests: answers from the upstream that `to` names
/// or, where that is empty, does `otherwise`. `plain`: no TLS is spoken on the server's port.
void write_proxying(Text& text, std::string_view to, std::string_view otherwise, bool plain);

/// One location of it, as "/" or with a name that begins with '@', in a server that has
/// write_unavailable() too.
void write_forwarding(Text& text, std::string_view location, std::string_view to,
                      std::string_view otherwise);

/// An application at one of its paths, or where a location with a name, "@…", leads.
struct NginxPlace {
    const service::Application& application;
    std::string_view path;
    std::string_view to;          ///< "http://scrimp_web".
    std::string_view set_cookie;  ///< A variable, or empty.
    std::string_view ca;          ///< Of backends, as nginx_quoted() returns it.
    bool plain;                   ///< No TLS is spoken on the server's port.
    std::size_t number;           ///< Of the place in its server.
};

/// Within a server that has write_unavailable() too.
void write_place(Text& text, const NginxPlace& place);

/// The page in place of an answer, and what leads there from a location that is open.
void write_unavailable(Text& text);
void write_if_unavailable(Text& text);

}  // namespace scrimp::proxy
