#include "app/balancer.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "app/gossip_words.h"
#include "app/old_workers.h"
#include "base/machine.h"
#include "base/words.h"
#include "proxy/line_diff.h"
#include "runtime/clock.h"
#include "runtime/files.h"

namespace scrimp::app {

namespace {

std::string milliseconds_text(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           " ms";
}

std::string lost_pin_fault(const std::string& why) {
    return why +
           "; changes of the cluster are rolled out: `scrimplb config rollback` pins another "
           "generation, `scrimplb config unpin` leaves it at that";
}

}  // namespace

Result<std::unique_ptr<Balancer>> Balancer::open(
    boost::asio::io_context& loop, const Config& config,
    const std::optional<std::vector<service::Remembered>>& remembered,
    runtime::LineBudget& budget) {
    const proxy::RolloutConfig rollout = rollout_config(config);
    const auto found = find_texts(config, rollout);
    if (!found) return tl::unexpected(found.error());
    std::unique_ptr<Balancer> balancer(new Balancer(loop, config, rollout, *found, budget));
    balancer->begin(remembered);
    return balancer;
}

Balancer::Balancer(boost::asio::io_context& loop, const Config& config,
                   const proxy::RolloutConfig& rollout, const FoundTexts& found,
                   runtime::LineBudget& budget)
    : generator_(generator_of(config)),
      keeper_(loop, certificate_paths(config), [this] { handle_certificates(); }),
      options_(rollout.options),
      target_path_(rollout.target_path),
      history_(config.state_dir.empty() || target_path_.empty() ? ""
                                                                : config.state_dir + "/history"),
      target_has_text_(found.target && !found.target->empty()),
      budget_(budget),
      // Gossip listens there by TCP too: a proxy could not.
      registry_({config.bind.port}, config.load_balancer_config.support,
                config.load_balancer_config.rotation.rotation),
      lookout_(loop, config.load_balancer_config.rotation.sight, registry_, budget,
               [this] { pump(); }),
      rollout_(generator_, rollout, found.target, found.last_good),
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
                 registry_.handle_clock(when, runtime::unix_seconds());
                 registry_.handle_deadline(when);
                 pump();
             }),
      first_table_(loop, [this](Instant) {
          holding_ = false;
          roll_out();
      }) {
    registry_.set_admission(runtime::now(), config.load_balancer_config.admission);
    handle_certificates();
}

void Balancer::begin(const std::optional<std::vector<service::Remembered>>& remembered) {
    remembers_ = remembered.has_value();
    registry_.handle_clock(runtime::now(), runtime::unix_seconds());
    if (remembers_) registry_.restore(runtime::now(), *remembered);
    holding_ = target_has_text_;
    if (holding_) {
        runtime::log_info((remembers_ ? "" : "nothing remembered: ") + target_path_ +
                          " stays as it is until another member is met");
    }
    if (const auto loaded = history_.load(); !loaded) {
        runtime::log_warning("no generation is kept: " + loaded.error().message);
    }
    if (!history_.lost_pin().empty()) {
        runtime::log_error(lost_pin_fault(history_.lost_pin()));
    } else if (!history_.pinned().empty()) {
        const std::string name = history_.pinned();
        const auto text = history_.text_of(*history_.find(name));
        if (text) {
            runtime::log_warning("generation " + name +
                                 " is pinned: changes wait for 'scrimplb config unpin'");
            driver_.handle_pin(name, *text);
        } else {
            runtime::log_warning("the pinned generation cannot be had: " + text.error().message);
        }
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
    registry_.set_admission(runtime::now(), given.admission);
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
    const proxy::RolloutView view = rollout_.view();
    return rolled_out_ && !view.serves_pinned ? std::optional(view.revision) : std::nullopt;
}

void Balancer::roll_out() {
    newest_ = Handed{registry_.table().revision, runtime::now()};
    if (!oldest_) oldest_ = newest_;
    lookout_.handle_table(registry_.table());
    driver_.handle_table(registry_.table());
}

/// Until a table has been handed over, nothing is rolled out for it.
void Balancer::handle_certificates() {
    options_.certificates = keeper_.known();
    driver_.handle_certificates(keeper_.known());
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
    if (rollout_.patches() > 0)
        line += ", " + counted(rollout_.patches(), "change") + " without one";
    if (!end.why.empty()) line += "; " + end.why;
    if (!end.detail.empty()) line += "; " + end.detail;
    const bool well =
        end.verdict == proxy::Verdict::Activated || end.verdict == proxy::Verdict::Unchanged;
    if (end.verdict == proxy::Verdict::Activated) remember(end);
    rolled_out_ = rolled_out_ || well;
    if (well && served()) lookout_.handle_served(end.revision);
    moved_();
    // Of applications left out there may be many, as peers please.
    if (end.verdict == proxy::Verdict::Rejected) return budget_.warning(line);
    well ? runtime::log_info(line) : runtime::log_warning(line);
}

/// The target holds what was activated: nothing else has been begun since.
void Balancer::remember(const proxy::RolloutEnded& end) {
    if (target_path_.empty()) return;
    const auto text = runtime::read_file(target_path_, target_bytes_max);
    if (!text || !*text) return;
    const auto recorded = history_.record({.name = end.generation,
                                           .at = runtime::unix_seconds(),
                                           .revision = end.revision,
                                           .why = end.why,
                                           .bytes = 0},
                                          **text);
    if (!recorded) {
        runtime::log_warning("generation " + end.generation +
                             " is not kept: " + recorded.error().message);
    }
}

Result<Generation> Balancer::pin(std::string_view name) {
    auto generation = history_.find(name);
    if (!generation) return generation;
    auto text = history_.text_of(*generation);
    if (!text) return tl::unexpected(text.error());
    if (auto pinned = history_.set_pinned(generation->name); !pinned) {
        return tl::unexpected(pinned.error());
    }
    runtime::log_warning("back to generation " + generation->name +
                         ", which is pinned: changes wait for 'scrimplb config unpin'");
    driver_.handle_pin(generation->name, *std::move(text));
    return generation;
}

Result<void> Balancer::unpin() {
    if (history_.pinned().empty() && history_.lost_pin().empty()) {
        return fail("no generation is pinned");
    }
    if (auto unpinned = history_.set_pinned(""); !unpinned) return unpinned;
    runtime::log_info("unpinned: the latest table is rolled out");
    driver_.handle_unpin();
    return {};
}

std::vector<std::string> Balancer::faults() const {
    std::vector<std::string> faults;
    std::ranges::move(keeper_.faults(), std::back_inserter(faults));
    if (!history_.lost_pin().empty()) faults.push_back(lost_pin_fault(history_.lost_pin()));
    if (const std::size_t guarded = lookout_.guarded(); guarded > 0) {
        faults.push_back(counted(guarded, "upstream") +
                         " in rotation cannot be reached, or not their agents: so many at once may "
                         "be our own fault, so the guard keeps them (unavailable-share-max); "
                         "`scrimplb routes` names them");
    }
    return faults;
}

Result<std::string> Balancer::render() const {
    const auto rendered = generator_.render(registry_.table(), options_);
    if (!rendered) return tl::unexpected(rendered.error());
    return rendered->text;
}

Result<std::string> Balancer::difference(std::string_view from, std::string_view to) const {
    const auto old_generation = history_.find(from);
    if (!old_generation) return tl::unexpected(old_generation.error());
    const auto old_text = history_.text_of(*old_generation);
    if (!old_text) return old_text;
    if (to.empty()) {
        const auto next = render();
        if (!next) return next;
        return proxy::line_diff(old_generation->name, *old_text, "next", *next);
    }
    const auto new_generation = history_.find(to);
    if (!new_generation) return tl::unexpected(new_generation.error());
    const auto new_text = history_.text_of(*new_generation);
    if (!new_text) return new_text;
    return proxy::line_diff(old_generation->name, *old_text, new_generation->name, *new_text);
}

}  // namespace scrimp::app
