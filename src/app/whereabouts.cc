#include "app/whereabouts.h"

#include <utility>

#include "base/assert.h"
#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::app {

using runtime::log_info;
using runtime::log_warning;

Result<std::unique_ptr<Whereabouts>> Whereabouts::open(boost::asio::io_context& loop,
                                                       const Config& config) {
    std::unique_ptr<providers::AddressSource> source;
    if (!config.resolver.empty()) {
        const Result<const providers::Resolver*> row = providers::find_resolver(config.resolver);
        if (!row) return fail(config.path + ": resolver: " + row.error().message);
        auto opened = (*row)->open(config.resolver_config, loop);
        if (!opened) return fail(config.path + ": resolver-config: " + opened.error().message);
        source = *std::move(opened);
    }
    LookTimes times;
    // Who publishes looks each time; this is for the rests that are longer, after failures.
    const LoadBalancerConfig& balancer = config.load_balancer_config;
    if (config.load_balancer) times.watch += balancer.push_period + balancer.push_jitter;
    return std::make_unique<Whereabouts>(loop, config, std::move(source), times);
}

Whereabouts::Whereabouts(boost::asio::io_context& loop, const Config& config,
                         std::unique_ptr<providers::AddressSource> source, LookTimes times)
    : config_(config),
      times_(times),
      timer_(loop, [this](Instant) { own_ ? ask() : try_to_find(); }),
      outage_("own address: asking the resolver " + config.resolver),
      source_(std::move(source)) {}

void Whereabouts::find(std::uint16_t port, std::function<void(const OwnAddress&)> told) {
    SCRIMP_ASSERT(!told_);
    port_ = port;
    told_ = std::move(told);
    try_to_find();
}

bool Whereabouts::resolver_decides() const {
    return source_ && !stated_address(config_, port_);
}

void Whereabouts::try_to_find() {
    if (const auto stated = stated_address(config_, port_)) return settle(*stated);
    source_ ? ask() : conclude(interface_address(port_));
}

/// What the interfaces say.
void Whereabouts::conclude(const Result<OwnAddress>& own) {
    const bool patient = own && own->doubtful && ++doubtful_looks_ < address_tries;
    if (own && !patient) return settle(*own);
    log_warning("own address: " + (own ? own->origin : own.error().message) + "; next try in " +
                rough_text(times_.retry));
    timer_.arm(runtime::now() + times_.retry);
}

void Whereabouts::settle(const OwnAddress& own) {
    own_ = own;
    told_(own);
}

void Whereabouts::look(std::function<void(const Endpoint&)> done) {
    SCRIMP_ASSERT(own_.has_value());
    // What the operator said does not change.
    if (config_.advertise || !source_) return done(own_->endpoint);
    waiting_.push_back(std::move(done));
    timer_.arm(runtime::now());  // Not from within the resolver's own answer.
}

void Whereabouts::ask() {
    if (std::exchange(asking_, true)) return;
    source_->resolve([this](const Result<Endpoint>& answer) {
        asking_ = false;
        if (!stopped_) handle_answer(answer);
    });
}

void Whereabouts::handle_answer(const Result<Endpoint>& answer) {
    const Instant now = runtime::now();
    const auto line =
        answer ? outage_.handle_worked(now) : outage_.handle_failed(now, answer.error().message);
    if (line) answer ? log_info(*line) : log_warning(*line);
    if (answer) answer_ = Endpoint{.ip = answer->ip, .port = port_};
    const bool news = answer && resolver_decides() && is_news(now, *answer_);
    if (!own_ && !news) return timer_.arm(now + times_.retry);
    // A publication that looks in between does not put the confirming look off.
    const Instant due = candidate_ ? candidate_since_ + times_.confirm : now + times_.watch;
    timer_.arm(due > now ? due : now + times_.confirm);
    if (news) settle({*answer_, "resolver " + config_.resolver});
    // A move that is not confirmed yet is not published either.
    const Endpoint told = resolver_decides() ? own_->endpoint : answer_.value_or(own_->endpoint);
    for (const auto& done : std::exchange(waiting_, {})) done(told);
}

bool Whereabouts::is_news(Instant now, const Endpoint& answer) {
    const bool differs = !own_ || answer != own_->endpoint;
    if (candidate_ == answer && now < candidate_since_ + times_.confirm) return false;
    if (!own_ || !differs || candidate_ == answer) {
        candidate_.reset();
        return differs;
    }
    candidate_ = answer;
    candidate_since_ = now;
    log_info("own address: the resolver " + config_.resolver + " answers " + answer.ip_text() +
             ", no longer " + own_->endpoint.ip_text() + "; asking again in " +
             rough_text(times_.confirm));
    return false;
}

void Whereabouts::stop() {
    stopped_ = true;
    waiting_.clear();
    timer_.arm(never);
}

}  // namespace scrimp::app
