// Reads one HTTP/1 request, byte by byte if it comes so. Boost.Beast parses, in this one source;
// what is beyond the bounds, or no HTTP, is refused with the status that says so.
#pragma once

#include <memory>
#include <string_view>

#include "admin/http.h"

namespace scrimp::runtime {

/// Request line and header: ours fit into a tenth of it.
inline constexpr std::size_t http_head_bytes_max = 8 * std::size_t{1024};
/// A request of ours is a small JSON object with a sentence of an operator in it.
inline constexpr std::size_t http_body_bytes_max = 64 * std::size_t{1024};

class HttpRequestReader {
  public:
    enum class Progress : std::uint8_t { More, Done, Refused };

    HttpRequestReader();
    ~HttpRequestReader();

    /// Takes the bytes that came; not to be called again once it is done or has refused. What
    /// stands behind a whole request is passed over.
    [[nodiscard]] Progress take(std::string_view bytes);
    /// Once it is done.
    [[nodiscard]] const admin::Request& request() const;
    /// The answer, once it has refused.
    [[nodiscard]] const admin::Response& refusal() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace scrimp::runtime
