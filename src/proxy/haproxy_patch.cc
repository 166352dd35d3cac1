#include "proxy/haproxy_patch.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "proxy/difference.h"
#include "proxy/haproxy.h"

namespace scrimp::proxy {
namespace {

/// Each is asked for twice, some 0.2 ms; beyond, a reload is the quicker way.
constexpr std::size_t patched_backends_max = 200;

/// HAProxy reads a line into a buffer of 16 kB, and answers from one.
constexpr std::size_t request_bytes_max = 8000;

/// Of srv_admin_state: switched off by a command, or by the configuration and not on since.
constexpr unsigned forced_maintenance = 1;

/// One line of `show servers state`.
struct Place {
    std::string name;
    Endpoint endpoint;
    bool on = false;
    unsigned weight = 0;
};

/// What is to change in a backend.
struct BackendChange {
    std::string backend;
    std::vector<service::Upstream> serve;  ///< New, or with another weight.
    std::set<Endpoint> after;              ///< Who serves then: whoever else is on goes off.
    std::set<Endpoint> known;              ///< Of both tables: their places are nobody else's.
};

std::string_view next_field(std::string_view& line) {
    const std::size_t end = line.find(' ');
    const std::string_view field = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return field;
}

std::optional<unsigned> number_in(std::string_view text) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return number;
}

/// "s17": no other text of the proxy's is sent back to it.
bool is_place_name(std::string_view name) {
    return name.size() > 1 && name.size() < 8 && name.front() == 's' &&
           name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

std::optional<Place> read_place(std::string_view line, std::string_view backend) {
    // be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight … srv_port
    constexpr std::size_t port_field = 18;
    std::vector<std::string_view> fields;
    while (!line.empty() && fields.size() <= port_field) fields.push_back(next_field(line));
    if (fields.size() <= port_field || fields[1] != backend || !is_place_name(fields[3])) {
        return std::nullopt;
    }
    const auto port = parse_port(fields[port_field]);
    const auto admin = number_in(fields[6]);
    const auto weight = number_in(fields[7]);
    if (!port || !admin || !weight) return std::nullopt;
    const auto endpoint = parse_ip(fields[4], *port);
    if (!endpoint) return std::nullopt;
    return Place{.name = std::string(fields[3]),
                 .endpoint = *endpoint,
                 .on = (*admin & forced_maintenance) == 0,
                 .weight = *weight};
}

/// The first line is the version of the format, comments begin with `#`.
Result<std::vector<Place>> read_places(std::string_view answer, std::string_view backend) {
    if (!answer.starts_with("1\n")) {
        return fail(fmt::format("haproxy does not show the servers of {}", backend));
    }
    answer.remove_prefix(2);
    std::vector<Place> places;
    while (!answer.empty()) {
        const std::size_t end = answer.find('\n');
        if (auto place = read_place(answer.substr(0, end), backend)) places.push_back(*place);
        answer.remove_prefix(end == std::string_view::npos ? answer.size() : end + 1);
    }
    return places;
}

/// The place that is on with this endpoint; null if there is none.
const Place* serving(const std::vector<Place>& places, const Endpoint& endpoint) {
    const auto found = std::ranges::find_if(
        places, [&](const Place& place) { return place.on && place.endpoint == endpoint; });
    return found == places.end() ? nullptr : &*found;
}

/// A place that is off: one that had this endpoint, else one of nobody's. Null if none is left.
Place* free_place(std::vector<Place>& places, const Endpoint& endpoint,
                  const std::set<Endpoint>& known) {
    const auto off = [&](const auto& fits) {
        const auto found = std::ranges::find_if(
            places, [&](const Place& place) { return !place.on && fits(place.endpoint); });
        return found == places.end() ? nullptr : &*found;
    };
    if (Place* own = off([&](const Endpoint& had) { return had == endpoint; })) return own;
    return off([&](const Endpoint& had) { return !known.contains(had); });
}

/// What must be said so that the change is there.
Result<std::vector<std::string>> commands_for(const BackendChange& change,
                                              std::vector<Place> places) {
    std::vector<std::string> commands;
    const auto say = [&](const Place& place, const std::string& what) {
        commands.push_back(fmt::format("set server {}/{} {}", change.backend, place.name, what));
    };
    for (const auto& upstream : change.serve) {
        const std::string weight = fmt::format("weight {}", upstream.weight);
        if (const Place* there = serving(places, upstream.endpoint)) {
            say(*there, weight);
            continue;
        }
        Place* const place = free_place(places, upstream.endpoint, change.known);
        if (place == nullptr) {
            return fail(fmt::format("no spare server is left in {}", change.backend));
        }
        say(*place,
            fmt::format("addr {} port {}", upstream.endpoint.ip_text(), upstream.endpoint.port));
        say(*place, weight);
        say(*place, "state ready");
        place->endpoint = upstream.endpoint;
        place->on = true;
    }
    for (const Place& place : places) {
        if (place.on && !change.after.contains(place.endpoint)) say(place, "state maint");
    }
    return commands;
}

Result<void> check_change(const BackendChange& change, const std::vector<Place>& places) {
    for (const auto& upstream : change.serve) {
        const Place* const place = serving(places, upstream.endpoint);
        if (place == nullptr || place->weight != upstream.weight) {
            return fail(fmt::format("haproxy did not take {} into {}", upstream.endpoint.text(),
                                    change.backend));
        }
    }
    for (const Place& place : places) {
        if (place.on && !change.after.contains(place.endpoint)) {
            return fail(fmt::format("haproxy did not take {} out of {}", place.endpoint.text(),
                                    change.backend));
        }
    }
    return {};
}

class HaproxyPatch final : public Patch {
  public:
    HaproxyPatch(std::vector<BackendChange> changes, std::string last)
        : changes_(std::move(changes)), last_(std::move(last)) {}

    std::optional<std::string> next() override {
        if (looked_ < changes_.size()) return show(changes_[looked_]);
        if (!requests_.empty()) return requests_.front();
        if (checked_ < changes_.size()) return show(changes_[checked_]);
        if (!last_.empty()) return last_;
        return std::nullopt;
    }

    Result<void> handle_answer(std::string_view answer) override {
        if (looked_ < changes_.size()) return look(changes_[looked_++], answer);
        if (!requests_.empty()) {
            requests_.pop_front();
            return {};
        }
        if (checked_ < changes_.size()) {
            const BackendChange& change = changes_[checked_++];
            const auto places = read_places(answer, change.backend);
            if (!places) return tl::unexpected(places.error());
            return check_change(change, *places);
        }
        last_.clear();
        return {};
    }

  private:
    static std::string show(const BackendChange& change) {
        return "show servers state " + change.backend;
    }

    Result<void> look(const BackendChange& change, std::string_view answer) {
        auto places = read_places(answer, change.backend);
        if (!places) return tl::unexpected(places.error());
        auto commands = commands_for(change, *std::move(places));
        if (!commands) return tl::unexpected(commands.error());
        for (const std::string& command : *commands) {
            if (requests_.empty() ||
                requests_.back().size() + command.size() >= request_bytes_max) {
                requests_.emplace_back();
            }
            std::string& request = requests_.back();
            request += (request.empty() ? "" : ";") + command;
        }
        return {};
    }

    std::vector<BackendChange> changes_;
    std::string last_;  ///< Names the generation; empty when that is done.
    std::size_t looked_ = 0;
    std::size_t checked_ = 0;
    std::deque<std::string> requests_;
};

/// Nothing if both have the same servers.
std::optional<BackendChange> difference_of(const service::Route& before,
                                           const service::Route& after) {
    BackendChange change;
    for (const auto& upstream : after.upstreams) {
        change.after.insert(upstream.endpoint);
        const auto same = [&](const service::Upstream& had) {
            return had.endpoint == upstream.endpoint && had.weight == upstream.weight;
        };
        if (std::ranges::none_of(before.upstreams, same)) change.serve.push_back(upstream);
    }
    change.known = change.after;
    for (const auto& upstream : before.upstreams) change.known.insert(upstream.endpoint);
    const bool somebody_leaves = change.known.size() > change.after.size();
    if (change.serve.empty() && !somebody_leaves) return std::nullopt;
    return change;
}

/// Whether both are rendered alike but for their servers. An announced weight or label is a
/// backend's own, and in the servers already.
bool are_alike(const service::Route* before, const service::Route* after) {
    const auto rendered = [](const service::Application& of) {
        return std::tie(of.name, of.listen_port, of.application_port, of.protocol, of.domains,
                        of.options);
    };
    return rendered(before->application) == rendered(after->application);
}

}  // namespace

std::unique_ptr<Patch> patch_haproxy(const PatchPlan& plan) {
    if (!std::ranges::equal(plan.before, plan.after, are_alike)) return nullptr;
    const std::vector<std::string> names = haproxy_backend_names(plan.after);
    std::vector<BackendChange> changes;
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto change = difference_of(*plan.before[i], *plan.after[i]);
        if (!change) continue;
        change->backend = names[i];
        changes.push_back(*std::move(change));
    }
    if (changes.size() > patched_backends_max) return nullptr;
    return std::make_unique<HaproxyPatch>(
        std::move(changes),
        fmt::format("set map {} {} {}", plan.target_path, haproxy_generation_key, plan.generation));
}

}  // namespace scrimp::proxy
