// One bucket: read, write, remove and list, each signed, each failure a fault and a sentence.
//
// A store that is overloaded is asked three times within one call; a temporary redirect is followed
// once, signed anew, to the store's own hosts only. The time is the store's, from its answers: ages
// are told by one clock, however far the balancers' own are apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "helpers/credentials.h"
#include "helpers/http.h"
#include "helpers/s3_error.h"
#include "helpers/s3_place.h"

namespace scrimp::helpers {

struct S3Object {
    std::string text;
    std::string etag;       ///< As the store wrote it, quotes and all; it may give none.
    std::int64_t modified;  ///< Unix seconds, by the store's clock; now where it does not tell.
};

struct S3Listed {
    std::string key;
    std::int64_t modified;  ///< Unix seconds, by the store's clock.
};

template <class T>
using S3Result = Result<T, S3Error>;

class S3Bucket {
  public:
    /// Borrows `client`.
    S3Bucket(HttpClient& client, S3Place place, Credentials credentials);

    [[nodiscard]] S3Result<S3Object> read(const std::string& key);
    /// With `condition`, "If-Match" or "If-None-Match", only if that holds, where the store
    /// honours it. The new ETag.
    [[nodiscard]] S3Result<std::string> write(const std::string& key, const std::string& text,
                                              const HttpHeaders& condition = {});
    /// No fault if it is not there.
    [[nodiscard]] S3Result<void> remove(const std::string& key);
    /// The first ten thousand, in no certain order.
    [[nodiscard]] S3Result<std::vector<S3Listed>> list(const std::string& prefix);

    [[nodiscard]] const S3Place& place() const { return place_; }
    /// Unix seconds by the store's clock as of its last answer; by ours before that.
    [[nodiscard]] std::int64_t now() const { return now_; }
    /// Whether the client's budget leaves some for a further read and write.
    [[nodiscard]] bool has_time() const { return client_.remaining() > read_and_write; }
    /// Waits for a moment by chance, longer for a higher `attempt`, so that those who met once do
    /// not meet again.
    void pause(int attempt);

  private:
    /// Round trips within a region take a few milliseconds, around the world some three hundred.
    static constexpr Duration read_and_write = std::chrono::milliseconds{600};

    [[nodiscard]] S3Result<HttpResponse> send(const S3Attempt& attempt, HttpRequest request);
    [[nodiscard]] S3Result<std::string> list_page(const std::string& prefix,
                                                  const std::string& continuation,
                                                  std::vector<S3Listed>& listed);

    HttpClient& client_;
    S3Place place_;
    Credentials credentials_;
    std::int64_t now_;
    Random random_;
};

/// "2026-11-23T08:14:14.000Z" in Unix seconds; nothing if it is none.
[[nodiscard]] std::optional<std::int64_t> parse_s3_time(const std::string& text);

}  // namespace scrimp::helpers
