#include "helpers/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace scrimp::helpers {
namespace {

TEST(PercentEncoding, leaves_only_what_is_unreserved) {
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a b/c+d=\xC3\xA9"), "a%20b%2Fc%2Bd%3D%C3%A9");
    EXPECT_EQ(percent_encode("a b/c", true), "a%20b/c");
}

TEST(Site, is_what_of_a_url_may_be_shown) {
    EXPECT_EQ(site_of("https://user:secret@host:8443/path?token=secret"), "https://host:8443");
    EXPECT_EQ(site_of("http://[::1]/"), "http://[::1]");
    EXPECT_EQ(site_of("no url"), "the URL");
    EXPECT_EQ(host_of("http://[::1]:80/"), "::1");
    EXPECT_EQ(host_of("https://host/"), "host");
    EXPECT_EQ(host_of(""), "");
}

TEST(HttpDate, is_read_in_seconds_since_1970) {
    EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:01:00 GMT"), 60);
    EXPECT_FALSE(parse_http_date("soon"));
    EXPECT_FALSE(parse_http_date(""));
}

TEST(HttpClient, speaks_nothing_but_http) {
    HttpClient client(std::chrono::seconds{5});
    for (const char* url : {"file:///etc/passwd", "gopher://127.0.0.1/", "not a url", ""}) {
        const auto answer = client.send({.url = url});
        ASSERT_FALSE(answer) << url;
        EXPECT_TRUE(answer.error().message.starts_with("the URL cannot be used"))
            << answer.error().message;
    }
}

TEST(HttpClient, sends_no_header_that_holds_another) {
    HttpClient client(std::chrono::seconds{5});
    const auto answer =
        client.send({.url = "http://127.0.0.1:1/", .headers = {{"a", "b\r\nc: d"}}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "a header to be sent contains a line break; remove it");
}

TEST(HttpClient, ends_with_its_budget) {
    HttpClient client(Duration::zero());
    const auto answer = client.send({.url = "http://127.0.0.1:1/"});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message,
              "no time was left to ask http://127.0.0.1:1; raise 'timeout'");
}

TEST(HttpClient, names_the_timeout_only_where_it_would_help) {
    // Whoever listens and accepts nothing answers nothing; the kernel completes the connection.
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(bind(listener, name, size), 0);
    ASSERT_EQ(listen(listener, 1), 0);
    ASSERT_EQ(getsockname(listener, name, &size), 0);
    HttpRequest request{.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)),
                        .direct = true};
    const auto ends_with = [&](Duration budget, std::string_view end) {
        const auto answer = HttpClient(budget).send(request);
        ASSERT_FALSE(answer);
        EXPECT_TRUE(answer.error().message.ends_with(end)) << answer.error().message;
    };
    ends_with(std::chrono::milliseconds{20}, "or raise 'timeout'");
    request.timeout = std::chrono::milliseconds{20};
    ends_with(std::chrono::seconds{5}, "'timeout' does not change this limit");
    close(listener);
}

TEST(HttpClient, says_that_nobody_listens) {
    HttpClient client(std::chrono::seconds{5});
    const auto answer =
        client.send({.url = "http://user:secret@127.0.0.1:1/secret", .direct = true});
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().message.starts_with("no connection to http://127.0.0.1:1 ("))
        << answer.error().message;
    EXPECT_EQ(answer.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace scrimp::helpers
