// The generations of the proxy's configuration that are kept: GET /v1/config/history and `scrimplb
// config history`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scrimp::admin {

/// Texts are printable ASCII.
struct GenerationRow {
    std::string name{};
    std::int64_t at = 0;  ///< When the proxy took it last, in Unix seconds.
    std::uint64_t revision = 0;
    std::size_t bytes = 0;
    std::string why{};  ///< What had changed.
    bool served = false;
    bool pinned = false;
};

struct GenerationsView {
    std::int64_t now = 0;                      ///< Unix seconds.
    std::vector<GenerationRow> generations{};  ///< The latest first.
};

[[nodiscard]] std::string generations_json(const GenerationsView& view);
[[nodiscard]] std::string generations_text(const GenerationsView& view);

}  // namespace scrimp::admin
