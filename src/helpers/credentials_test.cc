#include "helpers/credentials.h"

#include <gtest/gtest.h>

#include <map>

namespace scrimp::helpers {
namespace {

Environment of(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
}

Result<Credentials> find(const Environment& environment, const CredentialsPlace& place = {}) {
    HttpClient client(std::chrono::seconds{5});
    return find_credentials(client, place, environment);
}

constexpr std::string_view file =
    "# keys\n[default]\naws_access_key_id = ID\naws_secret_access_key=a/b+c=d\n\n"
    "[ other ]\r\naws_access_key_id=ID2\r\naws_secret_access_key = s2\r\n"
    "aws_session_token = t2\r\nregion = x\r\n[half]\naws_access_key_id = ID3\n";

TEST(CredentialsFile, gives_the_keys_of_a_profile) {
    const auto key = parse_credentials_file(file, "default");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->access_key_id, "ID");
    EXPECT_EQ(key->secret_access_key, "a/b+c=d");
    EXPECT_EQ(key->session_token, "");
    const auto other = parse_credentials_file(file, "other");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->access_key_id, "ID2");
    EXPECT_EQ(other->secret_access_key, "s2");
    EXPECT_EQ(other->session_token, "t2");
}

TEST(CredentialsFile, says_what_it_lacks) {
    EXPECT_EQ(parse_credentials_file(file, "none").error().message, "there is no profile 'none'");
    EXPECT_EQ(parse_credentials_file(file, "half").error().message,
              "profile 'half' lacks aws_access_key_id or aws_secret_access_key");
    EXPECT_FALSE(parse_credentials_file("", "default"));
    EXPECT_FALSE(parse_credentials_file("[", "default"));
}

TEST(CredentialsAnswer, gives_the_keys_and_never_what_it_could_not_read) {
    const auto key = parse_credentials_answer(
        R"({"Code":"Success","AccessKeyId":"ID","SecretAccessKey":"s","Token":"t"})");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->access_key_id, "ID");
    EXPECT_EQ(key->secret_access_key, "s");
    EXPECT_EQ(key->session_token, "t");
    EXPECT_EQ(parse_credentials_answer(R"({"SecretAccessKey":"hidden)").error().message,
              "the answer is no JSON object");
    EXPECT_EQ(
        parse_credentials_answer(R"({"Code":"AssumeRoleUnauthorizedAccess"})").error().message,
        "the answer holds no keys ('AssumeRoleUnauthorizedAccess')");
}

TEST(Credentials, of_the_environment_come_first) {
    const auto found = find(of({{"AWS_ACCESS_KEY_ID", "ID"},
                                {"AWS_SECRET_ACCESS_KEY", "s"},
                                {"AWS_SESSION_TOKEN", "t"},
                                {"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"}}));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->key.session_token, "t");
    EXPECT_EQ(found->source, "the environment");
}

TEST(Credentials, of_a_profile_that_is_configured_come_from_there_alone) {
    const auto found = find(of({{"AWS_ACCESS_KEY_ID", "ID"}, {"AWS_SECRET_ACCESS_KEY", "s"}}),
                            {.profile = "p", .file = "/nonexistent"});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message,
              "no credentials in '/nonexistent': cannot be opened (No such file or directory); "
              "name a file that the user of scrimplb can read");
}

TEST(Credentials, that_are_nowhere_are_explained_place_by_place) {
    const auto found = find(of({{"AWS_ACCESS_KEY_ID", "ID"},
                                {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x"},
                                {"AWS_EC2_METADATA_DISABLED", "true"}}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message,
              "no credentials; environment: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is "
              "not; file: neither AWS_SHARED_CREDENTIALS_FILE nor HOME is set; container: "
              "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to a loopback or "
              "link-local address; instance role: AWS_EC2_METADATA_DISABLED is true");
}

TEST(Credentials, of_a_web_identity_are_not_supported_and_the_instance_is_no_substitute) {
    const auto found = find(of({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token"},
                                {"AWS_EC2_METADATA_DISABLED", "true"}}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message,
              "no credentials: AWS_WEB_IDENTITY_TOKEN_FILE is set, a role of a Kubernetes service "
              "account (IRSA), which is not supported; use EKS Pod Identity, or keys in the "
              "environment or a file");
    EXPECT_TRUE(find(of({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token"},
                         {"AWS_ACCESS_KEY_ID", "ID"},
                         {"AWS_SECRET_ACCESS_KEY", "s"}})));
}

TEST(Credentials, are_asked_for_only_where_nobody_listens_in) {
    for (const char* url : {"https://anywhere.example/", "http://localhost:1234/",
                            "http://127.0.0.1/", "http://169.254.170.23/v1", "http://[::1]/",
                            "http://[fe80::1]/", "http://[fd00:ec2::23]/v1"}) {
        EXPECT_TRUE(is_fit_for_credentials(url)) << url;
    }
    for (const char* url :
         {"http://example.com/", "http://10.0.0.1/", "http://[fd00::1]/", "ftp://127.0.0.1/",
          "http://127.0.0.1.example.com/", "http://127.0.0.1@example.com/", ""}) {
        EXPECT_FALSE(is_fit_for_credentials(url)) << url;
    }
}

}  // namespace
}  // namespace scrimp::helpers
