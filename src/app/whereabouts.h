// Where others reach us: found before we enter the cluster, watched as long as we are in it.
//
// In this order: advertise-address; bind-address if it names one address; what the resolver
// answers; an interface (app/address.h). Only the resolver is asked again: the operator's word
// stands, and interfaces come and go (a container bridge, a VPN) without our moving house.
//
// Another answer is acted on when a second look, a few seconds later, gives it too. Moving means to
// leave the cluster aloud and to enter it anew, which takes a backend out of rotation for a moment;
// a metadata service that stutters once is not worth that.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/address.h"
#include "app/outage.h"
#include "providers/providers.h"
#include "runtime/deadline_timer.h"

namespace scrimp::app {

struct LookTimes {
    /// Between tries to find an address: an interface or a metadata service that comes up.
    Duration retry = std::chrono::seconds{2};
    /// From another answer to the look that confirms it: longer than a stutter.
    Duration confirm = std::chrono::seconds{5};
    /// From one look to the next where nobody publishes, which is a look each time.
    Duration watch = std::chrono::seconds{60};
};

/// Looks for an address that others can reach, before loopback is taken for want of one: as long as
/// a network may take to come up after the machine did.
inline constexpr int address_tries = 5;

class Whereabouts {
  public:
    /// Opens the resolver that the configuration names, if it names one; the error names the key.
    [[nodiscard]] static Result<std::unique_ptr<Whereabouts>> open(boost::asio::io_context& loop,
                                                                   const Config& config);

    /// `source`: the resolver, none if there is none. `config` must outlive us.
    Whereabouts(boost::asio::io_context& loop, const Config& config,
                std::unique_ptr<providers::AddressSource> source, LookTimes times = {});

    /// Looks until an address is known, tells it, at once or later on the loop, and watches from
    /// then on: each later call of `told` is a new address. `port` is what the gossip socket got.
    void find(std::uint16_t port, std::function<void(const OwnAddress&)> told);
    /// For one who publishes: where seeds should say we are. Asks the resolver if there is one, and
    /// takes the answer as a look; where that fails, what was known last is as good.
    void look(std::function<void(const Endpoint&)> done);
    /// Nothing is told from now on.
    void stop();

  private:
    [[nodiscard]] bool resolver_decides() const;
    void try_to_find();
    void conclude(const Result<OwnAddress>& own);
    void settle(const OwnAddress& own);
    void ask();
    void handle_answer(const Result<Endpoint>& answer);
    [[nodiscard]] bool is_news(Instant now, const Endpoint& answer);

    const Config& config_;
    LookTimes times_;
    runtime::DeadlineTimer timer_;  ///< The next look.
    Outage outage_;
    std::function<void(const OwnAddress&)> told_;
    std::vector<std::function<void(const Endpoint&)>> waiting_;  ///< For the answer under way.
    std::optional<OwnAddress> own_;
    std::optional<Endpoint> answer_;     ///< The resolver's last.
    std::optional<Endpoint> candidate_;  ///< Another answer, to be confirmed,
    Instant candidate_since_{};          ///< by a look that is long enough after the first.
    std::uint16_t port_ = 0;
    int doubtful_looks_ = 0;
    bool asking_ = false;
    bool stopped_ = false;
    /// Last, so that what is under way is cancelled before anything else goes.
    std::unique_ptr<providers::AddressSource> source_;
};

}  // namespace scrimp::app
