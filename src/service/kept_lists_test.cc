#include "service/kept_lists.h"

#include <gtest/gtest.h>

namespace scrimp::service {
namespace {

TEST(KeptLists, drop_nothing_for_one_that_does_not_fit_anyway) {
    KeptLists kept(100, std::chrono::minutes{2});
    const auto add = [&kept](char letter, std::size_t size) {
        const std::string text(size, letter);
        return kept.add(Instant{}, digest_of(text), std::make_shared<const std::string>(text), "b");
    };
    const ListDigest used = digest_of(std::string(50, 'a'));
    const ListDigest unused = digest_of(std::string(40, 'b'));
    ASSERT_TRUE(add('a', 50));
    kept.use(used);
    ASSERT_TRUE(add('b', 40));
    EXPECT_FALSE(add('c', 51));
    EXPECT_NE(kept.find(unused), nullptr);
    EXPECT_TRUE(add('d', 50));
    EXPECT_EQ(kept.find(unused), nullptr);
    // Of what is used no more, all the room is free again.
    kept.release(Instant{}, used);
    EXPECT_TRUE(add('e', 100));
}

}  // namespace
}  // namespace scrimp::service
