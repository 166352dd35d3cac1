#include "app/own_announcement.h"

#include <algorithm>
#include <utility>

namespace scrimp::app {

namespace {

/// Names in the line: enough to recognise what is meant, in a line that is still read.
constexpr std::size_t named_max = 10;

}  // namespace

Result<OwnAnnouncement> make_announcement(const Config& config) {
    const service::Role role =
        config.load_balancer ? service::Role::LoadBalancer : service::Role::Backend;
    Result<service::EncodedMetadata> encoded = service::encode_metadata(role, config.applications);
    if (!encoded) return fail(config.path + ": " + encoded.error().message);
    OwnAnnouncement own{.metadata = std::move(encoded->bytes), .list_text = {}, .unseen = {}};
    if (!encoded->rest) return own;
    own.list_text = service::render_list(config.applications);
    own.unseen = service::unseen_names(config.applications, encoded->shown);
    return own;
}

std::string unseen_line(const OwnAnnouncement& own) {
    std::string names;
    const std::size_t named = std::min(own.unseen.size(), named_max);
    for (std::size_t i = 0; i < named; ++i) names += (i == 0 ? "" : ", ") + own.unseen[i];
    if (const std::size_t more = own.unseen.size() - named; more > 0) {
        names += " and " + std::to_string(more) + " more";
    }
    return "the list of applications exceeds the 512 bytes of metadata and is told by the "
           "exchange; "
           "balancers of the original, which have none, will not see " +
           names;
}

}  // namespace scrimp::app
