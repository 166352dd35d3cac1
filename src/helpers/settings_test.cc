#include "helpers/settings.h"

#include <gtest/gtest.h>

#include <fstream>

namespace scrimp::helpers {
namespace {

using namespace std::chrono_literals;

/// A file that is gone when the test is.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string_view text) : path_(testing::TempDir() + "settings_test") {
        std::ofstream(path_) << text;
    }
    ~TemporaryFile() { std::remove(path_.c_str()); }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

TEST(Settings, are_what_is_given_or_else_the_default) {
    const Json config{{"url", "http://a"}, {"publish", true},  {"port", "7"},
                      {"age", "90s"},      {"family", "ipv6"}, {"none", nullptr}};
    Settings settings(config);
    EXPECT_EQ(settings.required_text("url"), "http://a");
    EXPECT_EQ(settings.text("none", "else"), "else");
    EXPECT_TRUE(settings.flag("publish", false));
    EXPECT_FALSE(settings.flag("none", false));
    EXPECT_EQ(settings.port("port", 9), 7);
    EXPECT_EQ(settings.port("none", 9), 9);
    EXPECT_EQ(settings.duration("age", 1s), 90s);
    EXPECT_EQ(settings.duration("none", 1s), 1s);
    EXPECT_EQ(settings.family(), Family::Ipv6);
    EXPECT_EQ(settings.secret("none"), "");
    EXPECT_FALSE(settings.fault());
}

TEST(Settings, name_the_first_fault_by_its_key) {
    const Json config{{"url", 7}, {"age", "-1s"}};
    Settings settings(config);
    EXPECT_EQ(settings.duration("age", 1s), 1s);
    EXPECT_EQ(settings.required_text("url"), "");
    EXPECT_EQ(settings.required_text("name"), "");
    ASSERT_TRUE(settings.fault());
    EXPECT_EQ(settings.fault()->message, "age: '-1s' is not above zero");
}

TEST(Settings, leave_time_to_say_how_it_ended) {
    const auto budget = [](const Json& config) { return Settings(config).budget(); };
    EXPECT_EQ(budget(Json::object()), 29s);
    EXPECT_EQ(budget({{"timeout", "5s"}}), 4s);
    EXPECT_EQ(budget({{"timeout", "1s"}}), 500ms);
}

TEST(Settings, take_a_secret_from_a_file_without_the_white_space_around_it) {
    const TemporaryFile file("\n s3cret word \r\n");
    const Json config{{"token-file", file.path()}};
    Settings settings(config);
    EXPECT_EQ(settings.secret("token-file"), "s3cret word");
    EXPECT_FALSE(settings.fault());
}

TEST(Settings, name_the_file_of_a_secret_that_cannot_be_had_and_never_its_content) {
    const TemporaryFile blank(" \n");
    for (const std::string& path :
         {std::string("/nonexistent/token"), std::string("/"), blank.path()}) {
        const Json config{{"token-file", path}};
        Settings settings(config);
        EXPECT_EQ(settings.secret("token-file"), "");
        ASSERT_TRUE(settings.fault()) << path;
        EXPECT_TRUE(settings.fault()->message.starts_with("token-file: '" + path + "'"))
            << settings.fault()->message;
    }
    const TemporaryFile huge("s3cret" + std::string(100'000, 'x'));
    const Json config{{"token-file", huge.path()}};
    Settings settings(config);
    EXPECT_EQ(settings.secret("token-file"), "");
    ASSERT_TRUE(settings.fault());
    EXPECT_EQ(settings.fault()->message.find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace scrimp::helpers
