#include "service/check_dialogue.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "service/condition.h"
#include "service/grpc_health.h"

namespace scrimp::service {
namespace {

std::string authority(const Check& check, const Endpoint& to) {
    return check.host.empty() ? to.text() : check.host;
}

CheckOutcome mismatch(const std::string& words) {
    return {.well = false, .reason = std::string(reason::code_mismatch) + ": " + words};
}

std::optional<CheckOutcome> judge_http(const Check& check, std::string_view received) {
    constexpr std::string_view version = "HTTP/1.";
    constexpr std::size_t status_at = 9;
    constexpr std::size_t status_end = 12;
    while (true) {
        if (!version.starts_with(received.substr(0, version.size()))) return mismatch("no HTTP");
        if (received.size() <= status_end) return std::nullopt;
        int status = 0;
        const char* const begin = received.data() + status_at;
        const auto [end, error] = std::from_chars(begin, received.data() + status_end, status);
        const char after = received[status_end];
        const bool is_status = error == std::errc{} && end == received.data() + status_end &&
                               status >= 100 && (after == ' ' || after == '\r' || after == '\n');
        if (!is_status || received[status_at - 1] != ' ') return mismatch("no HTTP");
        const bool is_well = std::ranges::any_of(check.statuses, [&](const StatusRange& range) {
            return status >= range.first && status <= range.last;
        });
        if (is_well) return CheckOutcome{.well = true};
        if (status >= 200) return mismatch(std::to_string(status));
        // An interim answer: the real one follows its head.
        constexpr std::string_view head_end = "\r\n\r\n";
        const std::size_t next = received.find(head_end);
        if (next == std::string_view::npos) return std::nullopt;
        received.remove_prefix(next + head_end.size());
    }
}

}  // namespace

std::string check_request(const Check& check, const Endpoint& to) {
    switch (check.kind) {
        case CheckKind::Tcp:
            return "";
        case CheckKind::Http:
            return "GET " + check.path + " HTTP/1.1\r\nHost: " + authority(check, to) +
                   "\r\nUser-Agent: scrimplb-health\r\nAccept: */*\r\nConnection: close\r\n\r\n";
        case CheckKind::Grpc:
            return grpc_health_request(authority(check, to), check.service);
        case CheckKind::Exec:
            break;
    }
    SCRIMP_ASSERT(false);
    return "";
}

std::optional<CheckOutcome> judge_check_answer(const Check& check, std::string_view received) {
    if (check.kind == CheckKind::Tcp) return CheckOutcome{.well = true};
    std::optional<CheckOutcome> outcome =
        check.kind == CheckKind::Http ? judge_http(check, received) : judge_grpc_health(received);
    if (!outcome && received.size() >= check_answer_bytes_max) return mismatch("it does not end");
    return outcome;
}

}  // namespace scrimp::service
