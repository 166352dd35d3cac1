#include "app/activation.h"

#include <gtest/gtest.h>

namespace scrimp::app {
namespace {

TEST(Activation, reads_the_heads_that_it_writes) {
    for (const ActivationHead& head :
         {ActivationHead{ActivationVerb::Check, 17}, ActivationHead{ActivationVerb::Activate, 0},
          ActivationHead{ActivationVerb::Status, 0}}) {
        std::string line = encode_activation_head(head);
        ASSERT_TRUE(line.ends_with('\n'));
        line.pop_back();
        EXPECT_EQ(parse_activation_head(line), head);
    }
    EXPECT_EQ(encode_activation_head({ActivationVerb::Activate, 17}), "scrimplb 1 activate 17\n");
}

TEST(Activation, refuses_every_other_head) {
    for (const char* line :
         {"", "scrimplb", "scrimplb 1 check", "scrimplb 1 check ", "scrimplb 1 check -1",
          "scrimplb 1 check 1x", "scrimplb 1 check  1", "scrimplb 2 check 1", "scrimplb 1 reload 1",
          "scrimplb 1 check 16777217", "scrimplb 1 check 99999999999999999999999",
          "scrimplb 1 status 1", "GET / HTTP/1.1", "scrimplb 1 check /etc/passwd"}) {
        EXPECT_FALSE(parse_activation_head(line)) << line;
    }
}

TEST(Activation, reads_the_answers_that_it_writes_and_no_part_of_them) {
    const ActivationAnswer answer{ActivationFate::Refused, "line 3\nis none of ours"};
    const std::string bytes = encode_activation_answer(answer);
    EXPECT_EQ(parse_activation_answer(bytes), answer);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_FALSE(parse_activation_answer(bytes.substr(0, cut)));
    }
    EXPECT_FALSE(parse_activation_answer(bytes + "x"));
    EXPECT_FALSE(parse_activation_answer("scrimplb 1 maybe 0\n"));
}

TEST(Activation, cuts_an_answer_that_is_too_long) {
    const std::string bytes = encode_activation_answer(
        {ActivationFate::Done, std::string(2 * activation_answer_bytes_max, 'x')});
    EXPECT_EQ(parse_activation_answer(bytes)->text.size(), activation_answer_bytes_max);
}

}  // namespace
}  // namespace scrimp::app
