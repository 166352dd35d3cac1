// What the daemon and a helper executable say to each other: one JSON object on the helper's
// standard input, one on its standard output, then it exits. Whoever speaks it is a provider or a
// resolver, in any language; docs/helpers.md is this page for people.
//
//   in   {"version":1,"action":"fetch","name":"s3","config":{…},"state":{…}}
//        {"version":1,"action":"publish","name":"s3","config":{…},"state":{…},
//         "self":{"address":"10.0.0.5","port":"9999"}}
//        {"version":1,"action":"resolve","name":"ec2","config":{…},"state":{…}}
//   out  {"version":1,"seeds":[{"address":"10.0.0.5","port":"9999"}],"state":{…}}
//        {"version":1,"state":{…}}
//        {"version":1,"address":"10.0.0.5","state":{…}}
//        {"version":1,"error":"one sentence: what is wrong, and what to do"}
//
// `state` is the helper's own memory: what it answered last is handed to it when it is asked for
// the same action the next time, as long as the daemon lives; it is never written to a disk.
// Addresses are literals, IPv6 with or without brackets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/json.h"
#include "base/result.h"

namespace scrimp::seed {

inline constexpr int helper_protocol_version = 1;
/// A full seeds document and a state beside it, with room to spare.
inline constexpr std::size_t helper_answer_bytes_max = std::size_t{128} * 1024;
/// A configuration file is at most half of it, and its strings may grow when they are written anew.
inline constexpr std::size_t helper_request_bytes_max = std::size_t{2} * 1024 * 1024;
/// A remembered finding or two.
inline constexpr std::size_t helper_state_bytes_max = 4096;
/// Of an error a line of the log has room for.
inline constexpr std::size_t helper_error_chars_max = 500;

enum class HelperAction : std::uint8_t { Fetch, Publish, Resolve };
/// "fetch", "publish", "resolve".
[[nodiscard]] std::string_view name_of(HelperAction action);

struct HelperRequest {
    HelperAction action = HelperAction::Fetch;
    std::string name;              ///< Of the provider or resolver.
    Json config = Json::object();  ///< `provider-config` or `resolver-config`.
    Json state = Json::object();
    std::optional<Endpoint> self{};  ///< To be published; only with Publish.
};

struct HelperAnswer {
    std::vector<Endpoint> seeds{};      ///< Of a fetch, best last.
    std::optional<Endpoint> address{};  ///< Of a resolve; port 0.
    Json state = Json::object();
};

[[nodiscard]] std::string render_request(const HelperRequest& request);
[[nodiscard]] Result<HelperRequest> parse_request(std::string_view text);
[[nodiscard]] std::string render_answer(HelperAction action, const HelperAnswer& answer);
[[nodiscard]] std::string render_error(std::string_view sentence);
/// What the helper said. An "error" becomes the Error, printable and cut to a line.
[[nodiscard]] Result<HelperAnswer> parse_answer(HelperAction action, std::string_view text);

}  // namespace scrimp::seed
