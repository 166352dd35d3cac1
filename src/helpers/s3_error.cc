#include "helpers/s3_error.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/printable.h"
#include "helpers/xml.h"

namespace scrimp::helpers {
namespace {

// Of foreign text in a sentence.
constexpr std::size_t name_chars_max = 100;
constexpr std::size_t message_chars_max = 120;

// The statuses that decide something.
constexpr int moved = 301;
constexpr int bad_request = 400;
constexpr int not_found = 404;
constexpr int conflict = 409;
constexpr int precondition_failed = 412;
constexpr int too_many_requests = 429;
constexpr int server_error = 500;
constexpr int not_implemented = 501;

std::string in_quotes(std::string_view text) {
    return "'" + printable(text, name_chars_max) + "'";
}

/// What the parts of one sentence are made of.
struct Case {
    const S3Place& place;
    const Credentials& credentials;
    const S3Attempt& attempt;
    const HttpResponse& response;
    std::int64_t clock;
    std::vector<XmlLeaf> leaves{};
    std::string code{};
};

std::string store(const Case& c) {
    return site_of(c.place.endpoint);
}

std::string bucket(const Case& c) {
    return "bucket " + in_quotes(c.place.bucket);
}

/// "40 s", "17 min", "5 h": as exact as somebody who sets a clock wants it.
std::string roughly(std::int64_t seconds) {
    if (seconds < 120) return std::to_string(seconds) + " s";
    if (seconds < 7200) return std::to_string(seconds / 60) + " min";
    return std::to_string(seconds / 3600) + " h";
}

std::string no_such_bucket(const Case& c) {
    return bucket(c) + " does not exist at " + store(c) +
           "; create it, or correct 'bucket', 'region' or 'endpoint'";
}

std::string unknown_access_key(const Case& c) {
    return store(c) + " does not know the access key of " + c.credentials.source +
           "; correct it, or make a new one";
}

std::string wrong_secret(const Case& c) {
    return "the secret key of " + c.credentials.source + " does not fit its access key, says " +
           store(c) + "; correct it";
}

std::string expired(const Case& c) {
    return "the session token of " + c.credentials.source + " has expired; get a new one";
}

std::string bad_token(const Case& c) {
    return "the session token of " + c.credentials.source + " is not valid at " + store(c) +
           "; get a new one, or remove it if these keys need none";
}

std::string wrong_clock(const Case& c) {
    const auto theirs = parse_http_date(std::string(c.response.header("date")));
    std::string off = "is too far off";
    if (theirs && *theirs != c.clock) {
        off = "is " + roughly(std::abs(c.clock - *theirs)) +
              (c.clock > *theirs ? " ahead of" : " behind");
    }
    return "this machine's clock " + off + (theirs ? " that of " + store(c) : "") +
           ", which refuses what is more than 15 min off; set it, and keep it set "
           "(timedatectl set-ntp true)";
}

std::string access_denied(const Case& c) {
    std::string sentence = bucket(c) + " denies " + std::string(c.attempt.permission);
    if (!c.attempt.key.empty()) sentence += " on " + in_quotes(c.attempt.key);
    sentence += " to " + c.credentials.source + "; allow it in the policy";
    if (c.attempt.permission == "s3:GetObject") {
        sentence += ", and s3:ListBucket, without which an object that is not there yet is denied";
    }
    return sentence;
}

struct Known {
    std::string_view code;
    S3Fault fault;
    std::string (*sentence)(const Case&);
};

constexpr auto known = std::to_array<Known>({
    {"NoSuchBucket", S3Fault::Other, no_such_bucket},
    {"InvalidAccessKeyId", S3Fault::Other, unknown_access_key},
    {"SignatureDoesNotMatch", S3Fault::Other, wrong_secret},
    {"ExpiredToken", S3Fault::Other, expired},
    {"TokenRefreshRequired", S3Fault::Other, expired},
    {"InvalidToken", S3Fault::Other, bad_token},
    {"RequestTimeTooSkewed", S3Fault::Other, wrong_clock},
    {"AccessDenied", S3Fault::Denied, access_denied},
    {"AllAccessDisabled", S3Fault::Denied, access_denied},
});

/// `text` of the store without what it repeats of our secrets.
std::string redacted(std::string text, const SigningKey& key) {
    for (const std::string& secret : {key.secret_access_key, key.session_token}) {
        if (secret.empty()) continue;
        constexpr std::string_view instead = "...";
        for (std::size_t at = text.find(secret); at != std::string::npos;
             at = text.find(secret, at + instead.size())) {
            text.replace(at, secret.size(), instead);
        }
    }
    return text;
}

/// Where the bucket is, if the store says that it is not in the region that was signed for.
std::string right_region(const Case& c) {
    std::string region(c.response.header("x-amz-bucket-region"));
    if (region.empty()) region = find_text(c.leaves, "Error/Region");
    return region == c.place.region ? std::string() : redacted(region, c.credentials.key);
}

std::string anything_else(const Case& c) {
    std::string sentence = store(c) + " answered " + std::to_string(c.response.status);
    if (c.code.empty()) return sentence + ", and not as S3 does; check 'endpoint'";
    sentence += " " + printable(c.code, name_chars_max);
    const std::string_view message = find_text(c.leaves, "Error/Message");
    if (!message.empty()) sentence += " (" + printable(message, message_chars_max) + ")";
    return sentence + " to " + std::string(c.attempt.permission);
}

S3Error refusal(const Case& c) {
    const int status = c.response.status;
    if (status == not_found && c.code == "NoSuchKey") {
        return {S3Fault::Missing,
                "there is no object " + in_quotes(c.attempt.key) + " in " + bucket(c)};
    }
    if (status == precondition_failed || status == conflict) {
        return {S3Fault::Refused,
                "somebody else wrote " + in_quotes(c.attempt.key) + " of " + bucket(c)};
    }
    const bool of_region = status == moved || c.code == "PermanentRedirect" ||
                           c.code == "AuthorizationHeaderMalformed" ||
                           c.code == "IllegalLocationConstraintException";
    if (of_region) {
        const std::string region = right_region(c);
        if (region.empty()) {
            return {S3Fault::Other, bucket(c) + " is in another region than " +
                                        in_quotes(c.place.region) + "; correct 'region'"};
        }
        return {S3Fault::Other, bucket(c) + " is in region " + in_quotes(region) + ", not in " +
                                    in_quotes(c.place.region) + "; set 'region' to " +
                                    in_quotes(region)};
    }
    const auto row = std::ranges::find(known, c.code, &Known::code);
    if (row != known.end()) return {row->fault, row->sentence(c)};
    if (status == not_implemented || c.code == "NotImplemented" ||
        (status == bad_request && (c.code == "InvalidRequest" || c.code == "InvalidArgument"))) {
        return {S3Fault::Unsupported, anything_else(c)};
    }
    if (status >= server_error || status == too_many_requests) {
        return {S3Fault::Other, store(c) + " is overloaded or out of order (" +
                                    std::to_string(status) + (c.code.empty() ? "" : " ") +
                                    printable(c.code, name_chars_max) +
                                    "); it is tried again later"};
    }
    return {S3Fault::Other, anything_else(c)};
}

}  // namespace

S3Error explain(const S3Place& place, const Credentials& credentials, const S3Attempt& attempt,
                const HttpResponse& response, std::int64_t clock) {
    Case c{place, credentials, attempt, response, clock};
    if (auto leaves = parse_xml(response.body)) {
        c.leaves = *std::move(leaves);
        for (XmlLeaf& leaf : c.leaves) leaf.text = redacted(std::move(leaf.text), credentials.key);
        c.code = find_text(c.leaves, "Error/Code");
    }
    return refusal(c);
}

}  // namespace scrimp::helpers
