// Asks the admin socket, as the verbs of the command line do: one request, one answer, blocking.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace scrimp::app {

struct AdminAnswer {
    int status = 0;
    bool degraded = false;
    std::string content_type{};
    std::string body{};
};

/// Beyond this the answer is refused: twice what a node holds ready for all who ask.
inline constexpr std::size_t admin_answer_bytes_max = 64 * std::size_t{1024 * 1024};

/// `method`: "GET" or "POST"; `target`: path and query. `line` is given each line of an answer by
/// lines as it comes, which may take as long as it likes; any other answer must come within ten
/// seconds. Fails, in a sentence that names the socket, if nobody answers, or not as HTTP.
[[nodiscard]] Result<AdminAnswer> ask_admin(const std::string& socket, std::string_view method,
                                            const std::string& target, const std::string& body,
                                            const std::function<void(std::string_view)>& line);

/// Of a text to be put into a query.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace scrimp::app
