// Who signs our requests to S3: the places AWS's own tools look at, in their order.
//
//   environment   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//   file          the profile (AWS_PROFILE, else "default") of AWS_SHARED_CREDENTIALS_FILE, else
//                 ~/.aws/credentials
//   container     AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with
//                 AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or _TOKEN: ECS and EKS
//   instance      the role of the EC2 instance, by IMDSv2 (a token first);
//                 AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_DISABLED
//
// A profile or a file that the configuration names is meant: then it alone is looked at. If none
// has credentials, one sentence says of each why not.
//
// Left out: what needs more than a look (single sign-on, web identities, credential processes) and
// ~/.aws/config. Where a web identity is set and nothing before the instance has credentials, that
// is said, and the instance's role not taken in its place. Nothing is kept: a helper lives for one
// request, and a secret that is stored nowhere is found nowhere.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "helpers/http.h"

namespace scrimp::helpers {

/// A variable of the environment; nothing if it is not set or empty.
using Environment = std::function<std::optional<std::string>(const char* name)>;
[[nodiscard]] std::optional<std::string> process_environment(const char* name);

struct CredentialsPlace {
    std::string profile{};  ///< Empty: AWS_PROFILE, else "default".
    std::string file{};     ///< Empty: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials.
};

struct Credentials {
    SigningKey key;
    std::string source;  ///< For sentences: "the environment", "profile 'x' of /path" …
};

/// Takes at most a few seconds of the client's budget. The error names every place and what was
/// wrong there, and never holds what was read.
[[nodiscard]] Result<Credentials> find_credentials(HttpClient& client,
                                                   const CredentialsPlace& place,
                                                   const Environment& environment);

/// The keys of `[profile]` in a shared credentials file's text.
[[nodiscard]] Result<SigningKey> parse_credentials_file(std::string_view text,
                                                        std::string_view profile);

/// What the container's and the instance's services answer.
[[nodiscard]] Result<SigningKey> parse_credentials_answer(std::string_view text);

/// Whether credentials may be asked for at this URL: https anywhere, http only within the machine
/// and its link, since the answer is a secret.
[[nodiscard]] bool is_fit_for_credentials(const std::string& url);

}  // namespace scrimp::helpers
