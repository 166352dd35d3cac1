// What a check says once it is connected, and what the answer amounts to: pure functions, so that
// the driver need only connect, write, read and keep the time. A connection that stands is all that
// a tcp check wants.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "service/check.h"

namespace scrimp::service {

/// An answer that has not decided within so much is none: heads are smaller, bodies are not read.
inline constexpr std::size_t check_answer_bytes_max = std::size_t{64} << 10;

/// Empty for tcp. Not for exec.
[[nodiscard]] std::string check_request(const Check& check, const Endpoint& to);

/// `received`: everything so far, at most check_answer_bytes_max. Nothing: more is needed.
[[nodiscard]] std::optional<CheckOutcome> judge_check_answer(const Check& check,
                                                             std::string_view received);

}  // namespace scrimp::service
