// One question of the gRPC health protocol, grpc.health.v1.Health/Check, over HTTP/2 without TLS:
// its bytes, and what the bytes of the answer say.
//
// One stream on a connection of its own that is closed once the answer is there: so we need the
// frame layer of HTTP/2 (RFC 9113) only, and of HPACK (RFC 7541) only literals to write. Headers
// that come are not decoded; the status lies in the message, and an answer without a message is a
// refusal. The server's settings are not acknowledged: we are gone before it could mind. The
// alternative, a program with libcurl for each check, costs a process every few seconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/check.h"

namespace scrimp::service {

/// Everything the client says. `authority`, `service`: at most 255 bytes.
[[nodiscard]] std::string grpc_health_request(std::string_view authority, std::string_view service);

/// What `received`, the beginning of the server's bytes, decides; nothing: more is needed.
[[nodiscard]] std::optional<CheckOutcome> judge_grpc_health(std::string_view received);

}  // namespace scrimp::service
