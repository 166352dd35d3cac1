#include "helpers/s3_place.h"

#include <algorithm>

#include "helpers/http.h"

namespace scrimp::helpers {
namespace {

/// S3's own bounds of a bucket's name and of a key, the latter less what we append to it.
constexpr std::size_t bucket_chars_min = 3;
constexpr std::size_t bucket_chars_max = 63;
constexpr std::size_t key_chars_max = 1024 - 64;

constexpr std::string_view small_and_digits = "abcdefghijklmnopqrstuvwxyz0123456789";

bool consists_of(std::string_view text, std::string_view allowed) {
    return text.find_first_not_of(allowed) == std::string_view::npos;
}

/// China's regions are a cloud of their own.
std::string_view aws_domain_of(std::string_view region) {
    return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

/// `host` is `domain` or lies below it.
bool lies_in(std::string_view host, std::string_view domain) {
    return host == domain ||
           (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

}  // namespace

S3Place read_place(Settings& settings, const Environment& environment) {
    S3Place place;
    place.bucket = settings.required_text("bucket");
    // Both become parts of host names; nothing may hide in them.
    const bool sized =
        place.bucket.size() >= bucket_chars_min && place.bucket.size() <= bucket_chars_max;
    if (!sized || !consists_of(place.bucket, std::string(small_and_digits) + ".-_" +
                                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        settings.refuse("bucket", "must be 3 to 63 letters, digits, dots and hyphens");
    }
    place.region = settings.required_text("region");
    if (!consists_of(place.region, std::string(small_and_digits) + "-")) {
        settings.refuse("region", "must be small letters, digits and hyphens, like 'eu-west-1'");
    }
    place.key = settings.text("key", "scrimplb");
    if (place.key.empty() || place.key.size() > key_chars_max) {
        settings.refuse("key", "must have 1 to " + std::to_string(key_chars_max) + " characters");
    }
    std::string named_by = "endpoint";
    place.endpoint = settings.text("endpoint");
    for (const char* variable : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
        if (!place.endpoint.empty()) break;
        named_by = variable;
        place.endpoint = environment(variable).value_or("");
    }
    while (place.endpoint.ends_with('/')) place.endpoint.pop_back();
    const bool own_endpoint = !place.endpoint.empty();
    if (own_endpoint && host_of(place.endpoint).empty()) {
        settings.refuse(named_by, "must be like 'https://host:port'");
    }
    if (!own_endpoint) {
        place.endpoint =
            "https://s3." + place.region + "." + std::string(aws_domain_of(place.region));
    }
    const bool dotted = place.bucket.find('.') != std::string::npos;
    place.path_style = settings.flag("path-style", own_endpoint || dotted);
    place.ca_file = settings.text("ca-file");
    return place;
}

std::string url_of(const S3Place& place, std::string_view key) {
    const std::string object = percent_encode(key, true);
    if (place.path_style) {
        return place.endpoint + "/" + place.bucket + (key.empty() ? "" : "/") + object;
    }
    const std::size_t host = place.endpoint.find("://") + 3;
    return place.endpoint.substr(0, host) + place.bucket + "." + place.endpoint.substr(host) + "/" +
           object;
}

std::string list_url_of(const S3Place& place, std::string_view prefix,
                        std::string_view continuation) {
    // In the order of the alphabet: so they are signed.
    return url_of(place, "") + "?" +
           (continuation.empty() ? ""
                                 : "continuation-token=" + percent_encode(continuation) + "&") +
           "list-type=2&max-keys=1000&prefix=" + percent_encode(prefix);
}

bool may_redirect_to(const S3Place& place, const std::string& url) {
    if (!url.starts_with("https://") &&
        (place.endpoint.starts_with("https://") || !url.starts_with("http://"))) {
        return false;
    }
    const std::string host = host_of(url);
    const std::string endpoint = host_of(place.endpoint);
    const std::string_view aws = aws_domain_of(place.region);
    return lies_in(host, lies_in(endpoint, aws) ? aws : std::string_view(endpoint));
}

std::string own_prefix_of(const S3Place& place) {
    return place.key + ".d/";
}

std::string own_key_of(const S3Place& place, const Endpoint& balancer) {
    return own_prefix_of(place) + balancer.ip_text() + "-" + std::to_string(balancer.port) +
           ".json";
}

std::optional<Endpoint> balancer_of(const S3Place& place, std::string_view own_key) {
    constexpr std::string_view ending = ".json";
    const std::string prefix = own_prefix_of(place);
    if (!own_key.starts_with(prefix) || !own_key.ends_with(ending)) return std::nullopt;
    own_key.remove_prefix(prefix.size());
    own_key.remove_suffix(std::min(ending.size(), own_key.size()));
    const std::size_t dash = own_key.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto port = parse_port(own_key.substr(dash + 1));
    if (!port) return std::nullopt;
    const auto balancer = parse_ip(own_key.substr(0, dash), *port);
    if (!balancer || balancer->is_unspecified()) return std::nullopt;
    return *balancer;
}

}  // namespace scrimp::helpers
