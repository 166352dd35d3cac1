// For tests on a real loop: no sleeping, just running until something holds.
#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>

namespace scrimp::runtime {

/// Runs the loop until `holds()` or for ten seconds, far more than any test needs; returns whether
/// it held.
template <class Condition>
bool run_until(boost::asio::io_context& loop, Condition holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!holds()) {
        loop.restart();
        // What is waited for may be no event of this loop: look again now and then.
        loop.run_one_for(std::chrono::milliseconds{20});
        if (std::chrono::steady_clock::now() >= give_up) return holds();
    }
    return true;
}

}  // namespace scrimp::runtime
