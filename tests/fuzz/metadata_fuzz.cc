// Anybody's metadata, packed (first byte even) and as the JSON within (odd): what is understood is
// bounded, harmless to print, and comes back whole when announced again; the registry takes it.
#include <algorithm>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "fuzz.h"
#include "service/memory.h"
#include "service/metadata.h"
#include "service/registry.h"

namespace {

using namespace scrimp;

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

void check(const service::Announcement& announcement) {
    SCRIMP_ASSERT(announcement.applications.size() <= service::applications_max);
    SCRIMP_ASSERT(announcement.rejections.size() <= service::rejections_max);
    SCRIMP_ASSERT(std::ranges::is_sorted(announcement.applications));
    for (const service::Rejection& rejection : announcement.rejections) {
        SCRIMP_ASSERT(is_printable(rejection.application) && rejection.application.size() <= 63);
        SCRIMP_ASSERT(is_printable(rejection.reason) && rejection.reason.size() <= 300);
    }
    for (const service::Application& application : announcement.applications) {
        SCRIMP_ASSERT(application.listen_port != 0 && application.application_port != 0);
        SCRIMP_ASSERT(service::Name::parse(application.name.text()) == application.name);
        SCRIMP_ASSERT(!application.domains.empty());
        for (const service::Domain& domain : application.domains) {
            SCRIMP_ASSERT(domain.text().find_first_of(" \t\r\n;{}\"'$\\#") == std::string::npos);
            SCRIMP_ASSERT(service::Domain::parse(domain.text()) == domain);
        }
    }
    SCRIMP_ASSERT(announcement.permit.empty() || service::is_permit_text(announcement.permit));
    for (const auto& [application, condition] : announcement.conditions) {
        SCRIMP_ASSERT(condition.state != service::Availability::Healthy);
        SCRIMP_ASSERT(is_printable(condition.reason) && !condition.reason.empty() &&
                      condition.reason.size() <= service::reason_bytes_max);
    }
    const auto again = service::parse_announcement(service::render_announcement(
        announcement.role, announcement.applications,
        {announcement.conditions, announcement.permit, announcement.acknowledges}));
    // Ports grow quotes and small letters stay small, so only the bound on size can stand between.
    SCRIMP_ASSERT(!again || again->applications == announcement.applications);
    SCRIMP_ASSERT(!again || again->conditions.size() == announcement.conditions.size());
    SCRIMP_ASSERT(!again || again->permit == announcement.permit);
    SCRIMP_ASSERT(!again || again->acknowledges == announcement.acknowledges);
}

void route(ByteView metadata) {
    service::Registry registry({80});
    auto profile = std::make_shared<swim::Profile>();
    profile->name = "fuzz";
    profile->endpoint = *parse_ip("10.0.0.1", 9999);
    profile->metadata = to_bytes(metadata);
    swim::Member member;
    member.profile = std::move(profile);
    registry.handle_event(Instant{}, {.change = swim::Change::Joined, .member = member});
    registry.handle_deadline(Instant{});
    while (const auto action = registry.poll_action()) {
        if (const auto* refusal = std::get_if<service::Refusal>(&*action)) {
            SCRIMP_ASSERT(is_printable(refusal->application) && is_printable(refusal->reason));
        }
    }
    SCRIMP_ASSERT(registry.refusals().size() <= service::refusals_per_member_max);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = fuzz::view(data, size);
    if (input.empty()) return 0;
    const bool is_text = (data[0] & 1) != 0;
    const ByteView rest = input.subspan(1);
    const auto announcement =
        is_text ? service::parse_announcement(text_of(rest)) : service::decode_metadata(rest);
    if (announcement) {
        check(*announcement);
    } else {
        SCRIMP_ASSERT(is_printable(announcement.error().message));
    }
    if (!is_text) route(rest);
    if (const auto members = service::parse_memory(text_of(rest))) {
        const auto again = service::parse_memory(service::render_memory(*members));
        SCRIMP_ASSERT(again && again->size() == members->size());
    }
    return 0;
}
