// A value, or the reason there is none. Nothing of ours throws.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace scrimp {

/// Why something could not be done, as a sentence for the operator. The outermost context comes
/// first: "config scrimp.json: load-balancer-config.push-period: '5x' is not a duration".
struct Error {
    std::string message;
    friend bool operator==(const Error&, const Error&) = default;
};

/// Becomes std::expected when the house moves to C++23.
template <class T, class E = Error>
using Result = tl::expected<T, E>;

inline tl::unexpected<Error> fail(std::string message) {
    return tl::unexpected(Error{std::move(message)});
}

}  // namespace scrimp
