#include "proxy/sieve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace scrimp::proxy {
namespace {

using Items = std::vector<std::size_t>;

/// Runs a sieve before a judge who refuses every trial with one of `bad` in it.
Items guilty_of(std::size_t items, const std::set<std::size_t>& bad,
                std::size_t* trials = nullptr) {
    Items guilty;
    for (Sieve sieve(items); !sieve.is_done();) {
        const Items trial = sieve.trial();
        EXPECT_TRUE(std::is_sorted(trial.begin(), trial.end()));
        if (trials != nullptr) ++*trials;
        const bool accepted = std::none_of(trial.begin(), trial.end(),
                                           [&](std::size_t item) { return bad.contains(item); });
        if (const auto found = sieve.handle_verdict(accepted)) guilty.push_back(*found);
    }
    return guilty;
}

TEST(Sieve, finds_every_combination_of_guilty_items) {
    for (std::size_t items = 0; items <= 7; ++items) {
        for (std::size_t mask = 0; mask < std::size_t{1} << items; ++mask) {
            std::set<std::size_t> bad;
            for (std::size_t i = 0; i < items; ++i) {
                if ((mask >> i & 1) != 0) bad.insert(i);
            }
            EXPECT_EQ(guilty_of(items, bad), Items(bad.begin(), bad.end()));
        }
    }
}

TEST(Sieve, finds_one_of_a_thousand_in_few_trials) {
    std::size_t trials = 0;
    EXPECT_EQ(guilty_of(1000, {567}, &trials), Items{567});
    EXPECT_LE(trials, 22u);
}

TEST(Sieve, gives_up_where_even_nothing_is_refused) {
    Sieve sieve(5);
    EXPECT_TRUE(sieve.trial().empty());
    EXPECT_FALSE(sieve.handle_verdict(false));
    EXPECT_TRUE(sieve.is_done());
}

TEST(Sieve, blames_the_later_of_two_that_do_not_go_together) {
    Items guilty;
    for (Sieve sieve(4); !sieve.is_done();) {
        const Items trial = sieve.trial();
        const bool both = std::count(trial.begin(), trial.end(), 1u) > 0 &&
                          std::count(trial.begin(), trial.end(), 3u) > 0;
        if (const auto found = sieve.handle_verdict(!both)) guilty.push_back(*found);
    }
    EXPECT_EQ(guilty, Items{3});
}

}  // namespace
}  // namespace scrimp::proxy
