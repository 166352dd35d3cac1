#include "app/daemon.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "app/address.h"
#include "app/balancer.h"
#include "app/circle.h"
#include "app/memory_file.h"
#include "app/notify.h"
#include "base/machine.h"
#include "base/printable.h"
#include "providers/providers.h"
#include "runtime/clock.h"
#include "runtime/gossip_driver.h"
#include "runtime/log.h"
#include "runtime/nonces.h"
#include "runtime/seed_driver.h"
#include "service/memory.h"
#include "service/metadata.h"
#include "swim/node.h"

namespace scrimp::app {

namespace {

using runtime::log_info;
using runtime::log_warning;

/// Between tries to find out our own address: an interface or a metadata service that comes up.
constexpr Duration address_retry = std::chrono::seconds{2};
/// Looks for an address that others can reach, before loopback is taken for want of one: as long as
/// a network may take to come up after the machine did.
constexpr int address_tries = 5;
/// Of a name that no member can have, what a line of the log has room for.
constexpr std::size_t name_chars_max = 80;
/// For what a stopping balancer has under way, a reload say. Longer than any healthy one, shorter
/// than the patience of a supervisor.
constexpr Duration stop_longest = std::chrono::seconds{15};

swim::Config gossip_config(const Config& config) {
    swim::Config gossip =
        config.gossip_profile == "original" ? swim::original_profile() : swim::lan_profile();
    gossip.delegate_min = config.delegate_versions[0];
    gossip.delegate_max = config.delegate_versions[1];
    gossip.delegate_current = config.delegate_versions[2];
    gossip.envelope.compress = config.compression;
    return gossip;
}

seed::KeeperConfig keeper_config(const Config& config, const Endpoint& self,
                                 const std::vector<service::Remembered>& remembered) {
    seed::KeeperConfig keeper;
    keeper.fetches = !config.provider.empty();
    keeper.publishes = config.load_balancer && keeper.fetches;
    keeper.self = self;
    for (const service::Remembered& member : remembered) {
        keeper.remembered.push_back(member.endpoint);
    }
    keeper.publish_period = config.load_balancer_config.push_period;
    keeper.publish_jitter = config.load_balancer_config.push_jitter;
    return keeper;
}

std::string seconds_text(Duration duration) {
    const auto tenths =
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count() / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string member_text(const swim::Profile& profile) {
    return printable(profile.name, 4 * profile.name.size()) + " at " + profile.endpoint.text();
}

class Daemon {
  public:
    explicit Daemon(const Config& config);

    /// What keeps us from starting, if anything does: a fault of the world, or of the
    /// configuration.
    [[nodiscard]] Result<void> prepare();
    void run() { loop_.run(); }

    [[nodiscard]] bool configuration_is_at_fault() const { return bad_configuration_; }

  private:
    void begin();
    void enter(const OwnAddress& own);
    [[nodiscard]] runtime::SeedWays seed_ways();
    void publish(std::function<void(Result<void>)> done);

    void hear(const swim::Action& action);
    void handle_member(const swim::MemberEvent& event);
    void handle_joined(const swim::JoinFinished& join);
    [[nodiscard]] std::vector<service::Remembered> members_to_remember() const;

    void wait_for_signal();
    void stop(int signal);
    void handle_left();
    void log_counters() const;

    const Config& config_;
    boost::asio::io_context loop_{1};
    boost::asio::signal_set signals_;
    runtime::DeadlineTimer pause_;  ///< Before the next look for our address, then before the end.
    runtime::LineBudget budget_;
    MemoryFile memory_;
    std::optional<std::vector<service::Remembered>> remembered_;
    Bytes metadata_;
    Circle circle_;
    Endpoint self_;
    std::unique_ptr<providers::SeedStore> store_;
    std::unique_ptr<swim::Node> node_;
    std::unique_ptr<runtime::GossipDriver> gossip_;
    std::unique_ptr<seed::Keeper> keeper_;
    std::unique_ptr<runtime::SeedDriver> seeds_;
    std::unique_ptr<Balancer> balancer_;
    std::optional<bool> published_;  ///< How it went last.
    int doubtful_looks_ = 0;
    bool stopping_ = false;
    bool bad_configuration_ = false;
};

Daemon::Daemon(const Config& config)
    : config_(config),
      signals_(loop_),
      pause_(loop_, [this](Instant) { stopping_ ? loop_.stop() : begin(); }),
      memory_(loop_, config.state_dir, config.node_name, [this] { return members_to_remember(); }),
      circle_(config.load_balancer) {
    wait_for_signal();  // First of all, so that there is no moment in which one ends us unheard.
}

Result<void> Daemon::prepare() {
    const service::Role role =
        config_.load_balancer ? service::Role::LoadBalancer : service::Role::Backend;
    bad_configuration_ = true;
    Result<Bytes> metadata = service::encode_metadata(role, config_.applications);
    if (!metadata) return fail(config_.path + ": " + metadata.error().message);
    metadata_ = *std::move(metadata);
    if (!config_.provider.empty()) {
        const Result<const providers::Provider*> row = providers::find_provider(config_.provider);
        if (!row) return fail(config_.path + ": provider: " + row.error().message);
        auto store = (*row)->open(config_.provider_config, loop_.get_executor());
        if (!store) return fail(config_.path + ": provider-config: " + store.error().message);
        store_ = *std::move(store);
    }
    if (config_.load_balancer && !config_.resolver.empty()) {
        const Result<const providers::Resolver*> row = providers::find_resolver(config_.resolver);
        if (!row) return fail(config_.path + ": resolver: " + row.error().message);
        const Result<void> checked = (*row)->check(config_.resolver_config);
        if (!checked) return fail(config_.path + ": resolver-config: " + checked.error().message);
    }
    bad_configuration_ = false;
    auto gossip = runtime::GossipDriver::open(loop_, config_.bind);
    if (!gossip) return tl::unexpected(gossip.error());
    gossip_ = *std::move(gossip);
    remembered_ = memory_.load();
    if (config_.load_balancer) {
        auto balancer = Balancer::open(loop_, config_, remembered_, budget_);
        if (!balancer) return tl::unexpected(balancer.error());
        balancer_ = *std::move(balancer);
    }
    begin();
    return {};
}

void Daemon::begin() {
    const Result<OwnAddress> own = own_address(config_, gossip_->bound().port);
    const bool patient = own && own->doubtful && ++doubtful_looks_ < address_tries;
    if (own && !patient) return enter(*own);
    log_warning("own address: " + (own ? own->origin : own.error().message) + "; next try in " +
                seconds_text(address_retry));
    pause_.arm(runtime::now() + address_retry);
}

void Daemon::enter(const OwnAddress& own) {
    self_ = own.endpoint;
    log_info("listening on " + gossip_->bound().text() + ", reached at " + self_.text() + " (" +
             own.origin + ")");
    if (own.doubtful) log_warning("others cannot reach us there; set advertise-address");
    node_ = std::make_unique<swim::Node>(
        runtime::now(), gossip_config(config_),
        swim::Identity{.name = config_.node_name, .advertised = self_, .metadata = metadata_},
        runtime::kernel_nonces(), runtime::kernel_seed());
    gossip_->start(*node_, [this](Instant, const swim::Action& action) { hear(action); });
    const std::vector<service::Remembered> known =
        std::exchange(remembered_, std::nullopt).value_or(std::vector<service::Remembered>());
    keeper_ = std::make_unique<seed::Keeper>(runtime::now(), keeper_config(config_, self_, known),
                                             runtime::kernel_seed());
    seeds_ = std::make_unique<runtime::SeedDriver>(loop_, *keeper_, seed_ways());
    seeds_->start();
    notify_supervisor("READY=1");
}

runtime::SeedWays Daemon::seed_ways() {
    return {.fetch = [this](auto done) { store_->fetch(std::move(done)); },
            .publish = [this](auto done) { publish(std::move(done)); },
            .join = [this](std::span<const Endpoint> seeds) { return gossip_->join(seeds); },
            .waiting =
                [](const seed::Waiting& waiting) {
                    log_info("still looking for the cluster: " + waiting.reason + "; next try in " +
                             seconds_text(waiting.next_try) + " (attempt " +
                             std::to_string(waiting.attempts) + ")");
                }};
}

void Daemon::publish(std::function<void(Result<void>)> done) {
    // The resolver is asked each time, its answer may have changed; what the operator said has not.
    const bool resolves = !config_.advertise && !config_.resolver.empty();
    const Result<Endpoint> self = resolves ? resolve_address(config_, self_.port) : self_;
    const auto report = [this, done = std::move(done)](const Result<void>& outcome,
                                                       const std::string& address) {
        if (!outcome) log_warning("seeds: publishing failed: " + outcome.error().message);
        if (outcome && published_ != true) log_info("seeds: " + address + " is published");
        published_ = outcome.has_value();
        done(outcome);
    };
    if (!self) return report(tl::unexpected(self.error()), "");
    store_->publish(*self, [report, address = self->text()](const Result<void>& outcome) {
        report(outcome, address);
    });
}

void Daemon::hear(const swim::Action& action) {
    std::visit(
        Overloaded{[this](const swim::MemberEvent& event) { handle_member(event); },
                   [this](const swim::NameConflict& conflict) {
                       budget_.warning("name conflict: " + member_text(*conflict.existing.profile) +
                                       " is a member, ignoring the claim of " +
                                       conflict.claimed_by.text());
                   },
                   [this](const swim::AnnouncementRefused& refused) {
                       budget_.warning("refused: " + printable(refused.name, name_chars_max) +
                                       ": the node " + refused.reason);
                   },
                   [this](const swim::JoinFinished& join) { handle_joined(join); },
                   [this](const swim::LeaveFinished&) { handle_left(); },
                   [](const auto&) {}},  // User messages: nobody speaks them yet.
        action);
}

void Daemon::handle_member(const swim::MemberEvent& event) {
    const swim::Profile& profile = *event.member.profile;
    if (profile.name == config_.node_name) return;
    const service::Role role = service::role_of(profile.metadata);
    budget_.info("member " + std::string(swim::name_of(event.change)) + ": " +
                 member_text(profile) + " (" + std::string(service::name_of(role)) + ")");
    if (stopping_) return;
    circle_.handle_event(event.change, profile.name, role);
    if (balancer_) balancer_->handle_event(event);
    memory_.touch();
    if (seeds_) seeds_->handle_lonely(circle_.lonely());
}

void Daemon::handle_joined(const swim::JoinFinished& join) {
    if (join.reached > 0) {
        const std::string line = "joined through " + std::to_string(join.reached) + " of " +
                                 std::to_string(join.attempted) + " seeds";
        // While we stay lonely the keeper joins again and again, and Waiting says so.
        circle_.lonely() ? runtime::log_debug(line) : log_info(line);
        if (balancer_) balancer_->handle_met();
    }
    if (!stopping_) seeds_->handle_joined(join.reached, join.attempted, join.last_error);
}

std::vector<service::Remembered> Daemon::members_to_remember() const {
    std::vector<service::Remembered> others;
    if (!node_) return others;
    for (const swim::Member& member : node_->members()) {
        const bool here =
            member.state == swim::State::Alive || member.state == swim::State::Suspect;
        const swim::Profile& profile = *member.profile;
        if (!here || profile.name == config_.node_name) continue;
        others.push_back({profile.name, profile.endpoint, profile.metadata});
    }
    return others;
}

void Daemon::wait_for_signal() {
    boost::system::error_code ignored;
    signals_.add(SIGTERM, ignored);
    signals_.add(SIGINT, ignored);
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        stop(signal);
        wait_for_signal();
    });
}

void Daemon::stop(int signal) {
    const std::string name = signal == SIGINT ? "SIGINT" : "SIGTERM";
    if (stopping_) return log_info(name + ": already leaving");
    stopping_ = true;
    log_info(name + ": leaving the cluster");
    notify_supervisor("STOPPING=1");
    memory_.close();
    pause_.arm(runtime::now() + stop_longest);
    if (!node_) return handle_left();
    seeds_->stop();
    gossip_->leave();
}

void Daemon::handle_left() {
    if (node_) log_counters();
    if (!balancer_) return loop_.stop();
    balancer_->stop([this] { loop_.stop(); });
}

void Daemon::log_counters() const {
    const swim::Stats& stats = node_->stats();
    std::string line = "left; packets received " + std::to_string(stats.packets_received) +
                       ", sent " + std::to_string(stats.packets_sent) + ", refused";
    std::uint64_t refused = 0;
    for (std::size_t i = 0; i < stats.refused.size(); ++i) {
        if (stats.refused[i] == 0) continue;
        refused += stats.refused[i];
        line += " " + std::string(wire::name_of(static_cast<wire::Reason>(i))) + " " +
                std::to_string(stats.refused[i]);
    }
    log_info(refused == 0 ? line + " 0" : line);
}

}  // namespace

int run_daemon(const Config& config) {
    static_assert(static_cast<int>(LogLevel::Debug) == static_cast<int>(runtime::LogLevel::Debug) &&
                  static_cast<int>(LogLevel::Error) == static_cast<int>(runtime::LogLevel::Error));
    runtime::set_log_level(static_cast<runtime::LogLevel>(config.log_level));
    // A peer or a reader of our output that goes away is an error of that write, not our death.
    std::signal(SIGPIPE, SIG_IGN);
    Daemon daemon(config);
    log_info(std::string("scrimplb " SCRIMP_VERSION " starts as ") +
             (config.load_balancer ? "load balancer " : "backend ") + config.node_name +
             ", configured by " + config.path);
    for (const std::string& warning : config.warnings) log_warning(warning);
    if (const Result<void> prepared = daemon.prepare(); !prepared) {
        std::fprintf(stderr, "scrimplb: %s\n", prepared.error().message.c_str());
        return daemon.configuration_is_at_fault() ? 2 : 1;
    }
    daemon.run();
    // Everything has been said and written. Destroying what is left would wait for a seed store
    // that hangs in a dead network file system.
    std::fflush(nullptr);
    std::_Exit(0);
}

}  // namespace scrimp::app
