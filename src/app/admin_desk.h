// Where operators ask: finds who answers a request, by method and path.
//
// Whoever has something to tell or to be told registers a page; docs/admin.md lists them. Actions
// (POST) are logged with the user who asked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "admin/http.h"
#include "runtime/http_server.h"

namespace scrimp::app {

/// The loop must not run on after the desk is destroyed.
class AdminDesk {
  public:
    /// At once.
    using Page = std::function<admin::Response(const admin::Request&)>;
    /// Now or later, whole or by lines.
    using Action =
        std::function<void(const admin::Request&, const std::shared_ptr<runtime::HttpReply>&)>;

    explicit AdminDesk(boost::asio::io_context& loop) : loop_(loop) {}

    [[nodiscard]] boost::asio::io_context& loop() { return loop_; }
    void get(const std::string& path, Page page);
    /// The same for what takes its time.
    void get_later(const std::string& path, Action action);
    void post(const std::string& path, Action action);

    /// Answers on a socket at `path` from now on; empty: on none. That it cannot be made is a
    /// warning in the log: the node works without.
    void open(const std::string& path);
    void close() { server_.reset(); }

  private:
    struct Handlers {
        Action get;
        Action post;
    };

    void handle(const admin::Request& request, const std::shared_ptr<runtime::HttpReply>& reply);

    boost::asio::io_context& loop_;
    std::map<std::string, Handlers> pages_;
    std::unique_ptr<runtime::HttpServer> server_;
};

/// For an action that takes its time: an answer by lines, each a JSON object. Those that tell of
/// progress have `progress`, the last has `done`, whether it went well, and `detail`.
class AdminProgress {
  public:
    explicit AdminProgress(std::shared_ptr<runtime::HttpReply> reply);
    /// A sentence about what is waited for.
    void tell(const std::string& sentence);
    void finish(bool well, const std::string& detail);
    /// Whether nobody is there any more to be told.
    [[nodiscard]] bool gone() const { return reply_->gone(); }

  private:
    std::shared_ptr<runtime::HttpReply> reply_;
};

}  // namespace scrimp::app
