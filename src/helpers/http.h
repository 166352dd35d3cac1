// HTTP and HTTPS as the helpers need them: one request, one answer, bounded in every direction. It
// is libcurl behind a narrow door, and the only file that includes it.
//
// The idea: a helper lives as long as its caller's patience, so the client is made with that
// patience as a budget and no request outlives what is left of it; when it ends, the helper still
// has the time to say why. What a server sends is cut off at a size, redirects are followed only
// when asked for, TLS is always verified, and nothing but http and https is spoken. The usual
// variables (https_proxy, no_proxy) name a proxy; requests to the machine's own neighbourhood ask
// for none.
//
// Signing (AWS Signature Version 4) is libcurl's, which in version 7.88 needs care: the body's hash
// is sent by us, and the caller sends no empty header, sorts the query's parameters and writes each
// with its '='.
//
// Errors are sentences that name the scheme, host and port, never the rest of the URL, a header or
// a body: secrets may stand there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace scrimp::helpers {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// Whoever signs: temporary credentials have a session token, lasting ones have an empty one.
struct SigningKey {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token{};
};

struct Signing {
    SigningKey key;
    std::string region;
    std::string service;  ///< "s3".
};

struct HttpRequest {
    std::string method = "GET";
    std::string url{};
    HttpHeaders headers{};
    /// Sent with PUT and POST, as application/json unless `headers` say otherwise.
    std::string body{};
    std::optional<Signing> signing{};
    /// Certificates to trust instead of the system's, PEM; empty: the system's.
    std::string ca_file{};
    /// Documents and listings of ours are tens of kilobytes.
    std::size_t response_bytes_max = std::size_t{512} * 1024;
    int redirects_max = 0;
    /// Past any proxy: for metadata services and other neighbours.
    bool direct = false;
    /// A connection takes a round trip or a few; a lost packet is repeated after 1 s and again
    /// after 3.
    Duration connect_timeout = std::chrono::seconds{5};
    /// What is left of the budget, unless whoever asks has less patience.
    Duration timeout = Duration::max();
};

struct HttpResponse {
    int status = 0;
    HttpHeaders headers{};  ///< Of the last answer where redirects were followed; lower-case names.
    std::string body{};

    /// `name` in lower case; empty if there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

class HttpClient {
  public:
    /// Every request ends before `budget` has passed from here.
    explicit HttpClient(Duration budget);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Whatever the server answers, of any status; an error if there was no whole answer. The
    /// connection is kept for the next request.
    [[nodiscard]] Result<HttpResponse> send(const HttpRequest& request);

    /// Whether the last send() got as far as a connection, however it ended.
    [[nodiscard]] bool connected() const;

    /// What is left of the budget; zero or more.
    [[nodiscard]] Duration remaining() const;
    /// Waits, at most for what is left.
    void sleep(Duration pause) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Everything but letters, digits and "-._~" as %XX; with `keep_slashes`, slashes stay too. What
/// signatures are computed over, and right for any part of a URL.
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slashes = false);

/// "https://host:8443": what of a URL may stand in a sentence. "the URL" if it cannot be read.
[[nodiscard]] std::string site_of(const std::string& url);

/// The host of a URL, IPv6 without brackets; empty if it cannot be read.
[[nodiscard]] std::string host_of(const std::string& url);

/// Seconds since 1970 of an HTTP date, as in the header `date`; nothing if it is none.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(const std::string& text);

}  // namespace scrimp::helpers
