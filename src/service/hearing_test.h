// A Registry with a clock, and short words for what it hears and says.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "service/list_test.h"
#include "service/registry.h"

namespace scrimp::service {

using namespace std::chrono_literals;
using swim::Change;
using Texts = std::vector<std::string>;

class Hearing {
  public:
    explicit Hearing(Support support = {}) : registry({}, std::move(support)) {}

    void tell(Change change, const std::string& name, const Bytes& metadata) {
        now += 1s;
        registry.handle_event(now, event_of(change, name, "10.0.0.1", metadata));
        settle();
    }
    void join(const std::string& name, const LongList& list) {
        tell(Change::Joined, name, list.metadata);
    }
    void learn(const std::string& name, const LongList& list, const std::string& source) {
        now += 1s;
        registry.handle_list(now, name, list.digest, list.text, source);
        settle();
    }
    void settle() {
        if (registry.next_deadline() <= now) registry.handle_deadline(now);
    }
    [[nodiscard]] std::size_t routes() const { return registry.table().routes.size(); }
    [[nodiscard]] bool routes_to(const std::string& name) const {
        return std::ranges::any_of(registry.table().routes, [&](const Route& route) {
            return route.application.name.text() == name;
        });
    }
    /// "b1 100 from lb2", "b1 9 from its metadata, incomplete".
    [[nodiscard]] Texts backends() const {
        Texts texts;
        for (const BackendView& view : registry.backends()) {
            texts.push_back(view.member_name + " " + std::to_string(view.applications.size()) +
                            " from " + view.source + (view.complete ? "" : ", incomplete"));
        }
        return texts;
    }
    Texts refusals() {
        Texts texts;
        while (const auto action = registry.poll_action()) {
            const auto* refusal = std::get_if<Refusal>(&*action);
            if (refusal == nullptr) continue;
            texts.push_back(refusal->member_name + " " + refusal->application + " " +
                            refusal->reason);
        }
        return texts;
    }

    Registry registry;
    Instant now{};
};

}  // namespace scrimp::service
