#include "app/balancer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "app/old_workers.h"
#include "base/assert.h"
#include "base/machine.h"
#include "base/printable.h"
#include "base/words.h"
#include "proxy/placeholders.h"
#include "runtime/clock.h"
#include "runtime/files.h"

namespace scrimp::app {

namespace {

const proxy::Generator& generator_of(const Config& config) {
    const proxy::Generator* const found =
        proxy::find_generator(config.load_balancer_config.generator);
    SCRIMP_ASSERT(found != nullptr);  // load_config() has checked the name.
    return *found;
}

proxy::RolloutConfig rollout_config(const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    const proxy::Generator& generator = generator_of(config);
    proxy::RolloutConfig made;
    made.options.tls_chain_path = given.tls_chain_location;
    made.options.tls_key_path = given.tls_key_location;
    made.options.http_port = given.http_port;
    made.options.https_port = given.https_port;
    // As the proxy will find it: without this file the kernel has no IPv6, and `listen [::]` fails.
    const auto ipv6 = runtime::read_file("/proc/net/if_inet6", std::size_t{1} << 20);
    made.options.ipv6 = ipv6.has_value() && ipv6->has_value();
    made.target_path = given.generator_target;
    made.print = given.generator_stdout;
    made.check_command = given.check_command.value_or(generator.default_check_command);
    made.reload_command = given.reload_command.value_or(generator.default_reload_command);
    made.check_timeout = given.rollout.check_timeout;
    made.reload_timeout = given.rollout.reload_timeout;
    made.pace.reload_burst = given.rollout.reload_burst;
    made.pace.reload_interval = given.rollout.reload_interval;
    made.old_generations_max = given.rollout.old_workers_max;
    made.crowd_longest = given.rollout.old_workers_wait;
    return made;
}

std::string milliseconds_text(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           " ms";
}

std::string shown(const std::string& name) {
    return printable(name, 4 * name.size());
}

}  // namespace

Result<std::unique_ptr<Balancer>> Balancer::open(
    boost::asio::io_context& loop, const Config& config,
    const std::optional<std::vector<service::Remembered>>& remembered,
    runtime::LineBudget& budget) {
    FoundTexts found;
    if (const std::string& path = config.load_balancer_config.generator_target; !path.empty()) {
        Result<std::optional<std::string>> read = runtime::read_file(path, target_bytes_max);
        if (!read) return fail("generator-target: " + read.error().message);
        found.target = *std::move(read);
        // One that cannot be read is as good as none: the next good text takes its place.
        read = runtime::read_file(proxy::last_good_path(path), target_bytes_max);
        if (read) found.last_good = *std::move(read);
    }
    std::unique_ptr<Balancer> balancer(new Balancer(loop, config, found, budget));
    balancer->begin(remembered);
    return balancer;
}

Balancer::Balancer(boost::asio::io_context& loop, const Config& config, const FoundTexts& found,
                   runtime::LineBudget& budget)
    : target_path_(config.load_balancer_config.generator_target),
      target_has_text_(found.target && !found.target->empty()),
      budget_(budget),
      // Gossip listens there by TCP too: a proxy could not.
      registry_({config.bind.port}, config.load_balancer_config.support,
                config.load_balancer_config.rotation.rotation),
      lookout_(loop, config.load_balancer_config.rotation.sight, registry_, budget,
               [this] { pump(); }),
      rollout_(generator_of(config), rollout_config(config), found.target, found.last_good),
      driver_(
          loop, rollout_,
          {.ended = [this](const proxy::RolloutEnded& end) { report(end); },
           .noticed = [](const proxy::RolloutNotice& notice) { runtime::log_warning(notice.text); },
           .count_old_workers =
               [port = config.load_balancer_config.http_port] {
                   return count_old_nginx_workers(port);
               }}),
      timer_(loop,
             [this](Instant when) {
                 registry_.handle_deadline(when);
                 pump();
             }),
      first_table_(loop, [this](Instant) {
          holding_ = false;
          roll_out();
      }) {}

void Balancer::begin(const std::optional<std::vector<service::Remembered>>& remembered) {
    remembers_ = remembered.has_value();
    if (remembers_) registry_.restore(runtime::now(), *remembered);
    holding_ = target_has_text_;
    if (holding_) {
        runtime::log_info((remembers_ ? "" : "nothing remembered: ") + target_path_ +
                          " stays as it is until another member is met");
    }
    pump();
    // No change came out of it, but the proxy needs its first configuration all the same.
    if (!holding_ && !newest_) roll_out();
}

void Balancer::handle_event(const swim::MemberEvent& event) {
    if (event.change == swim::Change::Joined) handle_met();
    lookout_.handle_event(event);
}

void Balancer::handle_list(const service::ListLearned& learned) {
    const std::optional<std::size_t> taken = registry_.handle_list(
        runtime::now(), learned.member, learned.digest, learned.text, learned.source);
    if (taken) {
        budget_.info("learned " + counted(*taken, "application") + " of " + shown(learned.member) +
                     " from " + shown(learned.source));
    }
    pump();
}

void Balancer::handle_blackout() {
    lookout_.handle_blackout();
    registry_.handle_blackout(runtime::now());
    pump();
}

void Balancer::apply(const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    registry_.set_support(runtime::now(), given.support);
    registry_.set_rotation(runtime::now(), given.rotation.rotation);
    lookout_.set_config(given.rotation.sight);
}

void Balancer::handle_met() {
    if (!std::exchange(met_, true) && holding_) {
        first_table_.arm(runtime::now() +
                         (remembers_ ? remembered_table_settle : first_table_settle));
    }
}

void Balancer::pump() {
    while (const std::optional<service::RegistryAction> action = registry_.poll_action()) {
        std::visit(Overloaded{[this](const service::TableChanged&) {
                                  if (!holding_) roll_out();
                              },
                              [this](const service::Refusal& refusal) { report(refusal); }},
                   *action);
    }
    timer_.arm(registry_.next_deadline());
    moved_();
}

std::optional<std::uint64_t> Balancer::served() const {
    return rolled_out_ ? std::optional(rollout_.view().revision) : std::nullopt;
}

void Balancer::roll_out() {
    newest_ = Handed{registry_.table().revision, runtime::now()};
    if (!oldest_) oldest_ = newest_;
    driver_.handle_table(registry_.table());
}

void Balancer::report(const service::Refusal& refusal) {
    const std::string what =
        refusal.application.empty() ? "" : ", application '" + refusal.application + "'";
    budget_.warning("refused: " + refusal.member_name + what + ": " + refusal.reason);
}

void Balancer::report(const proxy::RolloutEnded& end) {
    std::string line = "rollout " + std::string(proxy::name_of(end.verdict)) + ": revision " +
                       std::to_string(end.revision);
    if (!end.generation.empty()) line += ", generation " + end.generation;
    if (const service::RoutingTable& table = registry_.table(); table.revision == end.revision) {
        std::size_t upstreams = 0;
        for (const service::Route& route : table.routes) upstreams += route.upstreams.size();
        line += ", " + counted(table.routes.size(), "application") + ", " +
                counted(upstreams, "upstream");
    }
    if (oldest_ && oldest_->revision <= end.revision) {
        line += ", in " + milliseconds_text(runtime::now() - oldest_->at);
        oldest_ = newest_->revision > end.revision ? newest_ : std::nullopt;
    }
    line += ", " + counted(rollout_.reloads(), "reload") + " so far";
    if (!end.why.empty()) line += "; " + end.why;
    if (!end.detail.empty()) line += "; " + end.detail;
    const bool well =
        end.verdict == proxy::Verdict::Activated || end.verdict == proxy::Verdict::Unchanged;
    rolled_out_ = rolled_out_ || well;
    moved_();
    // Of applications left out there may be many, as peers please.
    if (end.verdict == proxy::Verdict::Rejected) return budget_.warning(line);
    well ? runtime::log_info(line) : runtime::log_warning(line);
}

}  // namespace scrimp::app
