#include "app/live_config.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>

#include "app/config_backend.h"
#include "app/config_gossip.h"
#include "base/json.h"
#include "base/words.h"
#include "runtime/log.h"

namespace scrimp::app {
namespace {

using runtime::log_info;
using runtime::log_warning;

/// Lines about one change: enough for a hand's work, and a directory of a thousand faults does not
/// fill the log.
constexpr std::size_t told_max = 20;

constexpr std::string_view keys_stay = "; the keys before stay in force";

/// Of mistakes in faults(); a screen is not the log.
constexpr std::size_t file_faults_max = 5;

void tell(const std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < std::min(lines.size(), told_max); ++i) log_warning(lines[i]);
    if (lines.size() <= told_max) return;
    log_warning("configuration: " + std::to_string(lines.size() - told_max) + " more of the kind");
}

/// Tells why nothing was taken, and returns it in a sentence.
std::string refuse(const Error& error) {
    log_warning("configuration: everything stays as it was, because of a mistake");
    std::string_view lines = error.message;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        log_warning("configuration: " + std::string(lines.substr(0, end)));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    const std::string first = error.message.substr(0, error.message.find('\n'));
    return "the configuration as it stands is refused, the one before stays in force: " + first +
           (first.size() < error.message.size() ? "; more is in the log" : "");
}

/// Adds the keys in which two objects differ, those of a section with the section before them.
void add_differing_keys(const Json& before, const Json& after, const std::string& section,
                        std::set<std::string>& keys) {
    for (const Json* object : {&before, &after}) {
        for (const auto& [key, value] : object->items()) {
            const Json* const old_value = find_member(before, key);
            const Json* const new_value = find_member(after, key);
            const bool both = old_value != nullptr && new_value != nullptr;
            if ((both && *old_value == *new_value) || old_value == new_value) continue;
            if (both && section.empty() && old_value->is_object() && new_value->is_object()) {
                add_differing_keys(*old_value, *new_value, key + ".", keys);
            } else {
                keys.insert(section + key);
            }
        }
    }
}

void tell_keys_for_restart(const Json& before, const Json& after) {
    std::set<std::string> keys;
    add_differing_keys(before, after, "", keys);
    if (keys.empty()) return;
    log_warning("configuration: needs a restart to change: " + shortened_list(keys));
}

/// Null: it has none.
const service::Check* check_of(const Config& config, const std::string& application) {
    const auto found = config.checks.find(application);
    return found == config.checks.end() ? nullptr : &found->second;
}

bool same_check(const Config& before, const Config& after, const std::string& application) {
    const service::Check* const old_check = check_of(before, application);
    const service::Check* const new_check = check_of(after, application);
    if (old_check == nullptr || new_check == nullptr) return old_check == new_check;
    return *old_check == *new_check;
}

void tell_applications(const Config& before, const Config& after) {
    std::map<std::string, const service::Application*> gone;
    for (const service::Application& application : before.applications) {
        gone.emplace(application.name.text(), &application);
    }
    std::vector<std::string> added;
    std::vector<std::string> changed;
    for (const service::Application& application : after.applications) {
        const auto old = gone.extract(application.name.text());
        if (!old) {
            added.push_back(application.name.text());
        } else if (*old.mapped() != application ||
                   !same_check(before, after, application.name.text())) {
            changed.push_back(application.name.text());
        }
    }
    std::vector<std::string> removed;
    for (const auto& [name, application] : gone) removed.push_back(name);
    std::string line;
    const auto add = [&line](const std::string& what, const std::vector<std::string>& names) {
        if (!names.empty()) line += "; " + what + " " + shortened_list(names);
    };
    add("added", added);
    add("changed", changed);
    add("removed", removed);
    if (line.empty()) return;
    const std::size_t count = after.applications.size();
    log_info("configuration: " + std::to_string(count) + " application" + (count == 1 ? "" : "s") +
             " now" + line);
    if (count == 0) log_warning("configuration: this backend announces no application any more");
}

}  // namespace

LiveConfig::LiveConfig(boost::asio::io_context& loop, Config initial,
                       std::function<void(const Config&)> changed)
    : loop_(loop),
      config_(std::move(initial)),
      changed_(std::move(changed)),
      watch_(loop, [this] { rescan(); }),
      keyring_watch_(loop, [this] { reread_keyring(); }) {
    watch_directory();
    watch_keyring();
    rescan_soon();  // What changed between the reading of the files and the first watch.
}

void LiveConfig::rescan_soon() {
    boost::asio::post(loop_, [this] {
        rescan();
        reread_keyring();
    });
}

void LiveConfig::stop() {
    stopped_ = true;
    // Nothing to fail: no directory needs no watch.
    (void)watch_.watch("");
    (void)keyring_watch_.watch("");
}

void LiveConfig::watch_directory() {
    const Result<void> watched = watch_.watch(config_.application_directory);
    if (watched) return;
    log_warning("configuration: " + watched.error().message +
                "; after a change send SIGHUP to have it read");
}

void LiveConfig::watch_keyring() {
    std::string directory;
    if (!config_.keyring_file.empty()) {
        directory = std::filesystem::path(config_.keyring_file).parent_path();
        if (directory.empty()) directory = ".";
    }
    const Result<void> watched = keyring_watch_.watch(directory);
    if (watched) return;
    log_warning("configuration: keyring-file: " + watched.error().message +
                "; after a change send SIGHUP to have it read");
}

void LiveConfig::reread_keyring() {
    if (stopped_ || config_.keyring_file.empty()) return;
    auto keys = read_keyring(config_.keyring_file);
    const std::string fault = keys ? "" : keys.error().message;
    // Whatever else changes beside the file has us look again.
    const bool is_new = std::exchange(keyring_fault_, fault) != fault;
    if (!keys) {
        if (is_new) log_warning("configuration: " + fault + std::string(keys_stay));
        return;
    }
    if (*keys == config_.gossip.envelope.keys) return;
    config_.gossip.envelope.keys = *std::move(keys);
    log_info("configuration: gossip is " + sealing_text(config_.gossip.envelope));
    changed_(config_);
}

void LiveConfig::reload() {
    if (stopped_) return;
    // A watch that was refused or lost is taken up again, before the reading: nothing is missed.
    watch_directory();
    watch_keyring();
    const Result<void> read = read_main_file();
    main_fault_ = read ? "" : refuse(read.error());
    // The watch forgot what it was about to tell.
    if (!read) rescan_soon();
}

std::vector<std::string> LiveConfig::faults() const {
    std::vector<std::string> faults;
    for (const std::string* fault : {&main_fault_, &rescan_fault_, &directory_fault_}) {
        if (!fault->empty()) faults.push_back(*fault);
    }
    if (!keyring_fault_.empty()) faults.push_back(keyring_fault_ + std::string(keys_stay));
    const std::size_t told = std::min(file_faults_.size(), file_faults_max);
    faults.insert(faults.end(), file_faults_.begin(),
                  file_faults_.begin() + static_cast<std::ptrdiff_t>(told));
    if (told < file_faults_.size()) {
        faults.push_back(std::to_string(file_faults_.size() - told) +
                         " more mistakes are in application-config-dir");
    }
    return faults;
}

Result<void> LiveConfig::read_main_file() {
    Result<Config> read = load_main_file(config_.path);
    if (!read) return tl::unexpected(read.error());
    if (read->load_balancer != config_.load_balancer) {
        return fail(config_.path + ": lb: a running node cannot change its role; restart it");
    }
    Config next = config_;
    next.log_level = read->log_level;
    next.load_balancer_config.support = read->load_balancer_config.support;
    // Of the generator and the ports in use: others need a restart.
    next.load_balancer_config.support.lacks = config_.load_balancer_config.support.lacks;
    next.load_balancer_config.support.http_ports = config_.load_balancer_config.support.http_ports;
    next.load_balancer_config.rotation = read->load_balancer_config.rotation;
    next.load_balancer_config.admission = read->load_balancer_config.admission;
    next.permit = read->permit;
    next.warnings = read->warnings;
    next.main_warnings = read->main_warnings;
    next.keyring_file = read->keyring_file;
    next.gossip.envelope.keys = read->gossip.envelope.keys;
    next.gossip.envelope.verify_incoming = read->gossip.envelope.verify_incoming;
    next.gossip.envelope.verify_outgoing = read->gossip.envelope.verify_outgoing;
    next.application_directory = read->application_directory;
    next.drain = read->drain;
    next.application_files.set_list(next.path, std::move(read->applications),
                                    std::move(read->checks));
    const bool moved = next.application_directory != config_.application_directory ||
                       next.keyring_file != config_.keyring_file;
    Result<void> taken = read_directory(next);
    if (taken) taken = adopt(std::move(next), read->fixed);
    if (!taken) return taken;
    rescan_fault_.clear();
    keyring_fault_.clear();
    log_info("configuration: " + config_.path + " was read again");
    if (!moved) return {};
    watch_directory();
    watch_keyring();
    // What changed between the reading of the files and the watch.
    rescan();
    reread_keyring();
    return {};
}

void LiveConfig::rescan() {
    if (stopped_ || config_.application_directory.empty()) return;
    Config next = config_;
    Result<void> taken = read_directory(next);
    if (taken) taken = adopt(std::move(next), config_.fixed);
    rescan_fault_ = taken ? "" : refuse(taken.error());
}

Result<void> LiveConfig::read_directory(Config& next) {
    directory_fault_.clear();
    if (next.application_directory.empty()) {
        next.application_files.set_files({});
        return {};
    }
    const auto files = read_application_files(next.application_directory);
    if (files) {
        next.application_files.set_files(*files);
    } else if (next.application_directory == config_.application_directory) {
        directory_fault_ = "application-config-dir: " + files.error().message +
                           "; what was read from it before stays in force";
        log_warning("configuration: " + directory_fault_);
    } else {
        return fail(next.path +
                    ": backend-config.application-config-dir: " + files.error().message);
    }
    return {};
}

Result<void> LiveConfig::adopt(Config next, const Json& wanted) {
    const GatheredApplications gathered = next.application_files.gather();
    tell(gathered.news);
    if (!next.load_balancer) {
        const Result<void> adopted = adopt_applications(gathered, next);
        if (!adopted) return fail(next.path + ": backend-config: " + adopted.error().message);
    }
    file_faults_ = gathered.mistakes;
    tell_keys_for_restart(next.fixed, wanted);
    std::vector<std::string> surprises;
    std::ranges::copy_if(next.warnings, std::back_inserter(surprises), [this](const auto& line) {
        return std::ranges::find(config_.warnings, line) == config_.warnings.end();
    });
    tell(surprises);
    tell_applications(config_, next);
    if (next.gossip.envelope != config_.gossip.envelope) {
        log_info("configuration: gossip is " + sealing_text(next.gossip.envelope));
    }
    const bool is_news =
        next.applications != config_.applications || next.checks != config_.checks ||
        next.drain != config_.drain || next.log_level != config_.log_level ||
        next.gossip.envelope != config_.gossip.envelope ||
        next.load_balancer_config.support != config_.load_balancer_config.support ||
        next.load_balancer_config.rotation != config_.load_balancer_config.rotation ||
        next.load_balancer_config.admission != config_.load_balancer_config.admission ||
        next.permit != config_.permit;
    config_ = std::move(next);
    runtime::set_log_level(config_.log_level);
    if (is_news) changed_(config_);
    return {};
}

}  // namespace scrimp::app
