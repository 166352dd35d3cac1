#include "app/daemon.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include "app/acknowledger.h"
#include "app/admin_desk.h"
#include "app/admin_pages.h"
#include "app/admin_socket.h"
#include "app/backend.h"
#include "app/backend_pages.h"
#include "app/balancer.h"
#include "app/challenger_setup.h"
#include "app/config_gossip.h"
#include "app/goodbye.h"
#include "app/live_config.h"
#include "app/memory_file.h"
#include "app/notify.h"
#include "app/own_announcement.h"
#include "app/presence.h"
#include "app/seeding.h"
#include "app/status_line.h"
#include "app/whereabouts.h"
#include "providers/providers.h"
#include "runtime/clock.h"
#include "runtime/gossip_driver.h"
#include "runtime/log.h"
#include "runtime/rare_code.h"

namespace scrimp::app {
namespace {

using runtime::log_info;
using runtime::log_warning;

/// For what a stopping balancer has under way, a reload say. Longer than any healthy one, shorter
/// than the patience of a supervisor.
constexpr Duration stop_longest = std::chrono::seconds{15};

class Daemon {
  public:
    explicit Daemon(const Config& config);

    /// What keeps us from starting, if anything does: a fault of the world, or of the
    /// configuration.
    [[nodiscard]] Result<void> prepare();
    void run() {
        loop_.run();
        desk_.close();  // Their sockets are files, and we leave without destructors.
        challenger_->close();
    }
    [[nodiscard]] bool configuration_is_at_fault() const { return bad_configuration_; }

  private:
    [[nodiscard]] Result<void> prepare_from_configuration();
    void handle_address(const OwnAddress& own);
    void enter(std::vector<service::Remembered> known);
    void begin_seeding(const std::vector<service::Remembered>& known);
    [[nodiscard]] Listeners listeners();
    [[nodiscard]] std::string status() const;
    void open_desk();

    void handle_member(const swim::MemberEvent& event);
    void handle_farewell(const service::FarewellMessage& message);
    void handle_joined(const swim::JoinFinished& join);
    void handle_left();

    void reload();
    void apply(const Config& config);
    void announce();
    [[nodiscard]] std::function<void(const std::string&, ByteView)> sender();

    void wait_for_signal();
    void handle_signal(int signal);
    void stop(const std::string& signal);
    void leave(const std::string& why);
    void end();

    const Config& config_;  ///< As we started; what is live of it is in live_.
    boost::asio::io_context loop_{1};
    boost::asio::signal_set signals_;
    runtime::RareCode rare_code_{loop_};
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
    std::unique_ptr<Seeding> seeds_;
    std::unique_ptr<Balancer> balancer_;
    std::unique_ptr<Acknowledger> acknowledger_;  ///< Beside the balancer.
    std::unique_ptr<Backend> backend_;            ///< Or this.
    std::unique_ptr<Challenger> challenger_;      ///< Of both.
    std::optional<std::vector<service::Remembered>> remembered_;
    AdminDesk desk_{loop_};
    bool moving_ = false;  ///< Leaving under the old address.
    bool stopping_ = false;
    bool leaving_ = false;  ///< For good.
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
        acknowledger_ =
            std::make_unique<Acknowledger>(loop_, config_.node_name, *balancer_, sender());
        balancer_->set_moved([this] { acknowledger_->look(); });
    } else {
        backend_ = std::make_unique<Backend>(
            loop_, config_, Backend::Ways{.announce = [this] { announce(); }, .send = sender()});
    }
    challenger_ = make_challenger(loop_, config_, sender());
    open_desk();
    status_.touch();
    whereabouts_->find(gossip_->bound().port,
                       [this](const OwnAddress& own) { handle_address(own); });
    return {};
}

Result<void> Daemon::prepare_from_configuration() {
    Result<OwnAnnouncement> own = make_announcement(config_, {});
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
    const auto begin = [this] {
        if (!stopping_) enter(remembered_.value_or(std::vector<service::Remembered>()));
    };
    // A backend enters once its first checks have told something; later it only hears where we are.
    const bool is_first = !presence_;
    if (backend_) backend_->begin(own.endpoint, begin);
    if (is_first) return backend_ ? void() : begin();
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
    announce();
    const std::uint32_t incarnation = presence_ ? presence_->incarnation() : 0;
    // The presence before ends when the driver has let go of it.
    const std::unique_ptr<Presence> before = std::exchange(
        presence_, std::make_unique<Presence>(loop_, live_.config(), *gossip_, address_.endpoint,
                                              own_, known, incarnation, budget_, listeners()));
    presence_->begin();
    if (before) return seeds_->driver().handle_moved(address_.endpoint, endpoints_of(known));
    begin_seeding(known);
    notify_supervisor("READY=1");
}

void Daemon::begin_seeding(const std::vector<service::Remembered>& known) {
    seeds_ = std::make_unique<Seeding>(loop_, config_, address_.endpoint, known,
                                       SeedMeans{.store = store_.get(),
                                                 .publisher = publisher_ ? &*publisher_ : nullptr,
                                                 .whereabouts = *whereabouts_,
                                                 .gossip = *gossip_,
                                                 .published = [this] { status_.touch(); }});
    seeds_->driver().start();
}

Listeners Daemon::listeners() {
    return {.member = [this](const swim::MemberEvent& event) { handle_member(event); },
            .learned =
                [this](const service::ListLearned& learned) {
                    if (balancer_) balancer_->handle_list(learned);
                    memory_.touch();
                },
            .farewell = [this](const auto& message) { handle_farewell(message); },
            .challenge = [this](const auto& message) { challenger_->handle_message(message); },
            .joined = [this](const swim::JoinFinished& join) { handle_joined(join); },
            .left = [this] { handle_left(); },
            .doubted =
                [this](const swim::Doubted& doubt) {
                    if (balancer_) balancer_->handle_doubt(doubt.member.profile->name);
                }};
}

void Daemon::handle_member(const swim::MemberEvent& event) {
    if (balancer_) balancer_->handle_event(event);
    if (backend_) backend_->handle_event(event);
    challenger_->handle_event(event);
    memory_.touch();
    status_.touch();
    rare_code_.touch();
    if (seeds_) seeds_->driver().handle_lonely(presence_->lonely());
}

void Daemon::handle_farewell(const service::FarewellMessage& message) {
    const auto* const asked = std::get_if<service::ServingQuestion>(&message);
    if (asked && acknowledger_) acknowledger_->handle_question(*asked);
    if (!asked && backend_) backend_->handle_answer(std::get<service::ServingAnswer>(message));
}

void Daemon::handle_joined(const swim::JoinFinished& join) {
    if (join.reached > 0 && balancer_) balancer_->handle_met();
    seeds_->driver().handle_joined(join.reached, join.attempted, join.last_error);
}

std::string Daemon::status() const {
    return status_text(presence_ ? std::optional(presence_->alive_count()) : std::nullopt,
                       balancer_ ? balancer_->applications() : live_.config().applications.size(),
                       publisher_ ? publisher_->status(runtime::now()) : "");
}

void Daemon::open_desk() {
    add_pages(desk_, {.presence = [this] { return presence_.get(); },
                      .balancer = balancer_.get(),
                      .backend = backend_.get(),
                      .live = live_,
                      .address = [this] { return presence_ ? address_.endpoint.text() : ""; },
                      .published =
                          [this] { return publisher_ ? publisher_->status(runtime::now()) : ""; }});
    add_backend_pages(desk_, backend_.get());
    add_challenge_pages(desk_, *challenger_);
    desk_.open(admin_socket_of(config_));
}

void Daemon::reload() {
    log_info("SIGHUP: reading the configuration again");
    const bool ready = presence_ != nullptr;
    if (ready) notify_reloading(runtime::now());
    live_.reload();
    if (ready) notify_supervisor("READY=1");
}

/// What is live of the configuration has changed.
void Daemon::apply(const Config& config) {
    if (balancer_) balancer_->apply(config);
    apply_challenges(*challenger_, config);
    if (presence_) presence_->set_envelope(config.gossip.envelope);
    if (backend_) backend_->apply(config);
    announce();
    status_.touch();
}

/// What we serve, or how it is, may have changed.
void Daemon::announce() {
    Result<OwnAnnouncement> own = make_announcement(
        live_.config(), backend_ ? backend_->conditions() : service::Conditions());
    // Checked when it was read, so this is for what nobody thought of: we serve on as we did.
    if (!own) return log_warning(own.error().message);
    if (std::exchange(own_, *std::move(own)) != own_ && presence_) presence_->announce(own_);
    if (backend_) backend_->handle_announced(own_.metadata);
}

std::function<void(const std::string&, ByteView)> Daemon::sender() {
    return [this](const std::string& member, ByteView payload) {
        if (presence_) presence_->send(member, payload);
    };
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
    if (leaving_) return log_info(signal + ": already leaving");
    if (std::exchange(stopping_, true)) return leave(signal + ": waiting no longer, ");
    status_.stop();
    live_.stop();
    whereabouts_->stop();
    if (!backend_ || !presence_) return leave(signal + ": ");
    log_info(signal + ": draining");  // A move goes on: balancers are asked from the new address.
    drain_before_leaving(*backend_, stop_longest, [this] {
        if (!leaving_) leave("");
    });
}

void Daemon::leave(const std::string& why) {
    leaving_ = true;
    log_info(why + "leaving the cluster");
    notify_supervisor("STOPPING=1");
    memory_.close();
    patience_.arm(runtime::now() + stop_longest);
    if (!presence_) return end();
    seeds_->driver().stop();
    if (!moving_) presence_->leave();
}

void Daemon::handle_left() {
    log_info("left; " + presence_->counters_text());
    if (leaving_) return end();
    // Not from within what the node tells: it ends with its presence.
    boost::asio::post(loop_, [this] {
        moving_ = false;
        if (leaving_) return end();
        std::vector<service::Remembered> known = std::exchange(remembered_, {}).value();
        if (balancer_) balancer_->handle_blackout();
        if (backend_) backend_->handle_blackout();
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
