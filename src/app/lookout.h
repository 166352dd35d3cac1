// The balancer's eyes: a Sight with its driver, between what the node hears and the Registry.
//
//   member events, doubts ─► Sight ─► ports to probe ─► PortProber ─► Sight
//                              └────► what the Registry shall hear
//
// Connections to who fell silent are ended once the proxy serves without it (app/severance.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "app/severance.h"
#include "runtime/deadline_timer.h"
#include "runtime/log.h"
#include "runtime/port_prober.h"
#include "service/sight.h"

namespace scrimp::app {

/// The loop must not run on after the lookout is destroyed.
class Lookout {
  public:
    /// `registry`, and `budget` for lines that peers provoke, must outlive us; `told` follows
    /// whenever the registry was told something.
    Lookout(boost::asio::io_context& loop, const service::SightConfig& config,
            service::Registry& registry, runtime::LineBudget& budget, std::function<void()> told);

    void handle_event(const swim::MemberEvent& event);
    /// Somebody gets no answer from the member's agent.
    void handle_doubt(const std::string& member_name);
    void handle_blackout();
    void set_config(const service::SightConfig& config);
    /// The proxy is about to get this table.
    void handle_table(const service::RoutingTable& table) { severance_.handle_table(table); }
    /// The proxy serves this table now.
    void handle_served(std::uint64_t revision) { severance_.handle_served(revision); }
    /// Upstreams that stay in rotation because too many would go at once.
    [[nodiscard]] std::size_t guarded() const { return sight_.guarded(); }

  private:
    void pump();
    void perform(const service::SightAction& action);
    void handle_forward(Instant now, const service::Forward& forward);
    void handle_missing(Instant now, const service::Missing& missing);
    void handle_back(Instant now, const service::Back& back);
    void report(const service::Missing& missing);

    service::Registry& registry_;
    runtime::LineBudget& budget_;
    std::function<void()> told_;
    service::Sight sight_;
    runtime::PortProber prober_;
    Severance severance_;
    runtime::DeadlineTimer timer_;
};

}  // namespace scrimp::app
