#include "app/history.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/json.h"
#include "base/printable.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t index_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t generation_name_bytes_max = 64;
constexpr std::string_view text_ending = ".conf";
/// Of a text while it is written.
constexpr std::string_view part_ending = ".conf.new";

bool is_generation_name(std::string_view name) {
    return !name.empty() && name.size() <= generation_name_bytes_max &&
           std::ranges::all_of(
               name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
}

/// What cannot be removed stays.
template <class Unwanted>
void remove_files(const std::string& directory, Unwanted unwanted) {
    std::error_code ignored;
    for (fs::directory_iterator at(directory, ignored), end; at != end; at.increment(ignored)) {
        const std::string name = at->path().filename().string();
        if (unwanted(std::string_view(name))) fs::remove(at->path(), ignored);
    }
}

}  // namespace

History::History(std::string directory) : directory_(std::move(directory)) {}

std::string History::path_of(std::string_view name) const {
    return directory_ + "/" + std::string(name) + std::string(text_ending);
}

Result<void> History::load() {
    if (directory_.empty()) return {};
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) return fail("cannot make " + directory_ + ": " + error.message());
    remove_parts();
    const std::string index = directory_ + "/index.json";
    const auto text = runtime::read_file(index, index_bytes_max);
    if (text && !*text) return {};
    if (!text || !read_index(**text)) {
        lost_pin_ = index + " cannot be read, so it is not known whether a generation was pinned";
    } else {
        look_for_pinned();
    }
    return {};
}

void History::look_for_pinned() {
    if (pinned_.empty()) return;
    const auto generation = std::ranges::find(generations_, pinned_, &Generation::name);
    const Result<std::string> text = generation == generations_.end()
                                         ? fail(path_of(pinned_) + " is missing")
                                         : text_of(*generation);
    if (!text) lost_pin_ = "the pinned generation " + pinned_ + " is lost: " + text.error().message;
}

/// What is not as we write it is left out. Returns whether it is an index at all.
bool History::read_index(std::string_view text) {
    const auto json = parse_json(text);
    if (!json || !json->is_object() || !json->contains("generations")) return false;
    const auto text_at = [](const Json& object, const char* key) {
        return object.contains(key) && object[key].is_string() ? object[key].get<std::string>()
                                                               : std::string();
    };
    const auto number_at = [](const Json& object, const char* key) {
        return object.contains(key) && object[key].is_number_unsigned()
                   ? object[key].get<std::uint64_t>()
                   : std::uint64_t{0};
    };
    for (const Json& each : (*json)["generations"]) {
        if (!each.is_object() || generations_.size() == generations_kept_max) continue;
        Generation generation{.name = text_at(each, "generation"),
                              .at = static_cast<std::int64_t>(number_at(each, "at")),
                              .revision = number_at(each, "revision"),
                              .why = text_at(each, "why"),
                              .bytes = number_at(each, "bytes")};
        std::error_code error;
        if (!is_generation_name(generation.name) || !fs::exists(path_of(generation.name), error))
            continue;
        generations_.push_back(std::move(generation));
    }
    const std::string pinned = text_at(*json, "pinned");
    if (is_generation_name(pinned)) pinned_ = pinned;
    return true;
}

Result<void> History::record(Generation generation, std::string_view text) {
    if (directory_.empty() || !is_generation_name(generation.name)) return {};
    const auto known = std::ranges::find(generations_, generation.name, &Generation::name);
    if (known != generations_.end()) {
        generations_.erase(known);
    } else if (auto written = runtime::replace_file(path_of(generation.name), text); !written) {
        remove_parts();
        return written;
    }
    generation.bytes = text.size();
    generations_.insert(generations_.begin(), std::move(generation));
    drop_what_is_too_much();
    auto written = write_index();
    // Even so: an index that names a text which is gone is read without it.
    remove_nameless();
    return written;
}

/// The oldest go, but for the latest of all and the one that is pinned.
void History::drop_what_is_too_much() {
    const auto bytes = [this] {
        std::size_t sum = 0;
        for (const Generation& each : generations_) sum += each.bytes;
        return sum;
    };
    std::size_t at = generations_.size();
    while (at > 1 &&
           (generations_.size() > generations_kept_max || bytes() > generations_bytes_max)) {
        --at;
        if (generations_[at].name == pinned_) continue;
        generations_.erase(generations_.begin() + static_cast<std::ptrdiff_t>(at));
    }
}

Result<void> History::write_index() const {
    Json index = {{"generations", Json::array()}};
    if (!pinned_.empty()) index["pinned"] = pinned_;
    for (const Generation& each : generations_) {
        index["generations"].push_back({{"generation", each.name},
                                        {"at", static_cast<std::uint64_t>(each.at)},
                                        {"revision", each.revision},
                                        {"why", each.why},
                                        {"bytes", each.bytes}});
    }
    return runtime::replace_file(directory_ + "/index.json", index.dump(2) + "\n");
}

void History::remove_nameless() const {
    remove_files(directory_, [this](std::string_view name) {
        if (!name.ends_with(text_ending)) return false;
        name.remove_suffix(text_ending.size());
        return std::ranges::find(generations_, name, &Generation::name) == generations_.end();
    });
    remove_parts();
}

void History::remove_parts() const {
    remove_files(directory_, [](std::string_view name) { return name.ends_with(part_ending); });
}

Result<Generation> History::find(std::string_view name) const {
    const Generation* found = nullptr;
    std::string known;
    for (const Generation& each : generations_) {
        known += (known.empty() ? "" : ", ") + each.name;
        if (name.empty() || !each.name.starts_with(name)) continue;
        if (found != nullptr) {
            return fail("'" + printable(name, generation_name_bytes_max) +
                        "' begins several generations");
        }
        found = &each;
    }
    if (found != nullptr) return *found;
    return fail("no generation '" + printable(name, generation_name_bytes_max) + "' is kept" +
                (known.empty() ? "; there is none yet" : "; there are " + known));
}

Result<std::string> History::text_of(const Generation& generation) const {
    auto text = runtime::read_file(path_of(generation.name), generation.bytes + 1);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return fail("the text of generation " + generation.name + " is gone");
    if ((*text)->size() != generation.bytes) {
        return fail(path_of(generation.name) + " is not as it was written");
    }
    return **std::move(text);
}

Result<void> History::set_pinned(std::string name) {
    const std::string before = std::exchange(pinned_, std::move(name));
    if (directory_.empty()) return {};
    auto written = write_index();
    if (written) {
        lost_pin_.clear();
    } else {
        pinned_ = before;
    }
    return written;
}

}  // namespace scrimp::app
