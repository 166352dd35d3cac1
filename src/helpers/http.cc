#include "helpers/http.h"

#include <curl/curl.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/printable.h"

namespace scrimp::helpers {
namespace {

using Steady = std::chrono::steady_clock;

/// Servers send a dozen headers or two; what is beyond is not ours to keep.
constexpr std::size_t headers_max = 100;
/// libcurl's own words about what went wrong, quoted in a sentence.
constexpr std::size_t detail_chars_max = 160;
constexpr std::size_t site_chars_max = 120;

struct FreeCurl {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeCurl>;
using HeaderList = std::unique_ptr<curl_slist, FreeCurl>;

/// What one transfer fills.
struct Reception {
    std::size_t bytes_max;
    HttpResponse response{};
    bool too_large = false;
};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    return text;
}

std::size_t take_body(const char* bytes, std::size_t, std::size_t count, void* to) {
    Reception& reception = *static_cast<Reception*>(to);
    reception.too_large = count > reception.bytes_max - reception.response.body.size();
    if (reception.too_large) return 0;
    reception.response.body.append(bytes, count);
    return count;
}

std::size_t take_header(const char* bytes, std::size_t, std::size_t count, void* to) {
    HttpResponse& response = static_cast<Reception*>(to)->response;
    const std::string_view line(bytes, count);
    if (line.starts_with("HTTP/")) {  // A new answer: after "100 Continue", or after a redirect.
        response.headers.clear();
        return count;
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && response.headers.size() < headers_max) {
        response.headers.emplace_back(lower(trimmed(line.substr(0, colon))),
                                      trimmed(line.substr(colon + 1)));
    }
    return count;
}

std::string sha256_hex(std::string_view text) {
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&context, digest.size(), digest.data());
    return to_hex(std::as_bytes(std::span(digest)));
}

/// One part of a URL; empty if it has none or cannot be read.
std::string part_of(const std::string& url, CURLUPart part) {
    const std::unique_ptr<CURLU, FreeCurl> handle(curl_url());
    char* text = nullptr;
    if (curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
        curl_url_get(handle.get(), part, &text, 0) != CURLUE_OK) {
        return {};
    }
    std::string out(text);
    curl_free(text);
    return out;
}

bool has_body(const HttpRequest& request) {
    return request.method == "PUT" || request.method == "POST";
}

/// As they go out, or nothing if one would smuggle in another line.
std::optional<HeaderList> headers_of(const HttpRequest& request) {
    HttpHeaders headers = request.headers;
    const auto is_content_type = [](const auto& header) {
        return lower(header.first) == "content-type";
    };
    if (has_body(request) && std::ranges::none_of(headers, is_content_type)) {
        headers.emplace_back("Content-Type", "application/json");
    }
    if (request.signing) {
        headers.emplace_back("x-amz-content-sha256",
                             sha256_hex(has_body(request) ? request.body : ""));
        if (!request.signing->key.session_token.empty()) {
            headers.emplace_back("x-amz-security-token", request.signing->key.session_token);
        }
    }
    HeaderList list;
    for (const auto& [name, value] : headers) {
        const std::string line = name + ": " + value;
        if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) return {};
        curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
        SCRIMP_ASSERT(longer != nullptr);
        (void)list.release();
        list.reset(longer);
    }
    return list;
}

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
    // Fails only for an option this libcurl does not know, which is a mistake of the build.
    SCRIMP_ASSERT(curl_easy_setopt(curl, option, value) == CURLE_OK);
}

long milliseconds(Duration duration) {
    // Zero would mean "no limit".
    return std::max<long>(1,
                          std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

void set_method(CURL* curl, const HttpRequest& request) {
    if (request.method == "GET") return;
    if (request.method == "HEAD") {
        set(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    if (has_body(request)) {
        set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    }
    if (request.method != "POST") set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_signing(CURL* curl, const Signing& signing) {
    set(curl, CURLOPT_AWS_SIGV4, ("aws:amz:" + signing.region + ":" + signing.service).c_str());
    set(curl, CURLOPT_USERNAME, signing.key.access_key_id.c_str());
    set(curl, CURLOPT_PASSWORD, signing.key.secret_access_key.c_str());
}

std::string trust_of(const HttpRequest& request) {
    return request.ca_file.empty() ? "the system's certificates (ca-certificates)"
                                   : "'" + printable(request.ca_file, site_chars_max) + "'";
}

/// The sentence for a transfer that failed. `detail` is libcurl's own, without a secret: names,
/// addresses, ports, sizes and TLS alerts. `limit_is_ours`: the time that ended was not the budget.
std::string sentence_of(CURLcode code, const HttpRequest& request, const std::string& detail,
                        bool limit_is_ours) {
    const std::string site = site_of(request.url);
    const std::string host = "'" + printable(host_of(request.url), site_chars_max) + "'";
    switch (code) {
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return "the URL cannot be used (" + detail + "); write it as https://host/path";
        case CURLE_COULDNT_RESOLVE_HOST:
            return "the name " + host + " cannot be resolved; check its spelling and the DNS";
        case CURLE_COULDNT_RESOLVE_PROXY:
            return "the proxy's name cannot be resolved; check the variable https_proxy or "
                   "http_proxy";
        case CURLE_COULDNT_CONNECT:
            return "no connection to " + site + " (" + detail +
                   "); check that it runs and that no firewall is in between";
        case CURLE_OPERATION_TIMEDOUT:
            return site + " did not answer in time (" + detail + "); check the network" +
                   (limit_is_ours ? ", since 'timeout' does not change this limit"
                                  : ", or raise 'timeout'");
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
            return "the TLS certificate of " + site + " is not trusted (" + detail +
                   "); trusted is " + trust_of(request) +
                   ", another authority is named by 'ca-file'";
        case CURLE_SSL_CONNECT_ERROR:
            return "no TLS with " + site + " (" + detail + "); check that this port speaks https";
        case CURLE_PARTIAL_FILE:
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_WEIRD_SERVER_REPLY:
            return site + " broke off its answer (" + detail + "); it is tried again later";
        case CURLE_TOO_MANY_REDIRECTS:
            return site + " redirects more than " + std::to_string(request.redirects_max) +
                   " times; give the final address";
        default:
            return "no answer from " + site + " (" + detail + ")";
    }
}

}  // namespace

struct HttpClient::State {
    Steady::time_point end;
    Easy easy{};
    bool connected = false;
};

HttpClient::HttpClient(Duration budget) : state_(std::make_unique<State>()) {
    state_->end = Steady::now() + budget;
    SCRIMP_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    state_->easy.reset(curl_easy_init());
    SCRIMP_ASSERT(state_->easy != nullptr);
}

HttpClient::~HttpClient() {
    state_.reset();
    curl_global_cleanup();
}

Duration HttpClient::remaining() const {
    return std::max<Duration>(state_->end - Steady::now(), Duration::zero());
}

void HttpClient::sleep(Duration pause) const {
    std::this_thread::sleep_for(std::min(pause, remaining()));
}

bool HttpClient::connected() const {
    return state_->connected;
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
    state_->connected = false;
    const Duration left = remaining();
    if (left <= Duration::zero()) {
        return fail("no time was left to ask " + site_of(request.url) + "; raise 'timeout'");
    }
    const auto headers = headers_of(request);
    if (!headers) return fail("a header to be sent contains a line break; remove it");

    CURL* const curl = state_->easy.get();
    curl_easy_reset(curl);  // Options only: connections stay.
    Reception reception{.bytes_max = request.response_bytes_max};
    std::array<char, CURL_ERROR_SIZE> detail{};
    set(curl, CURLOPT_ERRORBUFFER, detail.data());
    set(curl, CURLOPT_URL, request.url.c_str());
    // A signature is computed over the path as it is written, ".." and all.
    set(curl, CURLOPT_PATH_AS_IS, 1L);
    set(curl, CURLOPT_HTTPHEADER, headers->get());
    set(curl, CURLOPT_WRITEFUNCTION, &take_body);
    set(curl, CURLOPT_WRITEDATA, &reception);
    set(curl, CURLOPT_HEADERFUNCTION, &take_header);
    set(curl, CURLOPT_HEADERDATA, &reception);
    set(curl, CURLOPT_USERAGENT, "scrimplb/" SCRIMP_VERSION);
    set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    // Never from https down to http.
    set(curl, CURLOPT_REDIR_PROTOCOLS_STR,
        lower(request.url).starts_with("https:") ? "https" : "http,https");
    set(curl, CURLOPT_FOLLOWLOCATION, request.redirects_max > 0 ? 1L : 0L);
    set(curl, CURLOPT_MAXREDIRS, static_cast<long>(request.redirects_max));
    // One or two requests: nothing to multiplex.
    set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(curl, CURLOPT_NOSIGNAL, 1L);
    // A name server that is silent: do not wait for the thread that asks it, past every limit.
    set(curl, CURLOPT_QUICK_EXIT, 1L);
    set(curl, CURLOPT_TIMEOUT_MS, milliseconds(std::min(left, request.timeout)));
    set(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(std::min(left, request.connect_timeout)));
    if (request.direct) set(curl, CURLOPT_NOPROXY, "*");
    if (!request.ca_file.empty()) set(curl, CURLOPT_CAINFO, request.ca_file.c_str());
    set_method(curl, request);
    if (request.signing) set_signing(curl, *request.signing);

    const CURLcode code = curl_easy_perform(curl);
    // A local port is known once there is a connection, new or kept.
    long local_port = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_LOCAL_PORT, &local_port);
    state_->connected = local_port > 0;
    if (reception.too_large) {
        return fail("the answer of " + site_of(request.url) + " is larger than " +
                    std::to_string(request.response_bytes_max) + " bytes; it is not what we store");
    }
    if (code == CURLE_UNSUPPORTED_PROTOCOL && state_->connected) {
        return fail(site_of(request.url) + " speaks no HTTP; check host and port");
    }
    if (code != CURLE_OK) {
        const std::string_view words = detail[0] != '\0' ? detail.data() : curl_easy_strerror(code);
        const Duration limit = state_->connected
                                   ? request.timeout
                                   : std::min(request.timeout, request.connect_timeout);
        return fail(sentence_of(code, request, printable(words, detail_chars_max), limit < left));
    }
    long status = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    reception.response.status = static_cast<int>(status);
    return std::move(reception.response);
}

std::string_view HttpResponse::header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, &HttpHeaders::value_type::first);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    std::string out;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos || (keep_slashes && c == '/')) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

std::string site_of(const std::string& url) {
    const std::string host = part_of(url, CURLUPART_HOST);
    if (host.empty()) return "the URL";
    const std::string port = part_of(url, CURLUPART_PORT);
    return printable(
        part_of(url, CURLUPART_SCHEME) + "://" + host + (port.empty() ? "" : ":" + port),
        site_chars_max);
}

std::string host_of(const std::string& url) {
    std::string host = part_of(url, CURLUPART_HOST);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host;
}

std::optional<std::int64_t> parse_http_date(const std::string& text) {
    const time_t seconds = curl_getdate(text.c_str(), nullptr);
    return seconds < 0 ? std::nullopt : std::optional<std::int64_t>(seconds);
}

}  // namespace scrimp::helpers
