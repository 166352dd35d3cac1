#include "app/application_files.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "app/config_fields.h"
#include "base/printable.h"
#include "service/options_json.h"

namespace scrimp::app {
namespace {

/// Where balancers answer without TLS unless told otherwise, and where the original's refuse.
constexpr std::uint16_t plain_port = 80;

constexpr std::string_view check_key = "health-check";

/// The keys that each application's object may have.
std::vector<std::string_view> known_keys() {
    std::vector<std::string_view> known = {service::weight_key, service::label_key, check_key};
    for (const std::string_view key : service::application_keys) known.push_back(key);
    for (const std::string_view key : service::option_keys()) known.push_back(key);
    return known;
}

/// One application as a file has it.
struct Entry {
    service::Application application;
    std::optional<service::Check> check{};
    friend bool operator==(const Entry&, const Entry&) = default;
};

/// Noted under `key` of `file`, both for messages only; an empty key if the file is the object.
std::optional<Entry> read_application(const Json& value, const std::string& file,
                                      const std::string& key, Mistakes& mistakes) {
    const std::string prefix = key.empty() ? "" : key + ".";
    if (!value.is_object()) {
        mistakes.add(file, key,
                     "an application must be an object, not " + std::string(kind_of(value)));
        return std::nullopt;
    }
    const std::vector<std::string_view> keys = known_keys();
    bool known = true;
    for (const auto& [name, member] : value.items()) {
        if (std::ranges::find(keys, name) != keys.end()) continue;
        known = false;
        mistakes.add(file, prefix + name, "unknown key" + suggestion(name, keys));
    }
    // A key mistyped would be reported once more, as missing.
    if (!known) return std::nullopt;
    Result<service::Application> application = service::parse_application(value);
    if (!application) {
        mistakes.add(file, "", prefix + application.error().message);
        return std::nullopt;
    }
    const Json* const check = find_member(value, check_key);
    if (check == nullptr) return Entry{*std::move(application)};
    auto read =
        read_health_check(*check, file, prefix + std::string(check_key), *application, mistakes);
    if (!read) return std::nullopt;
    return Entry{*std::move(application), std::move(read)};
}

/// What a file of the directory says: one application, a list, or an object with a list.
ApplicationList read_application_file(const TextFile& file, Mistakes& mistakes) {
    if (!file.text) {
        mistakes.add(file.path, "", file.text.error().message);
        return {};
    }
    const Result<Json> json = parse_json(*file.text, {.bytes_max = file.text->size()});
    if (!json) {
        mistakes.add(file.path, "", json.error().message);
        return {};
    }
    if (json->is_array()) return read_application_list(*json, file.path, "", mistakes);
    constexpr std::string_view key = "applications";
    if (json->is_object() && json->contains(key)) {
        Fields fields(*json, file.path, "", mistakes);
        const Json* list = fields.list(key);
        fields.refuse_unknown();
        if (list == nullptr) return {};
        return read_application_list(*list, file.path, std::string(key), mistakes);
    }
    ApplicationList list;
    if (auto one = read_application(*json, file.path, "", mistakes)) {
        if (one->check) list.checks.emplace(one->application.name.text(), *std::move(one->check));
        list.applications.push_back(std::move(one->application));
    }
    return list;
}

void warn_of_surprises(GatheredApplications& gathered) {
    std::map<std::pair<std::uint16_t, service::Domain>, const service::Application*> domains;
    for (const service::Application& application : gathered.applications) {
        if (application.listen_port == plain_port) {
            gathered.warnings.push_back(
                "the application '" + application.name.text() +
                "' has listen-port 80: balancers serve it there in plain HTTP, without TLS, and "
                "those of the original not at all");
        }
        for (const service::Domain& domain : application.domains) {
            const auto [held, is_new] =
                domains.emplace(std::pair(application.listen_port, domain), &application);
            if (is_new) continue;
            gathered.warnings.push_back("the applications '" + held->second->name.text() +
                                        "' and '" + application.name.text() +
                                        "' both want the domain '" + domain.text() + "' on port " +
                                        std::to_string(application.listen_port) +
                                        "; balancers route one of them");
        }
    }
}

}  // namespace

ApplicationList read_application_list(const Json& list, const std::string& file,
                                      const std::string& key, Mistakes& mistakes) {
    if (list.size() > service::applications_max) {
        mistakes.add(file, key,
                     "has " + std::to_string(list.size()) + " applications, at most " +
                         std::to_string(service::applications_max) + " are allowed");
        return {};
    }
    ApplicationList read;
    std::map<std::string, Entry> names;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string place = key + "[" + std::to_string(i) + "]";
        auto entry = read_application(list[i], file, place, mistakes);
        if (!entry) continue;
        const auto [first, is_new] = names.emplace(entry->application.name.folded(), *entry);
        if (!is_new && first->second != *entry) {
            mistakes.add(file, place + ".name",
                         "two applications of this list are named '" +
                             entry->application.name.text() + "'; give each its own name");
            continue;
        }
        if (entry->check) {
            read.checks.emplace(entry->application.name.text(), *std::move(entry->check));
        }
        read.applications.push_back(std::move(entry->application));
    }
    return read;
}

void ApplicationFiles::set_list(const std::string& path,
                                std::vector<service::Application> applications, Checks checks) {
    main_.path = path;
    main_.applications = std::move(applications);
    main_.checks = std::move(checks);
}

void ApplicationFiles::read(File& file, const TextFile& text) {
    const std::string& contents = text.text ? *text.text : text.text.error().message;
    const std::size_t hash = std::hash<std::string_view>{}(contents);
    if (file.seen == hash) return;
    file.seen = hash;
    file.changed = true;
    Mistakes mistakes;
    ApplicationList list = read_application_file(text, mistakes);
    file.mistakes = mistakes.lines();
    if (!file.mistakes.empty()) return;
    file.applications = std::move(list.applications);
    file.checks = std::move(list.checks);
}

void ApplicationFiles::set_files(const std::vector<TextFile>& files) {
    std::vector<File> present;
    present.reserve(files.size());
    for (const TextFile& text : files) {
        const auto known = std::ranges::lower_bound(files_, text.path, {}, &File::path);
        const bool is_known = known != files_.end() && known->path == text.path;
        File file = is_known ? *known : File{.path = text.path};
        read(file, text);
        present.push_back(std::move(file));
    }
    files_ = std::move(present);
}

std::map<std::string, ApplicationFiles::Claim> ApplicationFiles::claims() const {
    std::map<std::string, Claim> claims;
    const auto claim = [&](const File& file) {
        if (!file.applications) return;
        for (const service::Application& application : *file.applications) {
            const std::string name = application.name.folded();
            const auto [held, is_new] = claims.emplace(name, Claim{&file, &application});
            const auto holder = holders_.find(name);
            const bool holds = holder != holders_.end() && holder->second == file.path;
            if (!is_new && holds && held->second.file != &file)
                held->second = {&file, &application};
        }
    };
    claim(main_);
    std::ranges::for_each(files_, claim);
    return claims;
}

void ApplicationFiles::tell_mistakes(GatheredApplications& gathered) {
    for (File& file : files_) {
        for (const std::string& line : file.mistakes) {
            gathered.mistakes.push_back(line);
            if (!file.changed) continue;
            gathered.news.push_back(line + (file.applications
                                                ? "; its version before stays in force"
                                                : "; nothing of this file is served"));
        }
        file.changed = false;
    }
}

GatheredApplications ApplicationFiles::gather() {
    GatheredApplications gathered;
    tell_mistakes(gathered);
    const std::map<std::string, Claim> held = claims();
    std::map<std::string, std::string> holders;
    std::set<std::string> refused;
    const auto take = [&](const File& file) {
        if (!file.applications) return;
        for (const service::Application& application : *file.applications) {
            const auto& [name, claim] = *held.find(application.name.folded());
            if (claim.application == &application) {
                holders.emplace(name, file.path);
                gathered.applications.push_back(application);
                const auto check = file.checks.find(application.name.text());
                if (check != file.checks.end()) gathered.checks.insert(*check);
            } else if (*claim.application == application) {
                gathered.warnings.push_back("the application '" + application.name.text() +
                                            "' is listed twice, in " + claim.file->path + " and " +
                                            file.path);
            } else {
                const std::string line = file.path + ": the application '" +
                                         application.name.text() +
                                         "' is left out, because another of this name is in " +
                                         claim.file->path + "; give each its own name";
                refused.insert(printable(line, line.size() * 4));
            }
        }
    };
    take(main_);
    std::ranges::for_each(files_, take);
    for (const std::string& line : refused) {
        gathered.mistakes.push_back(line);
        if (!refused_.contains(line)) gathered.news.push_back(line);
    }
    refused_ = std::move(refused);
    holders_ = std::move(holders);
    warn_of_surprises(gathered);
    return gathered;
}

}  // namespace scrimp::app
