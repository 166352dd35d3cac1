// What Caddy does with the requests of one application, as the handlers of a route, one after
// another; and what it cannot do with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/generator.h"
#include "proxy/json_text.h"

namespace scrimp::proxy {

/// Answers 503 with the page, as a handler's JSON.
[[nodiscard]] const std::string& caddy_page();

/// A regular expression that the text alone matches.
[[nodiscard]] std::string caddy_pattern(std::string_view text);

/// Within a list of handlers that is open. `ca`: the file of the authorities that a backend's
/// certificate is held against. `plain`: no TLS is spoken on the application's port.
void write_caddy_handlers(JsonText& json, const service::Route& route, const std::string& ca,
                          bool plain);

/// What of the application's wishes Caddy cannot do, in words.
[[nodiscard]] std::optional<std::string> lacks_caddy(const service::Application& application);

}  // namespace scrimp::proxy
