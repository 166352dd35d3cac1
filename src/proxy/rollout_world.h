// A working fake for the tests of Rollout: files, a check, a proxy, and a driver on virtual time.
#pragma once

#include <algorithm>
#include <functional>
#include <map>

#include "proxy/fingerprint.h"
#include "proxy/rollout.h"

namespace scrimp::proxy::rollout_world {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr std::string_view target = "/etc/proxy/lb.conf";
inline constexpr std::string_view candidate = "/etc/proxy/.lb.conf.candidate";
inline constexpr std::string_view last_good = "/etc/proxy/.lb.conf.last-good";

inline Result<Rendered> render_names(const service::RoutingTable& table,
                                     const RenderOptions& options) {
    if (options.tls_key_path == "unspeakable") return fail("the key's path cannot be spelt");
    std::string names;
    for (const auto& route : table.routes) names += route.application.name.text() + ",";
    return Rendered{.text = "begin " + names + " end", .generation = "of " + names};
}

/// Text and generation differ only in their first word and the last.
inline std::string generation_in_names(std::string_view text) {
    if (!text.starts_with("begin ") || !text.ends_with(" end")) return {};
    return "of " + std::string(text.substr(6, text.size() - 10));
}

inline const Generator asked{.name = "asked",
                             .render = render_names,
                             .default_check_command = {},
                             .default_reload_command = {},
                             .serves_generation = true,
                             .generation_in = generation_in_names,
                             .counts_old_workers = true};
inline const Generator silent{.name = "silent",
                              .render = render_names,
                              .default_check_command = {},
                              .default_reload_command = {},
                              .serves_generation = false};

inline service::RoutingTable table(std::uint64_t revision, std::vector<std::string_view> names) {
    service::RoutingTable result{.revision = revision, .routes = {}};
    for (const auto name : names) {
        result.routes.push_back({.application = {.name = *service::Name::parse(name),
                                                 .listen_port = 443,
                                                 .application_port = 80,
                                                 .protocol = service::Protocol::Http,
                                                 .domains = {}},
                                 .upstreams = {}});
    }
    return result;
}

inline std::string text_of(std::vector<std::string_view> names) {
    return render_names(table(0, std::move(names)), {})->text;
}

/// Gives each application of `table` these upstreams: the last byte of an address, and the name.
inline service::RoutingTable with_upstreams(service::RoutingTable table,
                                            const std::vector<int>& hosts) {
    for (auto& route : table.routes) {
        for (const int host : hosts) {
            service::Upstream upstream;
            upstream.member_name = "b" + std::to_string(host);
            upstream.endpoint = *parse_ip("10.0.0." + std::to_string(host), 80);
            route.upstreams.push_back(upstream);
        }
        std::ranges::sort(route.upstreams);  // As a Registry does.
    }
    return table;
}

/// A proxy and its files. The check refuses texts with "bad"; the proxy accepts no reload to a
/// text with "stuck" although the command succeeds, as nginx does when a port is taken.
struct World {
    std::map<std::string, std::string> files;
    bool running = true;
    std::string loaded;  ///< The text the proxy runs.
    bool disk_full = false;
    bool swaps_fail = false;
    bool reload_command_fails = false;
    bool anything_goes = false;  ///< The check accepts all.
    bool nothing_goes = false;   ///< The check refuses all.
    bool runtime_refuses = false;
    bool runtime_is_deaf = false;  ///< Takes everything, and does nothing.
    OldWorkers old_workers;
    std::string check_says = "";  ///< Of a text that it accepts.
    int answers_late = 0;         ///< So many questions are answered by old workers.
    std::vector<std::string> steps;

    [[nodiscard]] std::optional<std::string> text_at(std::string_view path) const {
        const auto found = files.find(std::string(path));
        return found == files.end() ? std::nullopt : std::optional(found->second);
    }
    static bool whole(const std::string& text) {
        return text.starts_with("begin ") && text.ends_with(" end");
    }
    static bool accepted(const std::string& text) {
        return whole(text) && text.find("bad") == std::string::npos;
    }

    Result<std::string> operator()(const WriteFile& write) {
        steps.push_back("write " + write.path);
        if (disk_full) return fail("no space left");
        files[write.path] = write.text;
        return "";
    }
    Result<std::string> operator()(const SwapFile& swap) {
        steps.push_back("swap");
        if (swaps_fail) return fail("read-only file system");
        files[swap.to] = files.at(swap.from);
        files.erase(swap.from);
        return "";
    }
    Result<std::string> operator()(const CopyFile& copy) {
        steps.push_back("copy to " + copy.to);
        if (disk_full) return fail("no space left");
        if (!files.contains(copy.from)) return fail("no such file");
        files[copy.to] = files[copy.from];
        return fingerprint(files[copy.to]);
    }
    Result<std::string> operator()(const RunCommand& run) {
        std::string line;
        for (const auto& part : run.argv) line += (line.empty() ? "" : " ") + part;
        steps.push_back(line);
        if (run.argv[0] == "check") {
            if (nothing_goes) return fail("the certificate is missing");
            if (anything_goes) return check_says;
            return accepted(files.at(run.argv[1])) ? Result<std::string>(check_says)
                                                   : fail("bad is unknown in line 1");
        }
        if (reload_command_fails) return fail("the unit is masked");
        if (!running) return fail("the unit is not active");
        const std::string& text = files.at(std::string(target));
        if (text.find("stuck") == std::string::npos) loaded = text;
        return "";
    }
    Result<std::string> operator()(const AskGeneration& ask) {
        steps.push_back("ask " + std::to_string(ask.port));
        if (!running) return fail("connection refused");
        if (answers_late > 0) {
            --answers_late;
            return "of older,\n";
        }
        if (loaded.empty()) return fail("404");
        return "of " + loaded.substr(6, loaded.size() - 10) + "\n";
    }
    Result<std::string> operator()(const AskRuntime& ask) {
        steps.push_back("runtime " + ask.request);
        if (!running) return fail("connection refused");
        if (runtime_refuses) return "Permission denied\n";
        // As HAProxy's map: the generation changes, and what stands in the target does not.
        if (ask.request == "name it" && !runtime_is_deaf) loaded = files.at(std::string(target));
        return "\n";
    }
    Result<std::string> operator()(const CountOldWorkers&) const {
        return old_workers_text(old_workers);
    }
    Result<std::string> operator()(const PrintText&) { return ""; }
    Result<std::string> operator()(const RolloutNotice&) { return ""; }
    Result<std::string> operator()(const RolloutEnded&) { return ""; }
};

inline RolloutConfig config() {
    return {.options = {},
            .target_path = std::string(target),
            .check_command = {"check", "{candidate}", "for={target}"},
            .reload_command = {"reload"}};
}

class Stage {
  public:
    explicit Stage(RolloutConfig with = config(), const Generator& generator = asked)
        : config_(std::move(with)), generator_(generator) {
        restart();
    }

    /// Begins a new Rollout from the files, as after a kill.
    void restart() {
        rollout_.emplace(generator_, config_, world.text_at(target), world.text_at(last_good));
    }
    /// Puts a table in place and lets the proxy run it, then forgets how.
    void settle_on(const service::RoutingTable& first) {
        give(first);
        run_for(seconds{5});
        world.steps.clear();
        ended.clear();
        printed.clear();
    }
    void give(const service::RoutingTable& next) { rollout_->handle_table(now, next); }
    /// Performs what is asked, at most `actions_max` effects, and goes from deadline to deadline.
    void run_for(Duration duration, std::size_t actions_max = 1000) {
        const Instant until = now + duration;
        while (true) {
            while (auto action = rollout_->poll_action()) {
                if (const auto* end = std::get_if<RolloutEnded>(&*action)) {
                    ended.push_back(*end);
                } else if (const auto* print = std::get_if<PrintText>(&*action)) {
                    printed.push_back(print->text);
                } else if (const auto* notice = std::get_if<RolloutNotice>(&*action)) {
                    notices.push_back(notice->text);
                } else {
                    if (actions_max-- == 0) {
                        next_action = std::move(action);
                        return;
                    }
                    now += takes / 2;
                    meanwhile();
                    now += takes - takes / 2;
                    rollout_->handle_done(now, std::visit(world, *action));
                }
            }
            if (rollout_->next_deadline() > until) break;
            now = std::max(now, rollout_->next_deadline());
            rollout_->handle_deadline(now);
        }
        now = std::max(now, until);
    }
    Rollout& rollout() { return *rollout_; }
    std::string target_text() { return world.files[std::string(target)]; }
    std::vector<Verdict> verdicts() const {
        std::vector<Verdict> all;
        for (const auto& end : ended) all.push_back(end.verdict);
        return all;
    }

    World world;
    Instant now{seconds{1000}};
    Duration takes = milliseconds{5};  ///< Each action: how long is not ours to say.
    std::function<void()> meanwhile = [] {};
    std::vector<RolloutEnded> ended;
    std::vector<std::string> printed;
    std::vector<std::string> notices;
    std::optional<RolloutAction> next_action;  ///< What the limit of run_for held back.

  private:
    RolloutConfig config_;
    const Generator& generator_;
    std::optional<Rollout> rollout_;
};

using Steps = std::vector<std::string>;
using Verdicts = std::vector<Verdict>;

}  // namespace scrimp::proxy::rollout_world
