#include "helpers/credentials.h"

#include <algorithm>
#include <cstdlib>

#include "base/endpoint.h"
#include "base/json.h"
#include "base/printable.h"
#include "helpers/files.h"

namespace scrimp::helpers {
namespace {

/// Dozens of profiles; a file that is larger holds something else.
constexpr std::size_t file_bytes_max = std::size_t{256} * 1024;
/// A document of a few keys, the session token among them some 1.5 KiB long.
constexpr std::size_t answer_bytes_max = std::size_t{16} * 1024;
/// Of names and paths in sentences.
constexpr std::size_t name_chars_max = 100;
/// The services answer from the machine itself or its neighbour; where there is none, packets
/// vanish, and a second and two are what AWS's own tools wait.
constexpr Duration service_connect_timeout = std::chrono::seconds{1};
constexpr Duration service_timeout = std::chrono::seconds{2};

constexpr std::string_view container_service = "http://169.254.170.2";
constexpr std::string_view instance_service = "http://169.254.169.254";

std::string in_quotes(std::string_view text) {
    return "'" + printable(text, name_chars_max) + "'";
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

Result<Credentials> from_environment(const Environment& environment) {
    const auto id = environment("AWS_ACCESS_KEY_ID");
    if (!id) return fail("AWS_ACCESS_KEY_ID is not set");
    const auto secret = environment("AWS_SECRET_ACCESS_KEY");
    if (!secret) return fail("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
    return Credentials{{*id, *secret, environment("AWS_SESSION_TOKEN").value_or("")},
                       "the environment"};
}

Result<Credentials> from_file(const CredentialsPlace& place, const Environment& environment) {
    std::string path = place.file;
    if (path.empty()) path = environment("AWS_SHARED_CREDENTIALS_FILE").value_or("");
    if (path.empty()) {
        const auto home = environment("HOME");
        if (!home) return fail("neither AWS_SHARED_CREDENTIALS_FILE nor HOME is set");
        path = *home + "/.aws/credentials";
    }
    std::string profile = place.profile;
    if (profile.empty()) profile = environment("AWS_PROFILE").value_or("default");
    const auto text = read_whole_file(path, file_bytes_max);
    if (!text) return fail(in_quotes(path) + ": " + text.error().message);
    auto key = parse_credentials_file(*text, profile);
    if (!key) return fail(in_quotes(path) + ": " + key.error().message);
    return Credentials{*std::move(key), "profile " + in_quotes(profile) + " of " + in_quotes(path)};
}

Result<std::string> ask(HttpClient& client, HttpRequest request) {
    request.response_bytes_max = answer_bytes_max;
    request.connect_timeout = service_connect_timeout;
    request.timeout = service_timeout;
    request.direct = true;
    auto response = client.send(request);
    if (!response) return tl::unexpected(response.error());
    if (response->status == 200) return std::move(response->body);
    return fail(site_of(request.url) + " answered " + std::to_string(response->status));
}

Result<Credentials> from_container(HttpClient& client, const Environment& environment) {
    HttpRequest request;
    if (const auto path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
        request.url = std::string(container_service) + (path->starts_with('/') ? "" : "/") + *path;
    } else if (const auto url = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        if (!is_fit_for_credentials(*url)) {
            return fail(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to a loopback "
                "or link-local address");
        }
        request.url = *url;
    } else {
        return fail("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
    }
    if (const auto path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
        const auto token = read_whole_file(*path, answer_bytes_max);
        if (!token) return fail(in_quotes(*path) + ": " + token.error().message);
        request.headers.emplace_back("Authorization", trimmed(*token));
    } else if (const auto token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
        request.headers.emplace_back("Authorization", *token);
    }
    const auto answer = ask(client, request);
    if (!answer) return tl::unexpected(answer.error());
    auto key = parse_credentials_answer(*answer);
    if (!key) return fail(site_of(request.url) + ": " + key.error().message);
    return Credentials{*std::move(key), "the container's service at " + site_of(request.url)};
}

Result<Credentials> from_instance(HttpClient& client, const Environment& environment) {
    if (environment("AWS_EC2_METADATA_DISABLED") == "true") {
        return fail("AWS_EC2_METADATA_DISABLED is true");
    }
    std::string service =
        environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(std::string(instance_service));
    while (service.ends_with('/')) service.pop_back();
    const auto token = ask(client, {.method = "PUT",
                                    .url = service + "/latest/api/token",
                                    // We are done within seconds.
                                    .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "60"}}});
    if (!token) return tl::unexpected(token.error());
    const HttpHeaders headers = {{"X-aws-ec2-metadata-token", std::string(trimmed(*token))}};
    const std::string roles = service + "/latest/meta-data/iam/security-credentials/";
    const auto list = ask(client, {.url = roles, .headers = headers});
    if (!list) return fail(list.error().message + " when asked for a role; attach one");
    const std::string role(trimmed(std::string_view(*list).substr(0, list->find('\n'))));
    if (role.empty()) return fail("this instance has no role; attach one that may use the bucket");
    const auto answer = ask(client, {.url = roles + percent_encode(role), .headers = headers});
    if (!answer) return tl::unexpected(answer.error());
    auto key = parse_credentials_answer(*answer);
    if (!key) return fail("role " + in_quotes(role) + ": " + key.error().message);
    return Credentials{*std::move(key), "the instance's role " + in_quotes(role)};
}

}  // namespace

std::optional<std::string> process_environment(const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
}

Result<Credentials> find_credentials(HttpClient& client, const CredentialsPlace& place,
                                     const Environment& environment) {
    if (!place.profile.empty() || !place.file.empty()) {
        auto meant = from_file(place, environment);
        if (meant) return meant;
        return fail("no credentials in " + meant.error().message);
    }
    auto variables = from_environment(environment);
    if (variables) return variables;
    auto file = from_file(place, environment);
    if (file) return file;
    auto container = from_container(client, environment);
    if (container) return container;
    // The instance's role is not meant where a role of one's own is, and may do other things.
    if (environment("AWS_WEB_IDENTITY_TOKEN_FILE")) {
        return fail(
            "no credentials: AWS_WEB_IDENTITY_TOKEN_FILE is set, a role of a Kubernetes service "
            "account (IRSA), which is not supported; use EKS Pod Identity, or keys in the "
            "environment or a file");
    }
    auto instance = from_instance(client, environment);
    if (instance) return instance;
    return fail("no credentials; environment: " + variables.error().message +
                "; file: " + file.error().message + "; container: " + container.error().message +
                "; instance role: " + instance.error().message);
}

Result<SigningKey> parse_credentials_file(std::string_view text, std::string_view profile) {
    SigningKey key;
    bool seen = false;
    bool within = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.front() == '[') {
            within = line.back() == ']' && trimmed(line.substr(1, line.size() - 2)) == profile;
            seen = seen || within;
            continue;
        }
        const std::size_t equals = line.find('=');
        if (!within || equals == std::string_view::npos) continue;
        const std::string_view name = trimmed(line.substr(0, equals));
        const std::string_view value = trimmed(line.substr(equals + 1));
        if (name == "aws_access_key_id") key.access_key_id = value;
        if (name == "aws_secret_access_key") key.secret_access_key = value;
        if (name == "aws_session_token") key.session_token = value;
    }
    if (!seen) return fail("there is no profile " + in_quotes(profile));
    if (key.access_key_id.empty() || key.secret_access_key.empty()) {
        return fail("profile " + in_quotes(profile) +
                    " lacks aws_access_key_id or aws_secret_access_key");
    }
    return key;
}

Result<SigningKey> parse_credentials_answer(std::string_view text) {
    const auto answer = parse_json(text, {.bytes_max = answer_bytes_max});
    // What stands where is not told: it may be half of a secret.
    if (!answer || !answer->is_object()) return fail("the answer is no JSON object");
    const auto text_at = [&](std::string_view key) {
        const Json* const value = find_member(*answer, key);
        return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
    };
    SigningKey key{text_at("accesskeyid"), text_at("secretaccesskey"), text_at("token")};
    if (!key.access_key_id.empty() && !key.secret_access_key.empty()) return key;
    const std::string code = text_at("code");
    return fail("the answer holds no keys" + (code.empty() ? "" : " (" + in_quotes(code) + ")"));
}

bool is_fit_for_credentials(const std::string& url) {
    if (url.starts_with("https://")) return true;
    if (!url.starts_with("http://")) return false;
    const std::string host = host_of(url);
    if (host == "localhost") return true;
    const auto address = parse_ip(host);
    if (!address) return false;
    if (address->is_loopback()) return true;
    const auto& ip = address->ip;
    if (address->is_ipv4()) return ip[12] == 169 && ip[13] == 254;
    // fe80::/10, and the two addresses at which EC2 keeps its services.
    return (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) || host == "fd00:ec2::23" ||
           host == "fd00:ec2::254";
}

}  // namespace scrimp::helpers
