#include "app/maintenance_file.h"

#include <algorithm>
#include <utility>

#include "app/memory_file.h"
#include "base/assert.h"
#include "base/json.h"
#include "runtime/files.h"
#include "runtime/log.h"
#include "service/condition.h"

namespace scrimp::app {
namespace {

constexpr std::uint64_t maintenance_version = 1;
/// Each has a name and a reason, escaped at worst.
constexpr std::size_t bytes_max = maintenance_max * 1024;

Result<std::pair<std::string, std::string>> read_entry(const Json& value) {
    if (!value.is_object()) return fail("an entry is no object");
    std::string application;
    if (const Json* const name = find_member(value, "application")) {
        const auto text = read_text(*name);
        if (!text) return fail("application: " + text.error().message);
        const auto parsed = service::Name::parse(*text);
        if (!parsed) return fail("application: " + parsed.error().message);
        application = parsed->text();
    }
    std::string reason;
    if (const Json* const words = find_member(value, "reason")) {
        auto text = read_text(*words);
        if (!text) return fail("reason: " + text.error().message);
        reason = *std::move(text);
    }
    const bool is_plain = std::ranges::all_of(reason, [](char c) { return c >= ' ' && c < 0x7f; });
    if (!is_plain || reason.size() > service::reason_bytes_max) {
        return fail("reason: must be printable ASCII, at most " +
                    std::to_string(service::reason_bytes_max) + " bytes");
    }
    return std::pair(std::move(application), std::move(reason));
}

}  // namespace

std::string render_maintenance(const Maintenance& maintenance) {
    Json list = Json::array();
    for (const auto& [application, reason] : maintenance) {
        Json entry = {{"reason", reason}};
        if (!application.empty()) entry["application"] = application;
        list.push_back(std::move(entry));
    }
    return Json{{"version", maintenance_version}, {"maintenance", std::move(list)}}.dump(2) + "\n";
}

Result<Maintenance> parse_maintenance(std::string_view text) {
    const Result<Json> json = parse_json(text, {.bytes_max = bytes_max});
    if (!json) return tl::unexpected(json.error());
    if (!json->is_object()) return fail("must be an object");
    const Json* const version = find_member(*json, "version");
    if (version == nullptr || *version != maintenance_version) return fail("version: must be 1");
    const Json* const list = find_member(*json, "maintenance");
    if (list == nullptr || !list->is_array() || list->size() > maintenance_max) {
        return fail("maintenance: must be a list of at most " + std::to_string(maintenance_max));
    }
    Maintenance maintenance;
    for (const Json& value : *list) {
        auto entry = read_entry(value);
        if (!entry) return fail("maintenance: " + entry.error().message);
        maintenance.insert(*std::move(entry));
    }
    return maintenance;
}

MaintenanceFile::MaintenanceFile(const std::string& directory, const std::string& node_name)
    : path_(directory.empty() ? "" : state_file_path(directory, node_name, "maintenance.json")) {}

Maintenance MaintenanceFile::load() const {
    if (path_.empty()) return {};
    const Result<std::optional<std::string>> text = runtime::read_file(path_, bytes_max);
    if (!text) {
        runtime::log_warning("maintenance: " + text.error().message);
        return {};
    }
    if (!*text) return {};
    Result<Maintenance> maintenance = parse_maintenance(**text);
    if (!maintenance) {
        runtime::log_warning("maintenance: " + path_ + ": " + maintenance.error().message +
                             "; nothing is taken out of service by hand; say it again with "
                             "'scrimplb maint on'");
        return {};
    }
    return *std::move(maintenance);
}

Result<void> MaintenanceFile::save(const Maintenance& maintenance) const {
    if (path_.empty()) return {};
    SCRIMP_ASSERT(maintenance.size() <= maintenance_max);
    return runtime::replace_file(path_, render_maintenance(maintenance));
}

}  // namespace scrimp::app
