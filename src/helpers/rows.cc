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
    {HelperAction::Fetch, "http", fetch_http},
    {HelperAction::Publish, "http", publish_http},
    {HelperAction::Fetch, "etcd", fetch_etcd},
    {HelperAction::Publish, "etcd", publish_etcd},
    {HelperAction::Fetch, "dns", fetch_dns},
    {HelperAction::Resolve, "dns", resolve_dns},
    {HelperAction::Resolve, "ec2", resolve_ec2},
    {HelperAction::Resolve, "gcp", resolve_gcp},
    {HelperAction::Resolve, "digitalocean", resolve_digitalocean},
    {HelperAction::Resolve, "hetzner", resolve_hetzner},
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
