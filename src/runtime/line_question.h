// One line to a program's Unix socket, and all that it answers until it hangs up: how the running
// proxy is asked and told things without a reload. Bounded in time and bytes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "base/time.h"

namespace scrimp::runtime {

/// A larger answer is an error. HAProxy shows a server in some hundred bytes, and no backend of
/// ours has ten thousand.
inline constexpr std::size_t line_answer_bytes_max = std::size_t{2} << 20;

class LineQuestion {
  public:
    using Done = std::function<void(Result<std::string>)>;

    /// `done` is called once, from the loop, within `timeout`; the LineQuestion may be destroyed in
    /// it. The error names the socket.
    LineQuestion(boost::asio::io_context& loop, const std::string& socket_path,
                 const std::string& line, Duration timeout, Done done);
    /// Gives up; `done` is not called any more.
    ~LineQuestion();
    LineQuestion(const LineQuestion&) = delete;
    LineQuestion& operator=(const LineQuestion&) = delete;

  private:
    struct Exchange;
    std::shared_ptr<Exchange> exchange_;
};

}  // namespace scrimp::runtime
