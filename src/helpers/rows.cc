#include "helpers/rows.h"

#include <algorithm>
#include <array>

#include "base/printable.h"

namespace scrimp::helpers {
namespace {

using seed::HelperAction;

struct Row {
    HelperAction action;
    std::string_view name;
    Serve serve;
};

constexpr auto rows = std::to_array<Row>({
    {HelperAction::Fetch, "s3", fetch_s3},
    {HelperAction::Publish, "s3", publish_s3},
});

}  // namespace

Result<seed::HelperAnswer> serve(const seed::HelperRequest& request) {
    const auto row = std::ranges::find_if(rows, [&](const Row& candidate) {
        return candidate.action == request.action && candidate.name == request.name;
    });
    if (row != rows.end()) return row->serve(request);
    constexpr std::size_t name_chars_max = 64;
    return fail("this helper cannot " + std::string(name_of(request.action)) + " '" +
                printable(request.name, name_chars_max) +
                "'; it and the daemon are probably of different versions: install both anew");
}

}  // namespace scrimp::helpers
