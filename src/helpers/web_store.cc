// The store `http`: a seeds document at a URL, read by GET and, where load balancers are to publish
// there, written back by PUT.
//
// Two that write at once: where the server names the document's version (ETag), the PUT is for that
// version only (If-Match; If-None-Match: * for the first), and who is refused reads again. A weak
// ETag matches nothing by definition, and a server may know neither: then the last writer wins, and
// who was lost puts itself back when it publishes next.

#include <chrono>
#include <random>

#include "helpers/http.h"
#include "helpers/rows.h"
#include "helpers/settings.h"
#include "seed/document.h"

namespace scrimp::helpers {
namespace {

using namespace std::chrono_literals;

/// Each lost race means that another balancer got in: so many do not start at one moment.
constexpr int attempts_max = 16;
/// About what a read and a write take: who lost waits up to so long, so that two do not meet again.
constexpr Duration pause_max = 200ms;
/// A few to authorise us, some for a proxy on the way.
constexpr std::size_t headers_max = 32;

// The statuses that decide something.
constexpr int ok = 200;
constexpr int no_content = 204;
constexpr int not_found = 404;
constexpr int conflict = 409;
constexpr int gone = 410;
constexpr int precondition_failed = 412;

struct WebSettings {
    std::string url{};
    bool publish = false;
    std::string publish_url{};
    HttpHeaders headers{};
    std::string ca_file{};
    Duration expiry{};
    Duration budget{};
};

HttpHeaders headers_in(Settings& settings) {
    HttpHeaders headers;
    if (const Json* const object = settings.find("headers")) {
        if (!object->is_object() || object->size() > headers_max) {
            settings.refuse("headers", "must be an object of at most " +
                                           std::to_string(headers_max) + " headers");
            return headers;
        }
        for (const auto& [name, value] : object->items()) {
            const auto text = read_text(value);
            if (!text) settings.refuse("headers", text.error().message);
            headers.emplace_back(name, text.value_or(""));
        }
    }
    if (const std::string token = settings.secret("token-file"); !token.empty()) {
        headers.emplace_back("Authorization", "Bearer " + token);
    }
    return headers;
}

Result<WebSettings> read_settings(const Json& config) {
    Settings settings(config);
    WebSettings web{.url = settings.required_text("url"),
                    .publish = settings.flag("publish", false),
                    .publish_url = settings.text("publish-url"),
                    .headers = headers_in(settings),
                    .ca_file = settings.text("ca-file"),
                    .expiry = settings.expiry(),
                    .budget = settings.budget()};
    if (web.publish_url.empty()) web.publish_url = web.url;
    if (settings.fault()) return tl::unexpected(*settings.fault());
    return web;
}

/// What a status that is no success means, for the operator.
Error refusal(const std::string& url, int status) {
    const std::string said = site_of(url) + " answers " + std::to_string(status);
    if (status == 401 || status == 403) {
        return {said + ": it wants credentials, or others; check 'token-file' and 'headers'"};
    }
    if (status == not_found || status == gone) {
        return {said + ": nothing is at this URL; check its path"};
    }
    if (status >= 300 && status < 400) {
        return {said + ": the document has moved; write its new URL into the configuration"};
    }
    if (status == 405 || status == 501) {
        return {said +
                ": it accepts no PUT there; name one that does in 'publish-url', or publish "
                "elsewhere"};
    }
    return {said + "; it is tried again"};
}

/// A document, and which version of it, as one GET found it.
struct Version {
    std::vector<seed::Seed> seeds{};
    std::int64_t now = 0;  ///< By the server's clock if it tells, so that ages are one clock's.
    std::string etag{};
    bool exists = false;
};

class WebStore {
  public:
    explicit WebStore(WebSettings settings)
        : settings_(std::move(settings)), client_(settings_.budget) {}

    Result<std::vector<Endpoint>> fetch() {
        const auto response = send("GET", settings_.url, {}, {});
        if (!response) return tl::unexpected(response.error());
        // Where balancers write the document themselves, the first of them has not yet.
        if (is_missing(response->status) && settings_.publish) return std::vector<Endpoint>();
        if (response->status == no_content) return std::vector<Endpoint>();
        if (response->status != ok) {
            return tl::unexpected(refusal(settings_.url, response->status));
        }
        if (response->body.empty()) return std::vector<Endpoint>();
        return seed::parse_seeds(response->body)
            .map([&](const std::vector<seed::Seed>& seeds) {
                return seed::fresh_endpoints(seeds, time_of(*response), settings_.expiry);
            })
            .map_error([&](const Error& error) {
                return Error{site_of(settings_.url) + ": " + error.message};
            });
    }

    Result<void> publish(const Endpoint& self) {
        bool folder_doubted = false;
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            auto version = read();
            if (!version) return tl::unexpected(version.error());
            if (!seed::put_seed(version->seeds, self, version->now, settings_.expiry)) return {};
            const auto response = send("PUT", settings_.publish_url, condition_for(*version),
                                       seed::render_seeds(version->seeds));
            if (!response) return tl::unexpected(response.error());
            if (response->status >= 200 && response->status < 300) return {};
            if (response->status != precondition_failed && response->status != conflict) {
                return tl::unexpected(refusal(settings_.publish_url, response->status));
            }
            // WebDAV says the same of a document whose folder is missing (RFC 4918, 9.7.1) as
            // others of a lost race; after a race there is a document.
            if (response->status == conflict && !version->exists) {
                if (folder_doubted) return tl::unexpected(no_folder());
                folder_doubted = true;
            }
            client_.sleep(random_pause());
        }
        return fail(site_of(settings_.publish_url) + " refused " + std::to_string(attempts_max) +
                    " times to write what was just read; others write at the same time, and it is "
                    "tried again");
    }

  private:
    Result<HttpResponse> send(const std::string& method, const std::string& url,
                              const HttpHeaders& more, std::string body) {
        HttpRequest request{.method = method, .url = url, .headers = settings_.headers};
        request.headers.insert(request.headers.end(), more.begin(), more.end());
        request.body = std::move(body);
        request.ca_file = settings_.ca_file;
        request.response_bytes_max = seed::document_bytes_max;
        return client_.send(request);
    }

    /// A document that is none is overwritten, as the original does; nobody joins by it anyway.
    Result<Version> read() {
        // A cache on the way may keep a version that is no longer the server's.
        const auto response =
            send("GET", settings_.publish_url, {{"Cache-Control", "no-cache"}}, {});
        if (!response) return tl::unexpected(response.error());
        Version version{.now = time_of(*response)};
        if (is_missing(response->status)) return version;
        if (response->status != ok && response->status != no_content) {
            return tl::unexpected(refusal(settings_.publish_url, response->status));
        }
        version.exists = true;
        version.etag = response->header("etag");
        version.seeds = seed::parse_seeds(response->body).value_or(std::vector<seed::Seed>());
        return version;
    }

    static HttpHeaders condition_for(const Version& version) {
        if (!version.exists) return {{"If-None-Match", "*"}};
        if (version.etag.empty() || version.etag.starts_with("W/")) return {};
        return {{"If-Match", version.etag}};
    }

    /// The path is not shown: it may be the secret of whoever may write.
    Error no_folder() const {
        return {site_of(settings_.publish_url) +
                " answers 409: the folder that the document shall be in is missing there; make it, "
                "or correct the path in 'publish-url' or 'url'"};
    }

    static bool is_missing(int status) { return status == not_found || status == gone; }

    static std::int64_t time_of(const HttpResponse& response) {
        const auto date = parse_http_date(std::string(response.header("date")));
        if (date) return *date;
        return std::chrono::duration_cast<std::chrono::seconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }

    static Duration random_pause() {
        std::random_device chance;
        return pause_max * (chance() % 1024) / 1024;
    }

    WebSettings settings_;
    HttpClient client_;
};

}  // namespace

Result<seed::HelperAnswer> fetch_http(const seed::HelperRequest& request) {
    auto settings = read_settings(request.config);
    if (!settings) return tl::unexpected(settings.error());
    return WebStore(*std::move(settings)).fetch().map([](std::vector<Endpoint> seeds) {
        return seed::HelperAnswer{.seeds = std::move(seeds)};
    });
}

Result<seed::HelperAnswer> publish_http(const seed::HelperRequest& request) {
    auto settings = read_settings(request.config);
    if (!settings) return tl::unexpected(settings.error());
    return WebStore(*std::move(settings)).publish(*request.self).map([] {
        return seed::HelperAnswer{};
    });
}

}  // namespace scrimp::helpers
