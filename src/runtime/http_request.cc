#include "runtime/http_request.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace scrimp::runtime {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

/// %41 is A and, in a query, + is a space; nothing if that is not how it is written.
std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += plus_is_space && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        unsigned byte = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (error != std::errc{} || end != digits.data() + 2) return std::nullopt;
        plain += static_cast<char>(byte);
        i += 2;
    }
    return plain;
}

/// Takes "/v1/routes?format=text" apart. The error is a sentence.
Result<void> take_target(std::string_view target, admin::Request& request) {
    const std::string_view path = target.substr(0, target.find('?'));
    auto plain = decoded(path, false);
    if (!plain || !plain->starts_with('/')) return fail("the path of the request is malformed");
    request.path = *std::move(plain);
    std::string_view query = path.size() == target.size() ? "" : target.substr(path.size() + 1);
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals), true);
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!name || !value) return fail("the query of the request is malformed");
        request.query.emplace(*std::move(name), *std::move(value));
    }
    return {};
}

admin::Response refusal_of(const error_code& error) {
    if (error == http::error::header_limit) {
        return admin::problem(
            431, "the header has more than " + std::to_string(http_head_bytes_max) + " bytes");
    }
    if (error == http::error::body_limit) {
        return admin::problem(
            413, "the body has more than " + std::to_string(http_body_bytes_max) + " bytes");
    }
    return admin::problem(400, "this is not an HTTP request: " + error.message());
}

}  // namespace

struct HttpRequestReader::State {
    http::request_parser<http::string_body> parser;
    std::string pending;  ///< Came and is not taken yet.
    admin::Request request;
    admin::Response refusal;

    Progress refuse(admin::Response why) {
        refusal = std::move(why);
        return Progress::Refused;
    }

    Progress conclude() {
        const auto& message = parser.get();
        if (message.method() == http::verb::get) {
            request.method = admin::Method::Get;
        } else if (message.method() == http::verb::post) {
            request.method = admin::Method::Post;
        } else {
            return refuse(admin::problem(501, "only GET and POST are known here"));
        }
        const auto target = message.target();
        const Result<void> taken = take_target({target.data(), target.size()}, request);
        if (!taken) return refuse(admin::problem(400, taken.error().message));
        request.body = std::move(parser.get().body());
        return Progress::Done;
    }
};

HttpRequestReader::HttpRequestReader() : state_(std::make_unique<State>()) {
    state_->parser.header_limit(http_head_bytes_max);
    state_->parser.body_limit(http_body_bytes_max);
    state_->parser.eager(false);  // The header alone at first: it says how the body comes.
}

HttpRequestReader::~HttpRequestReader() = default;

HttpRequestReader::Progress HttpRequestReader::take(std::string_view bytes) {
    State& state = *state_;
    state.pending += bytes;
    while (!state.pending.empty() && !state.parser.is_done()) {
        error_code error;
        const std::size_t taken = state.parser.put(
            boost::asio::const_buffer(state.pending.data(), state.pending.size()), error);
        state.pending.erase(0, taken);
        if (error == http::error::need_more) return Progress::More;
        if (error) return state.refuse(refusal_of(error));
        // Beast 1.81 aborts on some bodies in chunks that come in pieces, and nobody needs them.
        if (state.parser.is_header_done() && state.parser.chunked()) {
            return state.refuse(
                admin::problem(501, "a body comes with a Content-Length here, not in chunks"));
        }
    }
    return state.parser.is_done() ? state.conclude() : Progress::More;
}

const admin::Request& HttpRequestReader::request() const {
    return state_->request;
}

const admin::Response& HttpRequestReader::refusal() const {
    return state_->refusal;
}

}  // namespace scrimp::runtime
