// "120 of 500 storms" on standard error while something long runs: rewritten in place on a
// terminal, a line every ten seconds elsewhere, nothing at all for what ends sooner. And the wall
// clock, the only one of the simulator: for what it prints, never for what it does.
#pragma once

#include <cstddef>
#include <string>

namespace scrimp::sim {

/// Seconds since some fixed moment.
[[nodiscard]] double wall_seconds();

class Progress {
  public:
    /// `what` is a plural: "storms".
    Progress(std::string what, std::size_t total);
    /// Takes the line on a terminal away.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(std::size_t done);

  private:
    std::string what_;
    std::size_t total_;
    bool terminal_;
    bool shown_ = false;
    double last_;
};

}  // namespace scrimp::sim
