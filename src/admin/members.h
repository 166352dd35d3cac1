// Who is in the cluster, as this node sees it: GET /v1/members and `scrimplb members`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scrimp::admin {

/// Texts are printable ASCII.
struct MemberRow {
    std::string name{};
    std::string address{};  ///< "10.0.0.7:9999".
    std::string role{};     ///< "load-balancer", "backend", "unknown".
    std::string state{};    ///< "alive", "suspect", "dead", "left".
    std::uint32_t incarnation = 0;
    std::int64_t since = 0;        ///< When the state was entered, in Unix seconds.
    std::size_t applications = 0;  ///< Announced.
    bool self = false;
};

struct MembersView {
    std::int64_t now = 0;  ///< Unix seconds.
    std::vector<MemberRow> members{};
};

[[nodiscard]] std::string members_json(const MembersView& view);
[[nodiscard]] std::string members_text(const MembersView& view);

}  // namespace scrimp::admin
