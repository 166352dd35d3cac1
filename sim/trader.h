// The service floor of one simulated process, wired as the daemon wires it: an Exchange, which asks
// for and tells lists of applications, and on a balancer a Registry, which routes by them. Like
// Host it carries and decides nothing.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "service/exchange.h"
#include "service/memory.h"
#include "service/registry.h"
#include "sim/exchange_checker.h"
#include "sim/surroundings.h"
#include "swim/node.h"

namespace scrimp::sim {

/// Applications of `owner` alone, app-000 and on; those of different editions share no name.
[[nodiscard]] std::vector<service::Application> make_applications(std::string_view owner,
                                                                  std::size_t count,
                                                                  int edition = 0);

/// Makes them what the process announces: its metadata, and its list if that does not hold it.
void set_applications(HostSpec& spec, std::vector<service::Application> applications);

class Trader {
  public:
    /// `self` and `world` must outlive it. `remembered` is what its state directory holds.
    Trader(Instant now, const HostSpec& self, const std::vector<service::Remembered>& remembered,
           Surroundings& world);

    /// self.list_text has changed.
    void handle_own_list(Instant now);
    /// Of other members.
    void handle_event(Instant now, const swim::MemberEvent& event);
    void handle_message(Instant now, ByteView payload);
    /// Whatever is due.
    void handle_deadline(Instant now);
    /// Carries what they ask for now; whether they asked the node for anything, so that it may have
    /// something to say.
    [[nodiscard]] bool serve(Instant now, swim::Node& node);
    [[nodiscard]] Instant next_deadline() const;

    /// What the next process would find in its state directory.
    [[nodiscard]] std::vector<service::Remembered> memory(const swim::Node& node) const;
    [[nodiscard]] const service::Exchange& exchange() const { return exchange_; }
    /// Of a balancer (asserted).
    [[nodiscard]] const service::Registry& registry() const;

  private:
    void carry(Instant now, swim::Node& node, const service::ExchangeAction& action);
    void send(Instant now, const swim::Node& node, const std::string& to, ByteView payload,
              const Result<void>& sent);

    const HostSpec& self_;
    Surroundings& world_;
    service::Exchange exchange_;
    std::optional<service::Registry> registry_;
    ExchangeChecker checker_;
};

}  // namespace scrimp::sim
