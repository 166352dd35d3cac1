// What a load balancer does beside being a member: Registry and Rollout with their drivers.
//
// A restarting balancer never blanks a running configuration: a target with something in it is the
// last good text and stays until another member has been met, and a moment longer, so that the
// others are heard. What is remembered is in the first table then, and at once where there is no
// target.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/certificate_keeper.h"
#include "app/config.h"
#include "app/history.h"
#include "app/lookout.h"
#include "app/rollout_setup.h"
#include "proxy/rollout.h"
#include "runtime/deadline_timer.h"
#include "runtime/log.h"
#include "runtime/rollout_driver.h"
#include "service/exchange.h"
#include "service/registry.h"

namespace scrimp::app {

/// From the first meeting until everybody was heard: a push/pull brings the whole cluster at once,
/// and a refutation or a slow metadata update takes some gossip rounds more.
inline constexpr Duration first_table_settle = std::chrono::seconds{2};
/// The same with a memory, which leaves nobody out but may be older than what stands in the target:
/// one push/pull brings it up to date, and the first to be met may have come by gossip before it.
inline constexpr Duration remembered_table_settle = std::chrono::milliseconds{250};

/// The loop must not run on after the balancer is destroyed.
class Balancer {
  public:
    /// Fails if the target cannot be read. `remembered`: none if there is no memory at all.
    /// `budget` is for lines that peers provoke and must outlive the balancer.
    [[nodiscard]] static Result<std::unique_ptr<Balancer>> open(
        boost::asio::io_context& loop, const Config& config,
        const std::optional<std::vector<service::Remembered>>& remembered,
        runtime::LineBudget& budget);

    void handle_event(const swim::MemberEvent& event);
    /// Somebody gets no answer from the member's agent.
    void handle_doubt(const std::string& member_name) { lookout_.handle_doubt(member_name); }
    /// A list of applications that metadata has no room for; told in the log.
    void handle_list(const service::ListLearned& learned);
    /// Our own node leaves, to come back under another address: what is routed stays until the
    /// cluster speaks again.
    void handle_blackout();
    /// Somebody answered a join of ours.
    void handle_met();
    /// What the configuration says of supported applications, or of rotation, has changed.
    void apply(const Config& config);
    /// Applications routed now.
    [[nodiscard]] std::size_t applications() const { return registry_.table().routes.size(); }
    [[nodiscard]] const service::Registry& registry() const { return registry_; }
    [[nodiscard]] proxy::RolloutView rollout() const { return rollout_.view(); }
    /// What the proxy may show its clients.
    [[nodiscard]] const proxy::Certificates& certificates() const { return *keeper_.known(); }
    /// What the proxy took last, and what is pinned.
    [[nodiscard]] const History& history() const { return history_; }
    /// Goes back to a generation of history(), by its name or the beginning of it, and stays there
    /// until unpin(), also across a restart. Fails if there is none; whether the proxy takes it,
    /// rollout() tells then.
    [[nodiscard]] Result<Generation> pin(std::string_view name);
    /// Fails if nothing is pinned.
    [[nodiscard]] Result<void> unpin();
    /// What the table of this moment renders to.
    [[nodiscard]] Result<std::string> render() const;
    /// From one generation of history() to another or, where `to` is empty, to render(). Empty if
    /// they are equal.
    [[nodiscard]] Result<std::string> difference(std::string_view from, std::string_view to) const;
    /// What is not as an operator would expect, a sentence each.
    [[nodiscard]] std::vector<std::string> faults() const;
    /// `moved` is called whenever registry() or served() may say something new.
    void set_moved(std::function<void()> moved) { moved_ = std::move(moved); }
    /// The revision of the table that the proxy serves; nothing before the first rollout, and
    /// while it serves a pinned generation, which may have anybody in it.
    [[nodiscard]] std::optional<std::uint64_t> served() const;
    /// Begins nothing new and calls `then` when nothing is under way.
    void stop(std::function<void()> then) { driver_.stop(std::move(then)); }

  private:
    struct Handed {
        std::uint64_t revision;
        Instant at;
    };

    Balancer(boost::asio::io_context& loop, const Config& config,
             const proxy::RolloutConfig& rollout, const FoundTexts& found,
             runtime::LineBudget& budget);

    void begin(const std::optional<std::vector<service::Remembered>>& remembered);
    void pump();
    void roll_out();
    void handle_certificates();
    void report(const service::Refusal& refusal);
    void report(const proxy::RolloutEnded& end);
    void remember(const proxy::RolloutEnded& end);

    const proxy::Generator& generator_;
    CertificateKeeper keeper_;
    proxy::RenderOptions options_;
    std::string target_path_;
    History history_;
    bool target_has_text_;
    runtime::LineBudget& budget_;
    service::Registry registry_;
    Lookout lookout_;
    proxy::Rollout rollout_;
    runtime::RolloutDriver driver_;
    runtime::DeadlineTimer timer_;        ///< The registry's.
    runtime::DeadlineTimer first_table_;  ///< Ends the holding.
    std::function<void()> moved_ = [] {};
    bool rolled_out_ = false;  ///< At least once.
    bool holding_ = false;     ///< What stands in the target is the last good: it stays for now.
    bool remembers_ = false;
    bool met_ = false;
    /// Tables handed to the rollout that it has not ended for: the first and the latest.
    std::optional<Handed> oldest_;
    std::optional<Handed> newest_;
};

}  // namespace scrimp::app
