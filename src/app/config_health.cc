#include "app/config_health.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config_fields.h"
#include "base/ascii.h"
#include "base/endpoint.h"

namespace scrimp::app {
namespace {

using service::Check;
using service::CheckKind;

constexpr std::array kinds = {CheckKind::Tcp, CheckKind::Http, CheckKind::Grpc, CheckKind::Exec};

/// Below this a check would be a load of its own.
constexpr Duration interval_least = std::chrono::milliseconds{100};
constexpr Duration interval_most = std::chrono::hours{1};
constexpr Duration timeout_least = std::chrono::milliseconds{10};
/// Who wants more patience than ten intervals wants a longer interval.
constexpr int times_most = 10;
/// Longer ones are accidents: a line of a request, a list that a person wrote.
constexpr std::size_t path_bytes_max = 1024;
constexpr std::size_t host_bytes_max = 255;
constexpr std::size_t statuses_max = 32;
/// grpc.health.v1 bounds it nowhere; with its head it fits one frame many times.
constexpr std::size_t service_bytes_max = 255;

/// A key of one kind of check.
struct Owned {
    std::string_view key;
    CheckKind kind;
};
constexpr std::array owned_keys = {
    Owned{"path", CheckKind::Http},    Owned{"status", CheckKind::Http},
    Owned{"host", CheckKind::Http},    Owned{"service", CheckKind::Grpc},
    Owned{"command", CheckKind::Exec},
};

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

void read_kind(Fields& fields, Check& check) {
    const auto word = fields.text("type");
    if (!word) return;
    std::vector<std::string_view> known;
    for (const CheckKind kind : kinds) {
        known.push_back(service::name_of(kind));
        if (!equal_but_for_case(known.back(), *word)) continue;
        check.kind = kind;
        return;
    }
    fields.refuse("type", "'" + *word + "' is not known" + suggestion(*word, known) +
                              " (known: tcp, http, grpc, exec)");
}

/// 200, "200-399", or a list of such.
void read_statuses(const Json& object, Fields& fields, Check& check) {
    if (!fields.is_given("status")) return;
    const Json& value = *find_member(object, "status");
    const Json list = value.is_array() ? value : Json::array({value});
    check.statuses.clear();
    for (const Json& entry : list) {
        const auto range = service::parse_status_range(
            entry.is_string() ? entry.get_ref<const std::string&>() : entry.dump());
        if (range) check.statuses.push_back(*range);
    }
    if (list.size() > statuses_max || list.empty() || check.statuses.size() != list.size()) {
        fields.refuse("status",
                      R"(must be a status, 200, a range, "200-399", or a list of up to )" +
                          std::to_string(statuses_max) + " such");
    }
}

void read_http(const Json& object, Fields& fields, const service::Application& application,
               Check& check) {
    if (const auto path = fields.text("path")) {
        if (!path->starts_with('/') || !is_plain(*path) || path->size() > path_bytes_max) {
            fields.refuse("path",
                          "must begin with '/' and have no spaces, only printable ASCII "
                          "characters, at most " +
                              std::to_string(path_bytes_max));
        }
        check.path = *path;
    }
    if (const auto host = fields.text("host")) {
        if (!is_plain(*host) || host->size() > host_bytes_max) {
            fields.refuse("host", "must be a host name, perhaps with a port");
        }
        check.host = *host;
    }
    read_statuses(object, fields, check);
    if (application.protocol == service::Protocol::Https && !fields.is_given("port")) {
        fields.refuse("type", "http asks without TLS, and '" + application.name.text() +
                                  "' speaks https; name a 'port' that answers plainly, or use tcp "
                                  "or exec");
    }
}

void read_grpc(Fields& fields, Check& check) {
    check.service = fields.text("service").value_or("");
    if (check.service.size() > service_bytes_max) {
        fields.refuse("service",
                      "must have at most " + std::to_string(service_bytes_max) + " bytes");
    }
}

void read_target(Fields& fields, const service::Application& application, Check& check) {
    check.port = fields.port("port").value_or(application.application_port);
    const auto text = fields.text("address");
    if (!text || text->empty()) return;
    const auto address = parse_ip(*text);
    if (!address) return fields.refuse("address", address.error().message);
    if (address->is_unspecified()) {
        return fields.refuse("address", "'" + *text + "' stands for every address; name one");
    }
    check.address = *address;
}

void read_exec(Fields& fields, Check& check) {
    check.command = fields.texts("command").value_or(std::vector<std::string>());
    if (check.command.empty() || check.command.front().empty()) {
        fields.refuse("command", "type exec needs a program and its arguments, a list of strings");
    }
}

void read_pace(Fields& fields, Check& check) {
    check.interval =
        fields.duration("interval", interval_least, interval_most).value_or(check.interval);
    // So that what hangs is out within one and a half intervals: service/health.h.
    check.timeout = std::min<Duration>(check.timeout, check.interval * 2 / 5);
    check.timeout =
        fields.duration("timeout", timeout_least, check.interval).value_or(check.timeout);
    check.rise = fields.number("rise", 1, times_most).value_or(check.rise);
    check.fall = fields.number("fall", 1, times_most).value_or(check.fall);
}

}  // namespace

DrainConfig read_drain(Fields& backend_config) {
    DrainConfig drain;
    // A supervisor waits, and in the end kills: an hour is more than any of them is told to.
    constexpr Duration most = std::chrono::hours{1};
    drain.timeout =
        backend_config.duration("drain-timeout", Duration::zero(), most).value_or(drain.timeout);
    drain.wait = backend_config.duration("drain-wait", Duration::zero(), most).value_or(drain.wait);
    return drain;
}

std::optional<Check> read_health_check(const Json& value, const std::string& file,
                                       const std::string& key,
                                       const service::Application& application,
                                       Mistakes& mistakes) {
    if (!value.is_object()) {
        mistakes.add(file, key, "must be an object, not " + std::string(kind_of(value)));
        return std::nullopt;
    }
    const std::size_t before = mistakes.count();
    Fields fields(value, file, key + ".", mistakes);
    Check check;
    read_kind(fields, check);
    for (const Owned& owned : owned_keys) {
        if (owned.kind == check.kind || !fields.is_given(owned.key)) continue;
        fields.refuse(owned.key, "is for type " + std::string(service::name_of(owned.kind)) +
                                     ", and this check's is " +
                                     std::string(service::name_of(check.kind)));
    }
    if (check.kind == CheckKind::Exec) {
        for (const std::string_view unused : {"port", "address"}) {
            if (fields.is_given(unused)) fields.refuse(unused, "a command gets it as an argument");
        }
        read_exec(fields, check);
    } else {
        read_target(fields, application, check);
    }
    if (check.kind == CheckKind::Http) read_http(value, fields, application, check);
    if (check.kind == CheckKind::Grpc) read_grpc(fields, check);
    read_pace(fields, check);
    fields.refuse_unknown();
    return mistakes.count() == before ? std::optional(std::move(check)) : std::nullopt;
}

}  // namespace scrimp::app
