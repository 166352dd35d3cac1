#include "app/own_announcement.h"

#include <utility>

#include "service/metadata.h"

namespace scrimp::app {

Result<OwnAnnouncement> make_announcement(const Config& config,
                                          const service::Conditions& conditions) {
    const service::Role role =
        config.load_balancer ? service::Role::LoadBalancer : service::Role::Backend;
    // Balancers of ours answer who drains: service/farewell.h.
    const service::Remarks remarks{
        .conditions = conditions, .permit = config.permit, .acknowledges = config.load_balancer};
    Result<service::EncodedMetadata> encoded =
        service::encode_metadata(role, config.applications, remarks);
    if (!encoded) return fail(config.path + ": " + encoded.error().message);
    OwnAnnouncement own{.metadata = std::move(encoded->bytes), .list_text = {}};
    if (encoded->rest) own.list_text = service::render_list(config.applications, conditions);
    return own;
}

}  // namespace scrimp::app
