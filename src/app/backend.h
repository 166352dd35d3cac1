// What a backend does beside being a member: it looks after its applications (service::Health with
// its driver), and takes them out of service without losing a request (service::Farewell).
//
//   checks, operator's words ─► conditions ─► announce ─► balancers ─► acknowledgements ─► Done
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/config.h"
#include "app/maintenance_file.h"
#include "runtime/deadline_timer.h"
#include "runtime/health_driver.h"
#include "service/conditions.h"
#include "service/farewell.h"
#include "service/health.h"

namespace scrimp::app {

/// For the first checks to answer before a node enters the cluster, so that a restarted agent does
/// not announce healthy applications as unknown: the timeout of a check that says nothing else.
inline constexpr Duration first_checks_longest = service::check_timeout_default;

/// The loop must not run on after the backend is destroyed.
class Backend {
  public:
    struct Ways {
        /// Announces conditions() and tells handle_announced(), if there is a presence.
        std::function<void()> announce;
        /// A message that cannot be sent is a message lost.
        std::function<void(const std::string& member, ByteView payload)> send;
    };
    /// `safe`: no balancer sends new requests any more. The sentence says why, or who may.
    using Drained = std::function<void(bool safe, const std::string& sentence)>;
    using Progress = std::function<void(const std::string& sentence)>;

    Backend(boost::asio::io_context& loop, const Config& config, Ways ways);

    /// Others reach us there. The first call begins to check; `known` is called once, when each
    /// check has answered for the first time or after first_checks_longest.
    void begin(const Endpoint& address, std::function<void()> known);
    /// The applications, checks or times of the configuration have changed.
    void apply(const Config& config);
    [[nodiscard]] service::Conditions conditions() const;
    /// The metadata that is announced from now on.
    void handle_announced(const Bytes& metadata);

    void handle_event(const swim::MemberEvent& event);
    /// We enter the cluster anew, under another address.
    void handle_blackout();
    void handle_answer(const service::ServingAnswer& answer);

    /// Announces that `application`, or all, is about to stop: it stays out until resume() or a
    /// restart. Fails for a name that we do not serve.
    [[nodiscard]] Result<void> withdraw(const std::optional<std::string>& application);
    /// The same, and waits for the balancers. `done` is called once, perhaps before this returns;
    /// `progress` before it as often as something changes.
    void drain(const std::optional<std::string>& application, Drained done, Progress progress);
    /// Takes back withdraw(); whoever waits in drain() for it is told. Fails for a name that we do
    /// not serve, if it is out with all others, and once we stop.
    [[nodiscard]] Result<void> resume(const std::optional<std::string>& application);
    /// Takes `application`, or all, out of service, also across restarts, or back; `reason` is told
    /// to everyone. The value is a sentence. Fails if there is no such application, or if it could
    /// not be kept, though it is in force then.
    [[nodiscard]] Result<std::string> set_maintenance(bool on,
                                                      const std::optional<std::string>& application,
                                                      const std::string& reason);
    /// Every application, by name.
    [[nodiscard]] std::vector<service::Checkup> checkups() const { return health_.checkups(); }

    /// For how long drain() may take.
    [[nodiscard]] Duration drain_longest() const { return drain_.timeout; }
    /// Checks nothing from now on, and takes nothing back.
    void begin_to_stop();

  private:
    struct Waiting {
        std::optional<std::string> application;
        Drained done;
        Progress progress;
    };

    void handle_change(const service::ConditionChanged& change);
    void announce();
    void become_known();
    void pump();
    void perform(const service::FarewellEnded& end);
    /// Ends waiting for those of which `ended` holds.
    void cancel(const std::function<bool(const std::optional<std::string>&)>& ended,
                const std::string& why);
    [[nodiscard]] Result<void> must_serve(const std::optional<std::string>& application) const;

    boost::asio::io_context& loop_;
    Ways ways_;
    DrainConfig drain_;
    std::vector<std::string> applications_;
    MaintenanceFile file_;
    service::Health health_;
    runtime::HealthDriver driver_;
    service::Farewell farewell_;
    runtime::DeadlineTimer farewell_timer_;
    std::map<service::FarewellId, Waiting> waiting_;
    std::function<void()> known_;
    runtime::DeadlineTimer known_timer_;
    bool begun_ = false;
    bool stopping_ = false;
    bool expects_balancers_;  ///< There are seeds, or somebody was met.
    bool to_announce_ = false;
    std::size_t changes_ = 0;  ///< Since the last announcement.
};

}  // namespace scrimp::app
