// The resolver `ec2`: Amazon's instance metadata service, version 2. A session begins with a PUT
// for a token, which every question then carries; version 1 is the same questions without one.
// Instances may be told to serve only the one or the other, and new ones serve version 2 only.
//
// The answer to the PUT is sent with a hop limit of 1 unless the instance says otherwise, so inside
// a container with a network of its own the connection comes about and the answer never arrives.

#include <cstdlib>

#include "helpers/metadata.h"
#include "helpers/rows.h"

namespace scrimp::helpers {
namespace {

constexpr std::string_view service = "an EC2 instance";
constexpr const char* default_endpoint = "http://169.254.169.254";
/// Seconds; one resolution takes one.
constexpr std::string_view token_lifetime = "60";
constexpr std::size_t token_chars_max = 1024;
constexpr int unauthorized = 401;

std::string_view path_of(Family family, Scope scope) {
    if (family == Family::Ipv6) return "/latest/meta-data/ipv6";
    return scope == Scope::Public ? "/latest/meta-data/public-ipv4"
                                  : "/latest/meta-data/local-ipv4";
}

class Imds {
  public:
    Imds(const MetadataSettings& settings, bool version1_allowed)
        : metadata_(service, settings), version1_allowed_(version1_allowed) {}

    Result<std::optional<Endpoint>> ask(Family family, Scope scope) {
        const std::string_view path = path_of(family, scope);
        return find(path).and_then(
            [&](const std::optional<std::string>& text) -> Result<std::optional<Endpoint>> {
                return text ? parse_metadata_address(*text, family) : std::optional<Endpoint>();
            });
    }

  private:
    Result<std::optional<std::string>> find(std::string_view path) {
        if (!begun_) {
            if (const auto begun = begin(); !begun) return tl::unexpected(begun.error());
        }
        auto response = metadata_.ask("GET", path, session_);
        if (response && response->status == unauthorized) {  // The token has run out.
            if (const auto begun = begin(); !begun) return tl::unexpected(begun.error());
            response = metadata_.ask("GET", path, session_);
        }
        if (!response) return tl::unexpected(response.error());
        if (response->status == unauthorized) return refused_token();
        return metadata_.read(path, *response);
    }

    /// Fetches a token, or goes on without one where that is allowed.
    Result<void> begin() {
        begun_ = true;
        session_.clear();
        const auto response =
            metadata_.ask("PUT", "/latest/api/token",
                          {{"X-aws-ec2-metadata-token-ttl-seconds", std::string(token_lifetime)}});
        if (response && response->status == 200 && !response->body.empty() &&
            response->body.size() <= token_chars_max) {
            session_ = {{"X-aws-ec2-metadata-token", response->body}};
            return {};
        }
        // Where nobody is there is no version 1 either.
        if (version1_allowed_ && metadata_.connected()) return {};
        if (response) return fail(why_no_token(response->status));
        if (!metadata_.connected()) return tl::unexpected(response.error());
        return fail(site_of(metadata_.endpoint()) +
                    " gave no IMDSv2 token within 2 s: inside a container, set the instance's "
                    "metadata response hop limit to 2");
    }

    std::string why_no_token(int status) const {
        const std::string said = site_of(metadata_.endpoint()) + " answers " +
                                 std::to_string(status) + " instead of an IMDSv2 token: ";
        if (status == 403)
            return said + "the instance's metadata service is switched off; enable it";
        if (status == 404 || status == 405) {
            return said +
                   "it speaks IMDSv1 only, or is no EC2 instance; 'allow-imdsv1' accepts that";
        }
        return said + "it is tried again";
    }

    tl::unexpected<Error> refused_token() const {
        return fail(site_of(metadata_.endpoint()) +
                    (session_.empty() ? " answers 401 to IMDSv1: the instance requires IMDSv2, "
                                        "whose token did not arrive; inside a container, set its "
                                        "metadata response hop limit to 2"
                                      : " refuses the token it has just given; it is tried again"));
    }

    Metadata metadata_;
    bool version1_allowed_;
    bool begun_ = false;
    HttpHeaders session_{};
};

/// As the AWS tools name it; what the configuration says comes first.
std::string endpoint_of_environment() {
    const char* const endpoint = std::getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    return endpoint != nullptr && *endpoint != '\0' ? endpoint : default_endpoint;
}

}  // namespace

Result<seed::HelperAnswer> resolve_ec2(const seed::HelperRequest& request) {
    Settings settings(request.config);
    const MetadataSettings wanted = metadata_settings(settings, endpoint_of_environment());
    const bool version1_allowed = settings.flag("allow-imdsv1", false);
    if (settings.fault()) return tl::unexpected(*settings.fault());
    Imds imds(wanted, version1_allowed);
    return choose_family("EC2", wanted,
                         [&](Family family) { return imds.ask(family, wanted.scope); });
}

}  // namespace scrimp::helpers
