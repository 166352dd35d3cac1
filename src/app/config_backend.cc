#include "app/config_backend.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "app/config_admission.h"
#include "base/words.h"
#include "runtime/files.h"
#include "service/metadata.h"

namespace scrimp::app {

void read_backend_config(const Json& object, Config& config, Mistakes& mistakes) {
    Fields fields(object, config.path, "backend-config.", mistakes);
    if (const Json* list = fields.list("applications")) {
        ApplicationList read =
            read_application_list(*list, config.path, "backend-config.applications", mistakes);
        config.applications = std::move(read.applications);
        config.checks = std::move(read.checks);
    }
    config.application_directory = fields.text("application-config-dir").value_or("");
    config.drain = read_drain(fields);
    read_own_permit(fields, config);
    fields.refuse_unknown();
}

void read_applications(const Surroundings& surroundings, Config& config, Mistakes& mistakes) {
    config.application_files.set_list(config.path, std::exchange(config.applications, {}),
                                      std::exchange(config.checks, {}));
    if (!config.application_directory.empty()) {
        const auto files = surroundings.read_directory(config.application_directory);
        if (!files) {
            return mistakes.add(config.path, "backend-config.application-config-dir",
                                files.error().message);
        }
        config.application_files.set_files(*files);
    }
    const GatheredApplications gathered = config.application_files.gather();
    mistakes.add_lines(gathered.mistakes);
    // Without those at fault the list would look shorter than it is meant.
    if (mistakes.count() > 0) return;
    if (gathered.applications.empty()) {
        return mistakes.add(config.path, "backend-config",
                            "a backend needs at least one application; list it under "
                            "'applications' or in a file of 'application-config-dir', or set 'lb' "
                            "to true");
    }
    const Result<void> adopted = adopt_applications(gathered, config);
    if (!adopted) mistakes.add(config.path, "backend-config", adopted.error().message);
}

Result<void> adopt_applications(const GatheredApplications& gathered, Config& config) {
    const auto metadata = service::encode_metadata(service::Role::Backend, gathered.applications);
    if (!metadata) return tl::unexpected(metadata.error());
    config.applications = gathered.applications;
    config.checks = gathered.checks;
    config.warnings.resize(config.main_warnings);
    config.warnings.insert(config.warnings.end(), gathered.warnings.begin(),
                           gathered.warnings.end());
    if (!metadata->rest) return {};
    const std::vector<std::string> unseen =
        service::unseen_names(config.applications, metadata->shown);
    config.warnings.push_back(
        "the list of applications exceeds the 512 bytes of metadata and is told by the exchange; "
        "balancers of the original, which have none, see " +
        std::to_string(metadata->shown) + " of " + std::to_string(config.applications.size()) +
        ", not " + shortened_list(unseen));
    return {};
}

Result<std::vector<TextFile>> read_application_files(const std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::vector<std::string> paths;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const fs::path& path = entry->path();
        // Editors leave hidden copies; a pipe would keep us waiting.
        std::error_code ignored;
        if (path.extension() != ".json" || path.filename().string().starts_with('.') ||
            !entry->is_regular_file(ignored)) {
            continue;
        }
        paths.push_back(path.string());
        if (paths.size() > service::applications_max) {
            return fail("'" + directory + "' has more than " +
                        std::to_string(service::applications_max) + " JSON files");
        }
    }
    if (error) return fail("cannot read the directory '" + directory + "': " + error.message());
    std::ranges::sort(paths);
    std::vector<TextFile> files;
    std::size_t bytes = 0;
    for (std::string& path : paths) {
        auto text = runtime::read_file(path, config_bytes_max);
        if (text && !*text) continue;  // It was removed a moment ago.
        bytes += text ? (*text)->size() : 0;
        if (bytes > config_bytes_max) {
            return fail("the JSON files of '" + directory + "' hold more than " +
                        std::to_string(config_bytes_max) + " bytes");
        }
        if (text) {
            files.push_back({.path = std::move(path), .text = **std::move(text)});
        } else {
            files.push_back({.path = std::move(path), .text = tl::unexpected(text.error())});
        }
    }
    return files;
}

}  // namespace scrimp::app
