#include "helpers/s3_bucket.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <random>

#include "helpers/xml.h"

namespace scrimp::helpers {
namespace {

using namespace std::chrono_literals;

/// What S3 asks its clients to do when it is busy: again, a little later, then leave it.
constexpr int attempts_max = 3;
constexpr Duration pause_min = 20ms;
constexpr Duration pause_max = 1s;

/// A page has a thousand objects. Where nobody may remove what dead balancers left, ten thousand
/// are years of a balancer replaced twice a day, and read within seconds.
constexpr int pages_max = 10;

constexpr int temporary_redirect = 307;
constexpr int too_many_requests = 429;
constexpr int server_error = 500;
constexpr int not_implemented = 501;

bool is_success(int status) {
    return status >= 200 && status < 300;
}

bool is_momentary(int status) {
    return status == too_many_requests || (status >= server_error && status != not_implemented);
}

std::int64_t machine_clock() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::uint64_t entropy() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

S3Bucket::S3Bucket(HttpClient& client, S3Place place, Credentials credentials)
    : client_(client),
      place_(std::move(place)),
      credentials_(std::move(credentials)),
      now_(machine_clock()),
      random_(entropy()) {}

S3Result<HttpResponse> S3Bucket::send(const S3Attempt& attempt, HttpRequest request) {
    request.signing = Signing{credentials_.key, place_.region, "s3"};
    request.ca_file = place_.ca_file;
    bool redirected = false;
    for (int tries = 1;; ++tries) {
        auto response = client_.send(request);
        if (!response) return tl::unexpected(S3Error{.message = response.error().message});
        if (const auto date = parse_http_date(std::string(response->header("date")))) now_ = *date;
        if (is_success(response->status)) return *std::move(response);
        const std::string target(response->header("location"));
        if (response->status == temporary_redirect && !redirected &&
            may_redirect_to(place_, target)) {
            redirected = true;
            request.url = target;
        } else if (is_momentary(response->status) && tries < attempts_max) {
            pause(tries + attempts_max);
        } else {
            return tl::unexpected(
                explain(place_, credentials_, attempt, *response, machine_clock()));
        }
    }
}

S3Result<S3Object> S3Bucket::read(const std::string& key) {
    auto response = send({"s3:GetObject", key}, {.url = url_of(place_, key)});
    if (!response) return tl::unexpected(response.error());
    const auto modified = parse_http_date(std::string(response->header("last-modified")));
    return S3Object{std::move(response->body), std::string(response->header("etag")),
                    modified.value_or(now_)};
}

S3Result<std::string> S3Bucket::write(const std::string& key, const std::string& text,
                                      const HttpHeaders& condition) {
    const auto response =
        send({"s3:PutObject", key},
             {.method = "PUT", .url = url_of(place_, key), .headers = condition, .body = text});
    if (!response) return tl::unexpected(response.error());
    return std::string(response->header("etag"));
}

S3Result<void> S3Bucket::remove(const std::string& key) {
    const auto response =
        send({"s3:DeleteObject", key}, {.method = "DELETE", .url = url_of(place_, key)});
    if (!response && response.error().fault != S3Fault::Missing) {
        return tl::unexpected(response.error());
    }
    return {};
}

S3Result<std::vector<S3Listed>> S3Bucket::list(const std::string& prefix) {
    std::vector<S3Listed> listed;
    std::string continuation;
    for (int page = 0; page < pages_max; ++page) {
        auto next = list_page(prefix, continuation, listed);
        if (!next) return tl::unexpected(next.error());
        if (next->empty()) break;
        continuation = *std::move(next);
    }
    return listed;
}

/// Adds to `listed`; what the next page continues from, empty if this was the last.
S3Result<std::string> S3Bucket::list_page(const std::string& prefix,
                                          const std::string& continuation,
                                          std::vector<S3Listed>& listed) {
    const auto response =
        send({"s3:ListBucket", ""}, {.url = list_url_of(place_, prefix, continuation)});
    if (!response) return tl::unexpected(response.error());
    const auto leaves = parse_xml(response->body);
    if (!leaves) {
        return tl::unexpected(S3Error{.message = site_of(place_.endpoint) +
                                                 " sent a list that cannot be read: " +
                                                 leaves.error().message + "; check 'endpoint'"});
    }
    // The key stands before what is told of it.
    for (const XmlLeaf& leaf : *leaves) {
        if (leaf.path == "ListBucketResult/Contents/Key") listed.push_back({leaf.text, now_});
        if (leaf.path != "ListBucketResult/Contents/LastModified" || listed.empty()) continue;
        if (const auto time = parse_s3_time(leaf.text)) listed.back().modified = *time;
    }
    return std::string(find_text(*leaves, "ListBucketResult/NextContinuationToken"));
}

void S3Bucket::pause(int attempt) {
    // Doubled five times it is near pause_max.
    const Duration bound = std::min(pause_min * (1 << std::clamp(attempt, 0, 6)), pause_max);
    client_.sleep(pause_min / 4 + random_.below(bound));
}

std::optional<std::int64_t> parse_s3_time(const std::string& text) {
    std::tm time{};
    int read = 0;
    if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &time.tm_year, &time.tm_mon,
                    &time.tm_mday, &time.tm_hour, &time.tm_min, &time.tm_sec, &read) != 6 ||
        !text.ends_with('Z') || read != 19) {
        return std::nullopt;
    }
    time.tm_year -= 1900;
    time.tm_mon -= 1;
    return timegm(&time);
}

}  // namespace scrimp::helpers
