// How the challenger is set up by the configuration, and the proxy with it.
#pragma once

#include <memory>

#include "app/challenger.h"
#include "app/config.h"

namespace scrimp::app {

[[nodiscard]] std::unique_ptr<Challenger> make_challenger(boost::asio::io_context& loop,
                                                          const Config& config,
                                                          Challenger::Send send);

/// Where admission has changed, for one.
void apply_challenges(Challenger& challenger, const Config& config);

/// Where the proxy finds it; empty: nowhere.
[[nodiscard]] std::string challenge_socket_of(const Config& config);

}  // namespace scrimp::app
