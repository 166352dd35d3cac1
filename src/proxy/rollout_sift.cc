// Which applications of a table are left out, and how it is said.
#include <algorithm>
#include <charconv>
#include <set>

#include "proxy/rollout_state.h"

namespace scrimp::proxy {
namespace {

/// Runs of the check before something is rolled out: enough to find one of five thousand
/// applications (28). nginx -t takes some 40 ms of a hundred applications and 0.5 s of five
/// thousand, so a change may wait for a second or for ten; what runs runs on.
constexpr std::size_t trials_max = 30;

/// Searches that are given up for a newer table, which may be without the fault, before one is
/// brought to its end: where tables come faster than the check answers none would be.
constexpr std::size_t searches_given_up_max = 3;

/// What is said of one application left out.
constexpr std::size_t blame_bytes_max = 400;

/// Of a line of the candidate; a directive of ours, but for lists of domains, is shorter.
constexpr std::size_t quoted_bytes_max = 120;

/// Applications named of those left out together; the last line then counts the rest.
constexpr std::size_t blames_max = 16;

}  // namespace

std::string named(const service::Route& route) {
    return "application '" + route.application.name.text() + "' (listen-port " +
           std::to_string(route.application.listen_port) + ") of " + nodes_of(route.upstreams);
}

/// Of the routes from `from` on, those that were not active before.
Routes Rollout::State::newcomers(std::size_t from) const {
    const auto less = [](const service::Route* a, const service::Route* b) {
        return a->application < b->application;
    };
    const std::set<const service::Route*, decltype(less)> known(active_routes.begin(),
                                                                active_routes.end());
    Routes found(routes.begin() + static_cast<std::ptrdiff_t>(from), routes.end());
    std::erase_if(found, [&](const service::Route* route) { return known.contains(route); });
    return found;
}

/// Tries the next part of a refused table, or rolls out what is left of it.
void Rollout::State::sift(Instant now) {
    if (pace.is_waiting() && now >= pace.due() && searches_given_up < searches_given_up_max) {
        ++searches_given_up;
        // Who is proven guilty stays out of the new table; the trials so far count for it too, or
        // a stream of tables would keep everybody waiting.
        leave_out();
        step = Step::Idle;
        return begin_if_due(now);
    }
    if (!sieve->is_done() && !out_of_trials()) {
        Routes part;
        for (const std::size_t i : sieve->trial()) part.push_back(routes[i]);
        auto rendered = render(part);
        if (!rendered) return ended(now, Verdict::Rejected, rendered.error().message);
        ++trials;
        return write(Step::WriteTrial, std::move(rendered->text));
    }
    // Nobody is at fault, or everybody: then the fault is hardly theirs, and a page that serves
    // nothing is no improvement on what runs.
    if (guilty.empty() || guilty.size() == routes.size()) return refused_whole(now);
    leave_out();
    roll_what_is_left(now);
}

/// Whether the trials are spent; then it blames the newcomers that are not decided on. While that
/// would leave nobody there is nothing else to roll out, and the trials go on.
bool Rollout::State::out_of_trials() {
    if (trials < trials_max) return false;
    std::vector<Blame> untried;
    for (const service::Route* route : newcomers(sieve->decided())) {
        untried.emplace_back(route, "not tried, too many others are at fault: " + complaint);
    }
    if (guilty.size() + untried.size() == routes.size()) return false;
    std::ranges::move(untried, std::back_inserter(guilty));
    return true;
}

/// Who may be at fault when the proxy did not take a table that the check accepted. A port that
/// cannot be had is the usual reason, so the newcomers on new ports come first.
std::vector<Blame> Rollout::State::suspects() const {
    std::vector<Blame> on_new_ports;
    std::vector<Blame> all;
    if (!active) return all;
    std::set<std::uint16_t> ports;
    for (const service::Route* route : active_routes) ports.insert(route->application.listen_port);
    for (const service::Route* route : newcomers(0)) {
        all.emplace_back(route, complaint);
        if (!ports.contains(route->application.listen_port)) on_new_ports.push_back(all.back());
    }
    return on_new_ports.empty() ? all : on_new_ports;
}

/// Leaves out who is guilty and says so.
void Rollout::State::leave_out() {
    const auto say = [this](const std::string& detail) {
        actions.emplace_back(RolloutEnded{Verdict::Rejected, current->revision, next_generation,
                                          one_line(detail, blame_bytes_max)});
    };
    for (std::size_t i = 0; i < guilty.size(); ++i) {
        const auto& [route, reason] = guilty[i];
        left_out.emplace(route->application, one_line(reason, blame_bytes_max));
        if (i < blames_max) say("left out " + named(*route) + ": " + reason);
    }
    if (guilty.size() > blames_max) {
        say("left out " + std::to_string(guilty.size() - blames_max) + " more applications");
    }
    guilty.clear();
}

/// Nothing of the table is rolled out.
void Rollout::State::refused_whole(Instant now) {
    const bool one = routes.size() == 1;
    ended(now, Verdict::Rejected, one ? named(*routes.front()) + ": " + complaint : complaint);
}

/// What the check said and, where it named a line of the candidate, that line: the file is another
/// one when a person gets to read it.
std::string Rollout::State::blamed_line(const std::string& reason) const {
    const std::string name = candidate + ":";
    const auto at = reason.find(name);
    if (at == std::string::npos) return reason;
    std::size_t number = 0;
    const char* const end = reason.data() + reason.size();
    if (std::from_chars(reason.data() + at + name.size(), end, number).ec != std::errc()) {
        return reason;
    }
    std::string_view rest = candidates;
    for (; number > 1 && !rest.empty(); --number)
        rest = rest.substr(std::min(rest.find('\n'), rest.size() - 1) + 1);
    const std::string line = one_line(rest.substr(0, rest.find('\n')), quoted_bytes_max);
    return line.empty() ? reason : one_line(reason, blame_bytes_max) + " (the line: " + line + ")";
}

/// Who is left out of the latest table, by name.
std::vector<LeftOut> Rollout::State::left_out_now() const {
    std::vector<LeftOut> all;
    for (const auto& [application, reason] : left_out) {
        const auto found =
            std::ranges::lower_bound(table->routes, application, {}, &service::Route::application);
        if (found == table->routes.end() || found->application != application) continue;
        all.push_back(
            {application.name.text(), application.listen_port, nodes_of(found->upstreams), reason});
    }
    return all;
}

std::string_view trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
    std::string line;
    for (const char c : trimmed(text)) {
        if (line.size() == bytes_max) break;
        const bool space = std::string_view(" \t\r\n").find(c) != std::string_view::npos;
        if (!space) {
            line += c;
        } else if (!line.ends_with(' ')) {
            line += ' ';
        }
    }
    return line;
}

}  // namespace scrimp::proxy
