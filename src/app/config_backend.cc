#include "app/config_backend.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "runtime/files.h"
#include "service/metadata.h"

namespace scrimp::app {
namespace {

/// A hundred domains of full length take 26 kB.
constexpr std::size_t application_file_bytes_max = 64 * 1024;

/// Where balancers answer without TLS unless told otherwise, and where the original's refuse.
constexpr std::uint16_t plain_port = 80;

/// Noted under `key` of `file`, both for messages only; an empty key if the file is the object.
std::optional<service::Application> read_application(const Json& value, const std::string& file,
                                                     const std::string& key, Mistakes& mistakes) {
    const std::string prefix = key.empty() ? "" : key + ".";
    if (!value.is_object()) {
        mistakes.add(file, key,
                     "an application must be an object, not " + std::string(kind_of(value)));
        return std::nullopt;
    }
    bool known = true;
    for (const auto& [name, member] : value.items()) {
        if (std::ranges::find(service::application_keys, name) !=
            std::end(service::application_keys)) {
            continue;
        }
        known = false;
        mistakes.add(file, prefix + name,
                     "unknown key" + suggestion(name, {std::begin(service::application_keys),
                                                       std::end(service::application_keys)}));
    }
    // A key mistyped would be reported once more, as missing.
    if (!known) return std::nullopt;
    Result<service::Application> application = service::parse_application(value);
    if (!application) {
        mistakes.add(file, "", prefix + application.error().message);
        return std::nullopt;
    }
    return *std::move(application);
}

/// Adds one application unless it is there already.
void add(Config& config, service::Application application) {
    if (std::ranges::find(config.applications, application) != config.applications.end()) {
        config.warnings.push_back("the application '" + application.name.text() +
                                  "' is listed twice");
        return;
    }
    if (application.listen_port == plain_port) {
        config.warnings.push_back("the application '" + application.name.text() +
                                  "' has listen-port 80: balancers serve it there in plain HTTP, "
                                  "without TLS, and those of the original not at all");
    }
    config.applications.push_back(std::move(application));
}

}  // namespace

void read_backend_config(const Json& object, const Surroundings& surroundings, Config& config,
                         Mistakes& mistakes) {
    Fields fields(object, config.path, "backend-config.", mistakes);
    if (const Json* list = fields.list("applications")) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            const std::string key = "backend-config.applications[" + std::to_string(i) + "]";
            auto application = read_application((*list)[i], config.path, key, mistakes);
            if (application) add(config, *std::move(application));
        }
    }
    const std::string directory = fields.text("application-config-dir").value_or("");
    fields.refuse_unknown();
    if (directory.empty()) return;
    const Result<std::vector<TextFile>> files = surroundings.read_directory(directory);
    if (!files) {
        fields.refuse("application-config-dir", files.error().message);
        return;
    }
    for (const TextFile& file : *files) {
        const Result<Json> json = parse_json(file.text);
        if (!json) {
            mistakes.add(file.path, "", json.error().message);
            continue;
        }
        auto application = read_application(*json, file.path, "", mistakes);
        if (application) add(config, *std::move(application));
    }
}

void check_applications(Config& config, Mistakes& mistakes) {
    if (config.applications.empty()) {
        mistakes.add(config.path, "backend-config",
                     "a backend needs at least one application; list it under 'applications' or "
                     "in a file of 'application-config-dir', or set 'lb' to true");
        return;
    }
    std::map<std::string, const service::Application*> names;
    std::map<std::pair<std::uint16_t, service::Domain>, const service::Application*> domains;
    for (const service::Application& application : config.applications) {
        const std::string quoted = "'" + application.name.text() + "'";
        if (!names.emplace(application.name.folded(), &application).second) {
            mistakes.add(config.path, "backend-config",
                         "two applications are named " + quoted + "; give each its own name");
            continue;
        }
        for (const service::Domain& domain : application.domains) {
            const auto [held, is_new] =
                domains.emplace(std::pair(application.listen_port, domain), &application);
            if (is_new) continue;
            config.warnings.push_back("the applications '" + held->second->name.text() + "' and " +
                                      quoted + " both want the domain '" + domain.text() +
                                      "' on port " + std::to_string(application.listen_port) +
                                      "; balancers route one of them");
        }
    }
    const auto metadata = service::encode_metadata(service::Role::Backend, config.applications);
    if (!metadata) mistakes.add(config.path, "backend-config", metadata.error().message);
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
    }
    if (error) return fail("cannot read the directory '" + directory + "': " + error.message());
    if (paths.size() > service::applications_max) {
        return fail("'" + directory + "' has " + std::to_string(paths.size()) +
                    " JSON files, at most " + std::to_string(service::applications_max) +
                    " are read");
    }
    std::ranges::sort(paths);
    std::vector<TextFile> files;
    for (const std::string& path : paths) {
        const auto text = runtime::read_file(path, application_file_bytes_max);
        if (!text) return fail(text.error().message);
        if (!*text) return fail("'" + path + "' is gone");
        files.push_back({.path = path, .text = **text});
    }
    return files;
}

}  // namespace scrimp::app
