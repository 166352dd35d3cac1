// A helper program as a SeedStore and as an AddressSource: one run for each call, speaking the
// protocol of seed/helper_protocol.h, bounded in time and in what it may say.
//
// What it answered as its state last is handed to it when it is asked for the same the next time;
// runs of different actions, which may be under way at once, have a state each. What goes wrong
// becomes one sentence: the helper's own if it has one, else its fate and the last line of its
// errors. The settings it was given appear in none of them.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "providers/providers.h"
#include "runtime/command.h"
#include "seed/helper_protocol.h"

namespace scrimp::providers {

struct HelperSpec {
    std::string name;  ///< Of the provider or resolver, for the request.
    std::vector<std::string> argv;
    Json config;
    Duration timeout;
    bool publishes = true;
};

/// The executable behind the providers and resolvers that need the network.
inline constexpr std::string_view fetch_program = "scrimplb-fetch";

class Helper {
  public:
    using Answered = std::function<void(Result<seed::HelperAnswer>)>;
    Helper(HelperSpec spec, boost::asio::io_context& loop);

    /// One at a time for each action; `done` is called once, on the loop, unless we are gone.
    void ask(seed::HelperAction action, const std::optional<Endpoint>& self, Answered done);
    [[nodiscard]] bool publishes() const { return spec_.publishes; }

  private:
    [[nodiscard]] Result<seed::HelperAnswer> judge(seed::HelperAction action,
                                                   const Result<runtime::CommandEnd>& end) const;

    struct Errand {
        std::unique_ptr<runtime::Command> run{};
        Json state = Json::object();
    };

    HelperSpec spec_;
    boost::asio::io_context& loop_;
    std::array<Errand, 3> errands_{};  ///< By action.
};

[[nodiscard]] std::unique_ptr<SeedStore> make_helper_store(HelperSpec spec,
                                                           boost::asio::io_context& loop);
[[nodiscard]] std::unique_ptr<AddressSource> make_helper_source(HelperSpec spec,
                                                                boost::asio::io_context& loop);

}  // namespace scrimp::providers
