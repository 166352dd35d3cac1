// A Sight in a world of hosts that answer or do not, for its tests.
#pragma once

#include <deque>

#include <gtest/gtest.h>

#include "base/machine.h"
#include "service/hearing_test.h"
#include "service/sight.h"

namespace scrimp::service {

/// A registry behind a sight, hosts that answer or do not, and a clock.
class SightTest : public testing::Test {
  protected:
    static std::string name_of(int number) {
        return (number < 10 ? "b0" : "b") + std::to_string(number);
    }
    static std::string address_of(int number) { return "10.0.0." + std::to_string(number); }

    void join(int count, int applications = 1) {
        shops = make_applications("shop", applications);
        for (int i = 1; i <= count; ++i) hear(Change::Joined, i);
        pass(1s);
    }
    void hear(Change change, int number) {
        sight.handle_event(
            now,
            event_of(change, name_of(number), address_of(number),
                     encode_metadata(Role::Backend, shops, {.conditions = conditions})->bytes));
        pump();
    }
    void doubt(int number) {
        sight.handle_doubt(now, name_of(number));
        pump();
    }
    /// What hosts answer from now on; a silence is told after as long as a driver waits.
    void set(int number, PortAnswer answer) { answers[*parse_ip(address_of(number))] = answer; }
    void pump() {
        while (const auto action = sight.poll_action()) {
            std::visit(
                Overloaded{
                    [&](const ProbePort& probe) {
                        ++probes;
                        line.insert(probe.is_urgent ? line.begin() : line.end(), probe);
                    },
                    [&](const Forward& forward) { registry.handle_event(now, forward.event); },
                    [&](const Missing& lost) {
                        registry.handle_unavailable(now, lost.member_name, lost.endpoint,
                                                    lost.reason, lost.stays);
                    },
                    [&](const Back& back) {
                        registry.handle_available(now, back.member_name, back.endpoint);
                    },
                    [&](const GuardTurned& turned) { EXPECT_EQ(turned.holds, sight.guards()); }},
                *action);
        }
        // As many at a time as the driver begins.
        for (; waiting.size() < 64 && !line.empty(); line.pop_front()) {
            waiting.emplace_back(now + wait_of(line.front()), line.front());
        }
    }
    void pass(Duration time) {
        const Instant until = now + time;
        for (;;) {
            Instant next = std::min(sight.next_deadline(), registry.next_deadline());
            for (const auto& [at, probe] : waiting) next = std::min(next, at);
            if (next > until) break;
            now = std::max(now, next);
            const auto due =
                std::ranges::find_if(waiting, [&](const auto& w) { return w.first <= now; });
            if (due != waiting.end()) {
                const ProbePort probe = due->second;
                waiting.erase(due);
                sight.handle_probed(now, probe, answer_of(probe));
            } else {
                sight.handle_deadline(now);
            }
            pump();
            if (registry.next_deadline() <= now) registry.handle_deadline(now);
        }
        now = until;
    }
    [[nodiscard]] PortAnswer answer_of(const ProbePort& probe) const {
        Endpoint host = probe.endpoint;
        host.port = 0;
        const auto known = answers.find(host);
        return known == answers.end() ? PortAnswer::Open : known->second;
    }
    [[nodiscard]] Duration wait_of(const ProbePort& probe) const {
        return answer_of(probe) == PortAnswer::Silent ? Duration{600ms} : Duration{1ms};
    }
    [[nodiscard]] std::size_t routed() const {
        const auto& routes = registry.table().routes;
        return routes.empty() ? 0 : routes.front().upstreams.size();
    }
    [[nodiscard]] std::string note(int number) const {
        for (const Standing& each : registry.standings()) {
            if (each.member_name == name_of(number)) return each.note;
        }
        return "unknown";
    }

    Instant now{};
    std::vector<Application> shops;
    Conditions conditions;
    Registry registry;
    Sight sight{{}, registry};
    std::map<Endpoint, PortAnswer> answers;
    std::deque<ProbePort> line;
    std::vector<std::pair<Instant, ProbePort>> waiting;
    int probes = 0;
};

}  // namespace scrimp::service
