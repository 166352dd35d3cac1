#include "helpers/s3_error.h"

#include <gtest/gtest.h>

#include "helpers/s3_bucket.h"

namespace scrimp::helpers {
namespace {

const S3Place place{.bucket = "seeds",
                    .region = "eu-west-1",
                    .key = "scrimplb",
                    .endpoint = "https://s3.example.com"};
const Credentials credentials{{"ID", "the/secret", "the/token"}, "the environment"};
/// Mon, 23 Nov 2026 08:00:00 GMT
constexpr std::int64_t clock = 1'795'420'800;

S3Error explained(int status, const std::string& inner, HttpHeaders headers = {},
                  std::string_view permission = "s3:GetObject") {
    const std::string body = inner.empty() ? "" : "<Error>" + inner + "</Error>";
    return explain(place, credentials, {permission, "scrimplb"},
                   {.status = status, .headers = std::move(headers), .body = body}, clock);
}

std::string code(const std::string& text) {
    return "<Code>" + text + "</Code>";
}

TEST(S3Faults, tell_what_else_can_be_tried) {
    EXPECT_EQ(explained(404, code("NoSuchKey")).fault, S3Fault::Missing);
    EXPECT_EQ(explained(404, code("NoSuchBucket")).fault, S3Fault::Other);
    EXPECT_EQ(explained(404, "").fault, S3Fault::Other);
    EXPECT_EQ(explained(412, "").fault, S3Fault::Refused);
    EXPECT_EQ(explained(409, code("ConditionalRequestConflict")).fault, S3Fault::Refused);
    EXPECT_EQ(explained(403, code("AccessDenied")).fault, S3Fault::Denied);
    EXPECT_EQ(explained(403, code("InvalidAccessKeyId")).fault, S3Fault::Other);
    EXPECT_EQ(explained(501, code("NotImplemented")).fault, S3Fault::Unsupported);
    EXPECT_EQ(explained(400, code("InvalidArgument")).fault, S3Fault::Unsupported);
    EXPECT_EQ(explained(503, code("SlowDown")).fault, S3Fault::Other);
}

TEST(S3Sentences, say_what_is_wrong_and_what_to_do) {
    EXPECT_EQ(explained(404, code("NoSuchBucket")).message,
              "bucket 'seeds' does not exist at https://s3.example.com; create it, or correct "
              "'bucket', 'region' or 'endpoint'");
    EXPECT_EQ(explained(403, code("SignatureDoesNotMatch")).message,
              "the secret key of the environment does not fit its access key, says "
              "https://s3.example.com; correct it");
    EXPECT_EQ(explained(400, code("ExpiredToken")).message,
              "the session token of the environment has expired; get a new one");
    EXPECT_EQ(explained(403, code("AccessDenied"), {}, "s3:PutObject").message,
              "bucket 'seeds' denies s3:PutObject on 'scrimplb' to the environment; allow it in "
              "the policy");
    EXPECT_EQ(explained(503, code("SlowDown")).message,
              "https://s3.example.com is overloaded or out of order (503 SlowDown); it is tried "
              "again later");
    EXPECT_EQ(explained(404, "").message,
              "https://s3.example.com answered 404, and not as S3 does; check 'endpoint'");
}

TEST(S3Sentences, name_the_right_region_wherever_it_stands) {
    const std::string expected =
        "bucket 'seeds' is in region 'us-west-2', not in 'eu-west-1'; set 'region' to 'us-west-2'";
    EXPECT_EQ(explained(301, "", {{"x-amz-bucket-region", "us-west-2"}}).message, expected);
    EXPECT_EQ(
        explained(400, code("AuthorizationHeaderMalformed") + "<Region>us-west-2</Region>").message,
        expected);
    EXPECT_EQ(explained(301, code("PermanentRedirect")).message,
              "bucket 'seeds' is in another region than 'eu-west-1'; correct 'region'");
}

TEST(S3Sentences, tell_how_far_the_clock_is_off) {
    const auto said = [](const std::string& date) {
        return explained(403, code("RequestTimeTooSkewed"), {{"date", date}}).message;
    };
    EXPECT_TRUE(said("Mon, 23 Nov 2026 13:00:00 GMT")
                    .starts_with("this machine's clock is 5 h behind that of https://"));
    EXPECT_TRUE(said("Mon, 23 Nov 2026 07:43:00 GMT")
                    .starts_with("this machine's clock is 17 min ahead of that of https://"));
    EXPECT_TRUE(explained(403, code("RequestTimeTooSkewed"))
                    .message.starts_with("this machine's clock is too far off, which refuses"));
}

TEST(S3Sentences, repeat_no_secret_that_the_store_repeats) {
    EXPECT_EQ(explained(400, code("Odd") + "<Message>a\nmessage</Message>").message,
              "https://s3.example.com answered 400 Odd (a\\x0amessage) to s3:GetObject");
    for (const char* secret : {"the/secret", "the/token"}) {
        EXPECT_EQ(
            explained(400, code("Odd") + "<Message>not " + secret + ", " + secret + "</Message>")
                .message,
            "https://s3.example.com answered 400 Odd (not ..., ...) to s3:GetObject");
        EXPECT_EQ(explained(301, "", {{"x-amz-bucket-region", secret}}).message,
                  "bucket 'seeds' is in region '...', not in 'eu-west-1'; set 'region' to '...'");
    }
}

TEST(S3Time, is_read_in_unix_seconds) {
    EXPECT_EQ(parse_s3_time("2026-11-23T08:00:00.000Z"), clock);
    EXPECT_EQ(parse_s3_time("1970-01-01T00:00:01Z"), 1);
    for (const char* text : {"", "2026-11-23", "Mon, 23 Nov 2026 08:00:00 GMT", "2026-11-23T08:00Z",
                             "2026-11-23T08:00:00+01:00"}) {
        EXPECT_FALSE(parse_s3_time(text)) << text;
    }
}

}  // namespace
}  // namespace scrimp::helpers
