#include "app/cli.h"

#include <gtest/gtest.h>

namespace scrimp::app {

using Words = std::vector<std::string>;

TEST(CommandLine, reads_flags_as_go_writes_them) {
    EXPECT_EQ(rewrite_go_flags({"-config-file", "a.json", "-enumerate-network"}),
              (Words{"--config-file", "a.json", "--enumerate-network"}));
    EXPECT_EQ(rewrite_go_flags({"-config-file=-odd-.json"}), (Words{"--config-file=-odd-.json"}));
    EXPECT_EQ(rewrite_go_flags({"-enumerate-network=false", "-version"}),
              (Words{"--enumerate-network=false", "--version"}));
}

TEST(CommandLine, leaves_other_words_alone) {
    const Words words{"--config-file", "x", "-h", "-", "validate", "--", "-looks-like-a-flag"};
    EXPECT_EQ(rewrite_go_flags(words), words);
}

TEST(CommandLine, answers_questions_about_itself_with_success) {
    testing::internal::CaptureStdout();
    EXPECT_EQ(run_command_line({"-version"}), 0);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "scrimplb " SCRIMP_VERSION "\n");
    testing::internal::CaptureStdout();
    EXPECT_EQ(run_command_line({"--help"}), 0);
    const std::string help = testing::internal::GetCapturedStdout();
    for (const char* word : {"Examples:", "--config-file", "validate", "wire", "check-nginx"}) {
        EXPECT_NE(help.find(word), std::string::npos) << word;
    }
}

TEST(CommandLine, refuses_what_it_does_not_know_with_status_2) {
    for (const Words& words : {Words{"-config-fil", "x"}, Words{"vaildate", "x"}, Words{"validate"},
                               Words{"wire"}, Words{"validate", "a", "b"}}) {
        testing::internal::CaptureStderr();
        EXPECT_EQ(run_command_line(words), 2);
        EXPECT_FALSE(testing::internal::GetCapturedStderr().empty());
    }
}

TEST(CommandLine, names_a_missing_configuration_file) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(run_command_line({"-config-file", "/no/such/scrimp.json"}), 2);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("/no/such/scrimp.json"), std::string::npos) << said;
}

}  // namespace scrimp::app
