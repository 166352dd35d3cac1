#include "app/daemon.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include "app/admin_desk.h"
#include "app/admin_pages.h"
#include "app/admin_socket.h"
#include "app/balancer.h"
#include "app/config_gossip.h"
#include "app/live_config.h"
#include "app/memory_file.h"
#include "app/notify.h"
#include "app/own_announcement.h"
#include "app/presence.h"
#include "app/publisher.h"
#include "app/status_line.h"
#include "app/whereabouts.h"
#include "base/words.h"
#include "providers/providers.h"
#include "runtime/clock.h"
#include "runtime/gossip_driver.h"
#include "runtime/log.h"
#include "runtime/nonces.h"
#include "runtime/seed_driver.h"

namespace scrimp::app {

namespace {

using runtime::log_info;
using runtime::log_warning;

/// For what a stopping balancer has under way, a reload say. Longer than any healthy one, shorter
/// than the patience of a supervisor.
constexpr Duration stop_longest = std::chrono::seconds{15};

std::vector<Endpoint> endpoints_of(const std::vector<service::Remembered>& members) {
    std::vector<Endpoint> endpoints;
    for (const service::Remembered& member : members) endpoints.push_back(member.endpoint);
    return endpoints;
}

class Daemon {
  public:
    explicit Daemon(const Config& config);

    /// What keeps us from starting, if anything does: a fault of the world, or of the
    /// configuration.
    [[nodiscard]] Result<void> prepare();
    void run() {
        loop_.run();
        desk_.close();  // Its socket is a file, and we leave without destructors.
    }

    [[nodiscard]] bool configuration_is_at_fault() const { return bad_configuration_; }

  private:
    [[nodiscard]] Result<void> prepare_from_configuration();
    void handle_address(const OwnAddress& own);
    void enter(std::vector<service::Remembered> known);
    void begin_seeding(const std::vector<service::Remembered>& known);
    [[nodiscard]] runtime::SeedWays seed_ways();
    [[nodiscard]] Listeners listeners();
    [[nodiscard]] std::string status() const;
    void open_desk();

    void handle_member(const swim::MemberEvent& event);
    void handle_joined(const swim::JoinFinished& join);
    void handle_left();

    void reload();
    void apply(const Config& config);

    void wait_for_signal();
    void handle_signal(int signal);
    void stop(const std::string& signal);
    void end();

    const Config& config_;  ///< As we started; what is live of it is in live_.
    boost::asio::io_context loop_{1};
    boost::asio::signal_set signals_;
    runtime::DeadlineTimer patience_;  ///< Of a stopping balancer.
    runtime::LineBudget budget_;
    MemoryFile memory_;
    StatusLine status_;
    LiveConfig live_;
    OwnAnnouncement own_;
    OwnAddress address_;
    std::unique_ptr<Whereabouts> whereabouts_;
    std::unique_ptr<providers::SeedStore> store_;
    std::optional<Publisher> publisher_;
    std::unique_ptr<runtime::GossipDriver> gossip_;
    std::unique_ptr<Presence> presence_;
    std::unique_ptr<seed::Keeper> keeper_;
    std::unique_ptr<runtime::SeedDriver> seeds_;
    std::unique_ptr<Balancer> balancer_;
    std::optional<std::vector<service::Remembered>> remembered_;
    AdminDesk desk_{loop_};
    bool moving_ = false;  ///< Leaving under the old address.
    bool stopping_ = false;
    bool bad_configuration_ = false;
};

Daemon::Daemon(const Config& config)
    : config_(config),
      signals_(loop_),
      patience_(loop_, [this](Instant) { loop_.stop(); }),
      memory_(loop_, config.state_dir, config.node_name,
              [this] {
                  return presence_ ? presence_->members_to_remember()
                                   : std::vector<service::Remembered>();
              }),
      status_(loop_, [this] { return status(); }),
      live_(loop_, config, [this](const Config& changed) { apply(changed); }) {
    wait_for_signal();  // First of all, so that there is no moment in which one ends us unheard.
}

Result<void> Daemon::prepare() {
    bad_configuration_ = true;
    if (Result<void> prepared = prepare_from_configuration(); !prepared) return prepared;
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
    open_desk();
    status_.touch();
    whereabouts_->find(gossip_->bound().port,
                       [this](const OwnAddress& own) { handle_address(own); });
    return {};
}

Result<void> Daemon::prepare_from_configuration() {
    Result<OwnAnnouncement> own = make_announcement(config_);
    if (!own) return tl::unexpected(own.error());
    own_ = *std::move(own);
    if (!config_.providers.empty()) {
        auto store = providers::open_chain(config_.providers, loop_);
        if (!store) return fail(config_.path + ": " + store.error().message);
        store_ = *std::move(store);
    }
    if (config_.load_balancer && store_ && store_->publishes()) publisher_.emplace(*store_);
    auto whereabouts = Whereabouts::open(loop_, config_);
    if (!whereabouts) return tl::unexpected(whereabouts.error());
    whereabouts_ = *std::move(whereabouts);
    return {};
}

/// The first one, or another than before.
void Daemon::handle_address(const OwnAddress& own) {
    if (stopping_) return;
    const std::string before = std::exchange(address_, own).endpoint.text();
    if (!presence_) return enter(remembered_.value_or(std::vector<service::Remembered>()));
    log_info("our address was " + before + " and is " + own.endpoint.text() + " now (" +
             own.origin + "): leaving the cluster under the old one, to enter it anew");
    // Another address while we are leaving already is the one we enter with.
    if (std::exchange(moving_, true)) return;
    remembered_ = presence_->members_to_remember();
    presence_->leave();
}

void Daemon::enter(std::vector<service::Remembered> known) {
    log_info("listening on " + gossip_->bound().text() + ", reached at " +
             address_.endpoint.text() + " (" + address_.origin + ")");
    const swim::Config& gossip = live_.config().gossip;
    if (!gossip.envelope.keys.empty()) log_info("gossip is " + sealing_text(gossip.envelope));
    if (!is_allowed(address_.endpoint, gossip.allowed_networks)) {
        log_warning("gossip-config.allowed-cidrs holds other addresses than our own, " +
                    address_.endpoint.ip_text() + ": members with the same list refuse us");
    }
    if (address_.doubtful) log_warning("others cannot reach us there; set advertise-address");
    if (config_.load_balancer && store_ && !publisher_) {
        log_info("seeds: the provider is only read: we do not publish " + address_.endpoint.text());
    }
    remembered_.reset();
    const std::uint32_t incarnation = presence_ ? presence_->incarnation() : 0;
    // The presence before ends when the driver has let go of it.
    const std::unique_ptr<Presence> before = std::exchange(
        presence_, std::make_unique<Presence>(loop_, live_.config(), *gossip_, address_.endpoint,
                                              own_, known, incarnation, budget_, listeners()));
    presence_->begin();
    if (before) {
        seeds_->handle_moved(address_.endpoint, endpoints_of(known));
        return;
    }
    begin_seeding(known);
    notify_supervisor("READY=1");
}

void Daemon::begin_seeding(const std::vector<service::Remembered>& known) {
    seed::KeeperConfig keeper;
    keeper.fetches = store_ != nullptr;
    keeper.publishes = publisher_.has_value();
    keeper.self = address_.endpoint;
    keeper.remembered = endpoints_of(known);
    keeper.publish_period = config_.load_balancer_config.push_period;
    keeper.publish_jitter = config_.load_balancer_config.push_jitter;
    keeper_ = std::make_unique<seed::Keeper>(runtime::now(), keeper, runtime::kernel_seed());
    seeds_ = std::make_unique<runtime::SeedDriver>(loop_, *keeper_, seed_ways());
    seeds_->start();
}

runtime::SeedWays Daemon::seed_ways() {
    return {.fetch = [this](auto done) { store_->fetch(std::move(done)); },
            .publish =
                [this](auto done) {
                    // The resolver is asked each time, its answer may have changed.
                    whereabouts_->look([this, done = std::move(done)](const Endpoint& self) {
                        publisher_->publish(self, [this, done](const Result<void>& outcome) {
                            status_.touch();
                            done(outcome);
                        });
                    });
                },
            .join = [this](std::span<const Endpoint> seeds) { return gossip_->join(seeds); },
            .meet = [this](std::span<const Endpoint> seeds) { gossip_->meet(seeds); },
            .waiting =
                [](const seed::Waiting& waiting) {
                    log_info("still looking for the cluster: " + waiting.reason + "; next try in " +
                             rough_text(waiting.next_try) + " (attempt " +
                             std::to_string(waiting.attempts) + ")");
                }};
}

Listeners Daemon::listeners() {
    return {.member = [this](const swim::MemberEvent& event) { handle_member(event); },
            .learned =
                [this](const service::ListLearned& learned) {
                    if (balancer_) balancer_->handle_list(learned);
                    memory_.touch();
                },
            .joined = [this](const swim::JoinFinished& join) { handle_joined(join); },
            .left = [this] { handle_left(); }};
}

void Daemon::handle_member(const swim::MemberEvent& event) {
    if (balancer_) balancer_->handle_event(event);
    memory_.touch();
    status_.touch();
    if (seeds_) seeds_->handle_lonely(presence_->lonely());
}

void Daemon::handle_joined(const swim::JoinFinished& join) {
    if (join.reached > 0 && balancer_) balancer_->handle_met();
    seeds_->handle_joined(join.reached, join.attempted, join.last_error);
}

std::string Daemon::status() const {
    std::string line =
        presence_ ? counted(presence_->alive_count(), "member") : "looking for our own address";
    const std::size_t applications =
        balancer_ ? balancer_->applications() : live_.config().applications.size();
    line += ", " + counted(applications, "application");
    const std::string published = publisher_ ? publisher_->status(runtime::now()) : "";
    return published.empty() ? line : line + "; " + published;
}

void Daemon::open_desk() {
    add_pages(desk_, {.presence = [this] { return presence_.get(); },
                      .balancer = balancer_.get(),
                      .config = [this]() -> const Config& { return live_.config(); },
                      .address = [this] { return presence_ ? address_.endpoint.text() : ""; },
                      .published =
                          [this] { return publisher_ ? publisher_->status(runtime::now()) : ""; }});
    desk_.open(admin_socket_of(config_));
}

void Daemon::reload() {
    log_info("SIGHUP: reading the configuration again");
    const bool ready = presence_ != nullptr;
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(runtime::now().time_since_epoch());
    // systemd wants both in one message, and READY=1 when it is done.
    if (ready) {
        notify_supervisor("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
    }
    live_.reload();
    if (ready) notify_supervisor("READY=1");
}

/// What is live of the configuration has changed.
void Daemon::apply(const Config& config) {
    if (balancer_) balancer_->apply(config);
    if (presence_) presence_->set_envelope(config.gossip.envelope);
    Result<OwnAnnouncement> own = make_announcement(config);
    // Checked when it was read, so this is for what nobody thought of: we serve on as we did.
    if (!own) return log_warning(own.error().message);
    own_ = *std::move(own);
    if (presence_) presence_->announce(own_);
    status_.touch();
}

void Daemon::wait_for_signal() {
    boost::system::error_code ignored;
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal, ignored);
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        handle_signal(signal);
        wait_for_signal();
    });
}

void Daemon::handle_signal(int signal) {
    if (signal != SIGHUP) return stop(signal == SIGINT ? "SIGINT" : "SIGTERM");
    if (!stopping_) reload();
}

void Daemon::stop(const std::string& signal) {
    if (stopping_) return log_info(signal + ": already leaving");
    stopping_ = true;
    log_info(signal + ": leaving the cluster");
    notify_supervisor("STOPPING=1");
    status_.stop();
    live_.stop();
    whereabouts_->stop();
    memory_.close();
    patience_.arm(runtime::now() + stop_longest);
    if (!presence_) return end();
    seeds_->stop();
    if (!moving_) presence_->leave();
}

void Daemon::handle_left() {
    log_info("left; " + presence_->counters_text());
    if (stopping_) return end();
    // Not from within what the node tells: it ends with its presence.
    boost::asio::post(loop_, [this] {
        moving_ = false;
        if (stopping_) return end();
        std::vector<service::Remembered> known = std::exchange(remembered_, {}).value();
        if (balancer_) balancer_->handle_blackout();
        enter(std::move(known));
    });
}

void Daemon::end() {
    if (!balancer_) return loop_.stop();
    balancer_->stop([this] { loop_.stop(); });
}

}  // namespace

int run_daemon(const Config& config) {
    runtime::set_log_level(config.log_level);
    // A peer or a reader of our output that goes away is an error of that write, not our death.
    std::signal(SIGPIPE, SIG_IGN);
    // Who started us may ignore it, which we would inherit: no command's end could be told then.
    std::signal(SIGCHLD, SIG_DFL);
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
