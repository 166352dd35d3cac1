// The store `etcd`: etcd_message.h says what lies where.

#include <algorithm>

#include "base/json.h"
#include "base/printable.h"
#include "helpers/etcd_message.h"
#include "helpers/http.h"
#include "helpers/rows.h"
#include "helpers/settings.h"

namespace scrimp::helpers {
namespace {

/// seeds_max keys with a document each, and room.
constexpr std::size_t answer_bytes_max = std::size_t{256} * 1024;
/// Clusters have three members, or five; the daemon's reader allows as many.
constexpr std::size_t endpoints_max = 16;
constexpr std::size_t text_chars_max = 160;

constexpr int ok = 200;
constexpr int forbidden = 403;
constexpr int server_error = 500;

std::string without_last_slashes(std::string text) {
    while (text.ends_with('/')) text.pop_back();
    return text;
}

struct EtcdSettings {
    std::vector<std::string> endpoints{};
    std::string prefix{};
    std::string username{};
    std::string password{};
    std::string ca_file{};
    Duration expiry{};
    Duration budget{};
};

/// Whether JSON can carry it: what is not UTF-8 would be lost on the way.
bool is_utf8(const std::string& text) {
    const auto carried = parse_json(Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore));
    return carried && *carried == Json(text);
}

std::vector<std::string> endpoints_in(Settings& settings) {
    std::vector<std::string> endpoints;
    const Json* const list = settings.find("endpoints");
    if (list == nullptr || !list->is_array() || list->empty() || list->size() > endpoints_max) {
        settings.refuse("endpoints",
                        "must be a list of one to " + std::to_string(endpoints_max) + " URLs");
        return endpoints;
    }
    for (const Json& each : *list) {
        auto url = read_text(each);
        if (!url) settings.refuse("endpoints", url.error().message);
        endpoints.push_back(without_last_slashes(url.value_or("")));
    }
    return endpoints;
}

Result<EtcdSettings> read_settings(const Json& config) {
    Settings settings(config);
    EtcdSettings etcd{.endpoints = endpoints_in(settings),
                      .prefix = without_last_slashes(settings.text("key", "scrimplb/seeds")),
                      .username = settings.text("username"),
                      .password = settings.secret("password-file"),
                      .ca_file = settings.text("ca-file"),
                      .expiry = settings.expiry(),
                      .budget = settings.budget()};
    if (etcd.prefix.empty()) settings.refuse("key", "must be more than slashes");
    if (!etcd.username.empty() && etcd.password.empty()) {
        settings.refuse("password-file", "required with 'username', and missing");
    }
    if (!is_utf8(etcd.password)) {
        settings.refuse("password-file", "its content is not UTF-8, as etcd's passwords are");
    }
    if (settings.fault()) return tl::unexpected(*settings.fault());
    return etcd;
}

/// One run's conversation with the first member that answers.
class Etcd {
  public:
    explicit Etcd(EtcdSettings settings)
        : settings_(std::move(settings)), client_(settings_.budget) {}

    [[nodiscard]] const EtcdSettings& settings() const { return settings_; }

    /// With a username, everything after this is done under that name.
    [[nodiscard]] Result<void> log_in() {
        if (settings_.username.empty()) return {};
        const auto answer = ask("/v3/auth/authenticate",
                                etcd_login_request(settings_.username, settings_.password));
        if (!answer) return tl::unexpected(answer.error());
        // An etcd that asks nobody for a name needs none.
        if (parse_etcd_refusal(answer->body) == "authentication is not enabled") return {};
        const auto token = answered(*answer).and_then(parse_etcd_token);
        if (!token) return tl::unexpected(token.error());
        token_ = *token;
        return {};
    }

    /// The body of an answer that is no refusal.
    [[nodiscard]] Result<std::string> call(const std::string& path, std::string body) {
        const auto answer = ask(path, std::move(body));
        if (!answer) return tl::unexpected(answer.error());
        return answered(*answer);
    }

  private:
    /// From the member that answered last on: members that cannot be reached or are in trouble, as
    /// those without a leader are, are passed over.
    Result<HttpResponse> ask(const std::string& path, std::string body) {
        HttpRequest request{.method = "POST", .body = std::move(body)};
        request.ca_file = settings_.ca_file;
        request.response_bytes_max = answer_bytes_max;
        if (!token_.empty()) request.headers.emplace_back("Authorization", token_);
        const std::size_t count = settings_.endpoints.size();
        std::string complaint;
        for (; current_ < count; ++current_) {
            request.url = settings_.endpoints[current_] + path;
            // Each gets an equal part of what time is left, so that one that hangs leaves some.
            request.timeout = client_.remaining() / static_cast<std::int64_t>(count - current_);
            auto response = client_.send(request);
            if (response && response->status < server_error) return response;
            complaint = response ? site_of(request.url) + " answers " +
                                       std::to_string(response->status) + " (" +
                                       parse_etcd_refusal(response->body) + "); it is tried again"
                                 : response.error().message;
        }
        if (count == 1) return fail(complaint);
        return fail("none of the " + std::to_string(count) +
                    " endpoints serves; the last: " + complaint);
    }

    Result<std::string> answered(const HttpResponse& answer) const {
        if (answer.status == ok) return answer.body;
        return fail(site_of(settings_.endpoints[current_]) + ": " + sentence_of(answer));
    }

    std::string sentence_of(const HttpResponse& answer) const {
        const std::string refusal = parse_etcd_refusal(answer.body);
        const std::string user =
            settings_.username.empty()
                ? "without a username"
                : "user '" + printable(settings_.username, text_chars_max) + "'";
        if (refusal.empty()) {
            return "answers " + std::to_string(answer.status) +
                   " and not as etcd does; 'endpoints' must name etcd's client port, version 3.4 "
                   "or newer";
        }
        if (refusal == "user name is empty") {
            return "etcd asks who we are; set 'username' and 'password-file'";
        }
        if (refusal.starts_with("authentication failed")) {
            return "etcd refuses " + user +
                   " or the password; check 'username' and what is in "
                   "'password-file'";
        }
        if (answer.status == forbidden) {
            return "etcd denies " + user + " access; grant its role readwrite on the prefix '" +
                   printable(settings_.prefix, text_chars_max) + "/'";
        }
        return "etcd refuses: " + refusal;
    }

    EtcdSettings settings_;
    HttpClient client_;
    std::size_t current_ = 0;
    std::string token_{};
};

Result<void> put_self(Etcd& etcd, const Endpoint& self) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(etcd.settings().expiry).count();
    // A lease of its own each time: the key moves over to the new one, and the old one, which holds
    // nothing any more, is given up. Keeping one alive would mean to ask for it first, and to make
    // one anew wherever it was lost.
    const auto lease =
        etcd.call("/v3/lease/grant", etcd_lease_request(seconds)).and_then(parse_etcd_lease);
    if (!lease) return tl::unexpected(lease.error());
    const auto put =
        etcd.call("/v3/kv/put", etcd_put_request(etcd.settings().prefix, self, *lease));
    if (!put) return tl::unexpected(put.error());
    const std::string before = parse_etcd_previous_lease(*put);
    // What cannot be given up ends by itself: the publication stands.
    if (!before.empty()) (void)etcd.call("/v3/lease/revoke", etcd_revoke_request(before));
    return {};
}

}  // namespace

Result<seed::HelperAnswer> fetch_etcd(const seed::HelperRequest& request) {
    auto settings = read_settings(request.config);
    if (!settings) return tl::unexpected(settings.error());
    Etcd etcd(*std::move(settings));
    if (const auto known = etcd.log_in(); !known) return tl::unexpected(known.error());
    return etcd.call("/v3/kv/range", etcd_range_request(etcd.settings().prefix))
        .and_then(parse_etcd_range)
        .map([](std::vector<Endpoint> seeds) {
            return seed::HelperAnswer{.seeds = std::move(seeds)};
        });
}

Result<seed::HelperAnswer> publish_etcd(const seed::HelperRequest& request) {
    auto settings = read_settings(request.config);
    if (!settings) return tl::unexpected(settings.error());
    Etcd etcd(*std::move(settings));
    if (const auto known = etcd.log_in(); !known) return tl::unexpected(known.error());
    if (const auto put = put_self(etcd, *request.self); !put) return tl::unexpected(put.error());
    return seed::HelperAnswer{};
}

}  // namespace scrimp::helpers
