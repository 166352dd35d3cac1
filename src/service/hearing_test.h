// A Registry with a clock, and short words for what it hears and says.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
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
    std::optional<std::size_t> learn(const std::string& name, const LongList& list,
                                     const std::string& source) {
        return learn(name, list.text, source);
    }
    /// How many applications were taken. The text is kept from now on, as an Exchange would.
    std::optional<std::size_t> learn(const std::string& name, const std::string& text,
                                     const std::string& source) {
        now += 1s;
        const ListDigest digest = digest_of(text);
        const auto kept = texts.try_emplace(digest, std::make_shared<const std::string>(text));
        const auto taken = registry.handle_list(now, name, digest, kept.first->second, source);
        settle();
        return taken;
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
        Texts views;
        for (const BackendView& view : registry.backends()) {
            views.push_back(view.member_name + " " + std::to_string(view.applications.size()) +
                            " from " + view.source + (view.complete ? "" : ", incomplete"));
        }
        return views;
    }
    Texts refusals() {
        Texts told;
        while (const auto action = registry.poll_action()) {
            const auto* refusal = std::get_if<Refusal>(&*action);
            if (refusal == nullptr) continue;
            told.push_back(refusal->member_name + " " + refusal->application + " " +
                           refusal->reason);
        }
        return told;
    }

    Registry registry;
    Instant now{};
    ListTexts texts;
};

}  // namespace scrimp::service
