// Looks whether somebody listens at a port: connects, and closes again. A thin driver of
// service::Sight, which decides where to look and what follows.
//
// One packet may be lost, and the kernel repeats it after a second only; so each probe connects
// three times, a little apart, and the first that is answered counts. At most probes_max are under
// way; the others wait their turn, the urgent ones before, and their time begins with it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>

#include <boost/asio/io_context.hpp>

#include "service/sight.h"

namespace scrimp::runtime {

/// Connections under way, three times as many: little beside the descriptors a process may have.
inline constexpr std::size_t port_probes_max = 64;
/// Two tries still have their answer within it from the other side of the world, 300 ms away.
inline constexpr Duration port_patience = std::chrono::milliseconds{400};

/// The loop must not run on after the prober is destroyed.
class PortProber {
  public:
    /// Called from the loop once for each probe.
    using Done = std::function<void(const service::ProbePort&, service::PortAnswer)>;

    PortProber(boost::asio::io_context& loop, Done done);
    ~PortProber();
    void probe(const service::ProbePort& probe);

  private:
    struct Probe;
    void begin();
    void finish(const std::shared_ptr<Probe>& probe, service::PortAnswer answer);
    void try_once(const std::shared_ptr<Probe>& probe);

    boost::asio::io_context& loop_;
    Done done_;
    std::deque<service::ProbePort> waiting_;
    std::set<std::shared_ptr<Probe>> running_;
};

}  // namespace scrimp::runtime
