// What HAProxy does with the requests and answers of one application on their way: whom it lets in,
// where it sends them instead, which headers it sets.
#pragma once

#include <string>
#include <string_view>

#include "proxy/text.h"
#include "service/application.h"

namespace scrimp::proxy {

/// Set by a backend that lists default headers of its own: those of its frontend are not for it.
inline constexpr std::string_view haproxy_own_headers = "var(txn.scrimp_own_headers)";

/// Between single quotes, where only a single quote is special.
[[nodiscard]] std::string haproxy_quoted(std::string_view text);

/// Headers that an answer gets if the application does not send them itself. In a frontend with
/// `but_for_own`: unless the backend has them of its own.
void write_haproxy_default_headers(Text& text, bool tls, bool but_for_own);

/// Whether the application wants other default headers than its frontend has for all.
[[nodiscard]] bool haproxy_has_own_headers(const service::Application& application);

/// The userlist `name`, which the rules below ask for; nothing without basic-auth.
void write_haproxy_users(Text& text, std::string_view name, const service::Options& options);

/// Within the backend `name` of an application that speaks HTTP. `tls`: so its clients do.
void write_haproxy_rules(Text& text, std::string_view name, const service::Application& application,
                         bool tls);

/// Within the backend of a TCP application.
void write_haproxy_stream_rules(Text& text, const service::Options& options);

}  // namespace scrimp::proxy
