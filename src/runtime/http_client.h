// One bounded HTTP GET to an address in the neighbourhood: enough to ask the proxy beside us which
// configuration it serves. HTTP/1.0, so no chunks and no connection to keep; no names, no TLS, no
// redirects.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"

namespace scrimp::runtime {

/// Head and body together; a larger response is an error.
inline constexpr std::size_t http_response_bytes_max = 64 * 1024;

class HttpGet {
  public:
    /// The body of a 200; anything else is an error that says what came instead.
    using Done = std::function<void(Result<std::string>)>;

    /// `path` is sent as it is. `done` is called once, from the loop, within `timeout`; the HttpGet
    /// may be destroyed in it.
    HttpGet(boost::asio::io_context& loop, const Endpoint& server, const std::string& path,
            Duration timeout, Done done);
    /// Gives up; `done` is not called any more.
    ~HttpGet();
    HttpGet(const HttpGet&) = delete;
    HttpGet& operator=(const HttpGet&) = delete;

  private:
    struct Exchange;
    std::shared_ptr<Exchange> exchange_;
};

}  // namespace scrimp::runtime
