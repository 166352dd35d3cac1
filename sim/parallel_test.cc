#include "sim/parallel.h"

#include <gtest/gtest.h>

#include <numeric>

namespace scrimp::sim {
namespace {

TEST(InParallel, gives_results_in_order_whoever_was_quicker) {
    for (const std::size_t jobs : {1U, 2U, 5U}) {
        std::vector<std::size_t> taken;
        in_parallel(
            100, jobs,
            [](std::size_t i) {
                // The first of each ten is the slowest.
                std::vector<std::size_t> work((10 - i % 10) * 1000);
                std::iota(work.begin(), work.end(), i);
                return work.front();
            },
            [&](std::size_t i, std::size_t result) {
                EXPECT_EQ(i, result);
                taken.push_back(result);
            });
        ASSERT_EQ(taken.size(), 100U);
        EXPECT_TRUE(std::is_sorted(taken.begin(), taken.end()));
    }
}

TEST(InParallel, of_nothing_ends_at_once) {
    in_parallel(0, 4, [](std::size_t i) { return i; }, [](std::size_t, std::size_t) { FAIL(); });
}

}  // namespace
}  // namespace scrimp::sim
