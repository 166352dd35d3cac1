// A change that the running proxy takes in without a reload.
#include "proxy/rollout_state.h"

namespace scrimp::proxy {

/// Only from a table that the proxy has said it serves: of a text that failed, or was pinned, or
/// that we only found, nobody knows what became of it.
std::unique_ptr<Patch> Rollout::State::plan_patch() const {
    const bool known = active && !of_pin && !serves_pinned && !served.empty();
    // The proxy reads files of certificates when it loads.
    const bool same_files = active_certificates == next_certificates;
    if (!known || !same_files || !can_ask() || config.runtime_socket.empty() ||
        generator.patch == nullptr) {
        return nullptr;
    }
    return generator.patch({active_routes, routes, config.target_path, next_generation});
}

/// Somebody else may have given the proxy another text, an older one or his own: a patch would make
/// it say that it serves ours, so only a reload will do.
void Rollout::State::answered_for_served(const Result<std::string>& outcome) {
    if (!outcome || trimmed(*outcome) != served) {
        patch.reset();
        served.clear();
        if (wants_count()) return perform(Step::CountOld, CountOldWorkers{});
    }
    write(Step::WriteNew, std::move(candidates));
}

/// The next request, or the question whether all of it is there.
void Rollout::State::patch_on() {
    if (auto request = patch->next()) {
        return perform(Step::Patch, AskRuntime{config.runtime_socket, *std::move(request)});
    }
    ask(Step::ConfirmPatch);
}

void Rollout::State::patched(Instant now, const Result<std::string>& outcome) {
    if (!outcome) return patch_failed(now, outcome.error().message);
    if (step == Step::Patch) {
        if (const auto taken = patch->handle_answer(*outcome); !taken) {
            return patch_failed(now, taken.error().message);
        }
        return patch_on();
    }
    if (!runs_next(outcome)) {
        return patch_failed(now, "the proxy goes on with generation '" +
                                     one_line(*outcome, generation_shown_bytes_max) + "'");
    }
    ++patches;
    patch_complaint.clear();
    confirmed(now, Verdict::Activated);
}

/// What was done of it does no harm: the target says the same, and the reload has it whole.
void Rollout::State::patch_failed(Instant now, const std::string& reason) {
    patch.reset();
    const std::string line = one_line(reason, detail_bytes_max);
    if (std::exchange(patch_complaint, line) != line) {
        actions.emplace_back(RolloutNotice{"a change of servers took a reload after all: " + line});
    }
    reload_proxy(now, Step::Reload);
}

}  // namespace scrimp::proxy
