#include "app/maintenance_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/scratch_directory_test.h"
#include "service/condition.h"

namespace scrimp::app {
namespace {

TEST(MaintenanceFile, keeps_what_was_said_across_restarts) {
    const ScratchDirectory scratch;
    const MaintenanceFile file(scratch.path(), "web 1");
    EXPECT_TRUE(file.load().empty());
    const Maintenance said = {{"shop", R"(a "new" disk)"}, {"", ""}};
    ASSERT_TRUE(file.save(said));
    EXPECT_EQ(MaintenanceFile(scratch.path(), "web 1").load(), said);
    EXPECT_TRUE(MaintenanceFile(scratch.path(), "web 2").load().empty());
    ASSERT_TRUE(file.save({}));
    EXPECT_TRUE(file.load().empty());
}

TEST(MaintenanceFile, reads_all_that_it_may_be_given) {
    Maintenance all;
    for (std::size_t i = 0; i < maintenance_max; ++i) {
        std::string name = "app-" + std::to_string(i);
        name.resize(63, 'x');  // The longest there is.
        all.emplace(std::move(name), std::string(service::reason_bytes_max, '"'));
    }
    const ScratchDirectory scratch;
    const MaintenanceFile file(scratch.path(), "web1");
    ASSERT_TRUE(file.save(all));
    EXPECT_EQ(file.load(), all);
}

TEST(MaintenanceFile, is_none_without_a_directory) {
    const MaintenanceFile file("", "web1");
    EXPECT_FALSE(file.is_kept());
    EXPECT_TRUE(file.save({{"shop", ""}}));
    EXPECT_TRUE(file.load().empty());
}

TEST(MaintenanceFile, is_refused_whole_if_something_in_it_is_not_in_order) {
    for (const char* text :
         {"", "[]", "{}", R"({"version":2,"maintenance":[]})", R"({"version":1,"maintenance":{}})",
          R"({"version":1,"maintenance":[7]})",
          R"({"version":1,"maintenance":[{"application":"../x"}]})",
          R"({"version":1,"maintenance":[{"reason":"a\nb"}]})"}) {
        EXPECT_FALSE(parse_maintenance(text)) << text;
    }
    EXPECT_EQ(parse_maintenance(R"({"version":1,"maintenance":[{}]})"), (Maintenance{{"", ""}}));
}

}  // namespace
}  // namespace scrimp::app
