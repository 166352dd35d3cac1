#include "seed/keeper.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/assert.h"
#include "base/random.h"
#include "seed/document.h"

namespace scrimp::seed {
namespace {

/// Waiting is told at attempts 1, 2, 4 … and from here on at every such number: with the default
/// retry_max some five minutes, so a log shows that we still try and shows little else.
constexpr int told_every_max = 64;

bool contains(const std::vector<Endpoint>& list, const Endpoint& one) {
    return std::ranges::find(list, one) != list.end();
}

}  // namespace

struct Keeper::State {
    State(Instant start, KeeperConfig given, std::uint64_t seed)
        : config(std::move(given)),
          random(seed),
          now(start),
          publish_at(config.publishes ? start : never),
          round_at(start),
          look_at(looks_in_company() ? start + look_wait() : never),
          retry_base(config.retry_min) {
        SCRIMP_ASSERT(config.retry_min > Duration::zero());
        remember(config.remembered);
    }

    KeeperConfig config;
    Random random;
    Instant now;
    std::deque<KeeperAction> actions;

    Instant publish_at;  ///< Never while one is under way.
    bool publishing = false;
    bool publishes_old_self = false;  ///< What is under way tells where we were.
    bool published = false;           ///< Ever, as the node that we are.
    int publish_failures = 0;

    std::vector<Endpoint> remembered;
    std::vector<Endpoint> fetched;  ///< Of the last fetch that held any, newest first.
    std::string fetch_error;        ///< Of the last fetch; empty if it succeeded.
    bool fetching = false;
    bool joining = false;

    bool lonely = true;
    /// Until somebody was reached or everybody tried, company does not count: who happens to speak
    /// to us first must not keep us from those we came to join, who may not even have noticed that
    /// we were away and so would tell us nothing.
    bool first_round_done = false;
    /// When the next round starts; within a round, when its patience with the store ends.
    Instant round_at;
    Instant look_at;  ///< When a balancer in company looks at the seeds; else never.
    bool in_round = false;
    std::vector<Endpoint> tried;  ///< In this round.
    int reached = 0;              ///< In this round.
    std::string join_error;
    Duration retry_base;
    int attempts = 0;
    int tell_at = 1;
    bool reached_before = false;  ///< The round before this one reached somebody.
    bool told_first = false;      ///< Said that we are the first of the cluster.

    void advance_time(Instant to) {
        SCRIMP_ASSERT(to >= now);
        now = to;
    }

    void remember(const std::vector<Endpoint>& peers) {
        remembered.clear();
        for (const Endpoint& peer : peers) {
            if (remembered.size() == join_batch_max) break;
            if (peer != config.self && !contains(remembered, peer)) remembered.push_back(peer);
        }
    }

    /// Nothing of the search for company so far counts any more.
    void search_anew() {
        in_round = false;
        retry_base = config.retry_min;
        attempts = 0;
        tell_at = 1;
        reached_before = false;
        told_first = false;
    }

    [[nodiscard]] bool looks_for_company() const { return lonely || !first_round_done; }
    [[nodiscard]] bool has_source() const { return config.fetches || !remembered.empty(); }

    [[nodiscard]] std::vector<Endpoint> next_batch() const {
        std::vector<Endpoint> batch;
        for (const auto* list : {&remembered, &fetched}) {
            for (const Endpoint& seed : *list) {
                if (batch.size() == join_batch_max) return batch;
                if (!contains(tried, seed) && !contains(batch, seed)) batch.push_back(seed);
            }
        }
        return batch;
    }

    void start_round() {
        round_at = never;
        if (!has_source()) return;
        in_round = true;
        ++attempts;
        tried.clear();
        reached = 0;
        join_error.clear();
        if (config.fetches && !fetching) {
            fetching = true;
            actions.emplace_back(FetchSeeds{});
        }
        if (fetching) round_at = now + config.retry_max;
        go_on();
    }

    /// The next step of the round: join who is known and was not tried, or wait for what is under
    /// way, or end it. Seeds that arrive after its end are joined at once, as a part of it.
    void go_on() {
        if (!looks_for_company() || joining) return;
        std::vector<Endpoint> batch = next_batch();
        if (!batch.empty()) {
            if (!in_round) round_at = never;
            in_round = true;
            joining = true;
            tried.insert(tried.end(), batch.begin(), batch.end());
            actions.emplace_back(JoinSeeds{std::move(batch)});
        } else if (in_round && !fetching) {
            end_round();
        }
    }

    /// At its end, not when the first is reached: who was remembered may have started this moment
    /// as we did, and know no more than we do.
    void finish_first_round() {
        first_round_done = true;
        if (lonely) return;
        in_round = false;
        round_at = never;
    }

    void end_round() {
        in_round = false;
        finish_first_round();
        if (!lonely) return;
        retry_base = std::min(retry_base * 2, config.retry_max);
        const Duration wait = std::max(config.retry_min, retry_base - random.below(retry_base / 2));
        round_at = now + wait;
        tell(wait);
    }

    void tell(Duration wait) {
        // Who was just reached may be all we need, the news of it on its way: wait one round.
        const bool too_early = reached > 0 && !reached_before;
        reached_before = reached > 0;
        if (too_early || attempts < tell_at) return;
        const bool first_of_cluster =
            config.publishes && tried.empty() && fetch_error.empty() && !fetching;
        if (first_of_cluster && std::exchange(told_first, true)) return;
        while (tell_at <= attempts) tell_at += std::min(tell_at, told_every_max);
        actions.emplace_back(Waiting{reason(first_of_cluster), wait, attempts});
    }

    [[nodiscard]] std::string reason(bool first_of_cluster) const {
        if (first_of_cluster) return "no other load balancer is published: the first of a cluster";
        if (reached > 0) return "joined, but no load balancer is among the members";
        std::string text;
        if (fetching) {
            text = "the seed store does not answer";
        } else if (!fetch_error.empty()) {
            text = "the seeds cannot be fetched: " + fetch_error;
        }
        if (tried.empty()) return text.empty() ? "no seed is published" : text;
        if (!text.empty()) text += "; ";
        text += "none of " + std::to_string(tried.size()) + " seeds answered";
        if (!join_error.empty()) text += " (" + join_error + ")";
        return text;
    }

    void handle_round_deadline() {
        if (!in_round) {
            start_round();
        } else if (joining) {
            round_at = now + config.retry_max;  // A join ends by itself, and the round goes on.
        } else {
            finish_first_round();
            if (!lonely) return;
            tell(Duration::zero());
            start_round();
        }
    }

    [[nodiscard]] bool looks_in_company() const {
        return config.fetches && config.publishes && config.look_period > Duration::zero();
    }

    [[nodiscard]] Duration look_wait() {
        return config.look_period - random.below(config.look_period / 5);
    }

    void look() {
        look_at = now + look_wait();
        if (looks_for_company() || fetching) return;
        fetching = true;
        actions.emplace_back(FetchSeeds{});
    }

    /// The newest of the last fetch.
    void meet_fetched() {
        std::vector<Endpoint> seeds = fetched;
        if (seeds.size() > join_batch_max) seeds.resize(join_batch_max);
        if (!seeds.empty()) actions.emplace_back(MeetSeeds{std::move(seeds)});
    }

    [[nodiscard]] Duration publish_wait() {
        // A thousand failures are beyond every sensible maximum, and the product cannot overflow.
        const Duration extra = std::min(config.publish_backoff * std::min(publish_failures, 1000),
                                        config.publish_backoff_max);
        const Duration rest =
            published ? config.publish_period + extra : std::min(config.publish_period, extra);
        return rest + random.below(config.publish_jitter);
    }
};

Keeper::Keeper(Instant now, KeeperConfig config, std::uint64_t seed)
    : state_(std::make_unique<State>(now, std::move(config), seed)) {}

Keeper::~Keeper() = default;

void Keeper::handle_fetched(Instant now, const Result<std::vector<Endpoint>>& seeds) {
    State& s = *state_;
    s.advance_time(now);
    s.fetching = false;
    s.fetch_error = seeds ? "" : seeds.error().message;
    // A store that holds nothing at all was emptied; who was in it may live on.
    if (seeds && !seeds->empty()) {
        s.fetched.clear();
        // The newest seed is the likeliest to live.
        for (auto seed = seeds->rbegin(); seed != seeds->rend(); ++seed) {
            if (s.fetched.size() == seeds_max) break;
            if (*seed != s.config.self && !contains(s.fetched, *seed)) s.fetched.push_back(*seed);
        }
    }
    if (seeds && s.looks_in_company() && !s.looks_for_company()) s.meet_fetched();
    s.go_on();
}

void Keeper::handle_joined(Instant now, int reached, int /*attempted*/,
                           const std::string& last_error) {
    State& s = *state_;
    s.advance_time(now);
    s.joining = false;
    s.reached += reached;
    s.join_error = last_error;
    s.go_on();
}

void Keeper::handle_published(Instant now, const Result<void>& outcome) {
    State& s = *state_;
    s.advance_time(now);
    s.publishing = false;
    if (std::exchange(s.publishes_old_self, false)) {
        s.publish_at = now;
        return;
    }
    // Another may have been published at the same moment, when neither saw the other.
    if (outcome && !s.published && s.looks_in_company()) s.look_at = now + s.config.retry_max;
    s.published = s.published || outcome.has_value();
    s.publish_failures = outcome ? 0 : s.publish_failures + 1;
    s.publish_at = now + s.publish_wait();
}

void Keeper::handle_lonely(Instant now, bool lonely) {
    State& s = *state_;
    s.advance_time(now);
    if (lonely == s.lonely) return;
    s.lonely = lonely;
    if (!s.first_round_done) return;
    s.search_anew();
    // Whoever else lost the same balancer notices at the same moment.
    s.round_at = lonely ? now + s.random.below(s.config.retry_min) : never;
}

void Keeper::handle_moved(Instant now, const Endpoint& self, const std::vector<Endpoint>& peers) {
    State& s = *state_;
    s.advance_time(now);
    s.config.self = self;
    s.remember(peers);
    std::erase(s.fetched, self);
    std::erase_if(s.actions, [](const auto& a) { return std::holds_alternative<JoinSeeds>(a); });
    s.joining = false;
    s.lonely = true;
    s.first_round_done = false;
    s.search_anew();
    s.round_at = now;
    s.published = false;
    s.publish_failures = 0;
    s.publishes_old_self = s.publishing;
    if (s.config.publishes && !s.publishing) s.publish_at = now;
}

void Keeper::handle_deadline(Instant now) {
    State& s = *state_;
    s.advance_time(now);
    if (now >= s.publish_at) {
        s.publish_at = never;
        s.publishing = true;
        s.actions.emplace_back(PublishSelf{});
    }
    if (now >= s.look_at) s.look();
    if (s.looks_for_company() && now >= s.round_at) s.handle_round_deadline();
}

std::optional<KeeperAction> Keeper::poll_action() {
    std::deque<KeeperAction>& actions = state_->actions;
    if (actions.empty()) return std::nullopt;
    KeeperAction action = std::move(actions.front());
    actions.pop_front();
    return action;
}

Instant Keeper::next_deadline() const {
    return std::min({state_->publish_at, state_->round_at, state_->look_at});
}

}  // namespace scrimp::seed
