#include "tests/scenarios/socket_stage.h"

#include <array>
#include <thread>

#include "base/assert.h"
#include "base/machine.h"
#include "runtime/clock.h"
#include "runtime/nonces.h"

namespace scrimp::scenarios {

namespace {

/// How long the thread sleeps when nobody had anything to do: far less than any timer.
constexpr std::chrono::milliseconds idle_pause{1};

}  // namespace

Actor SocketStage::start(std::string name) {
    // 127.0.1.1, 127.0.1.2, … with ports of the kernel's choice: nobody else is in the way.
    const auto number = machines_.size() + 1;
    auto machine = std::make_unique<Machine>();
    machine->name = std::move(name);
    machine->endpoint = *parse_ip("127.0.1." + std::to_string(number));
    run_process(*machine);
    machines_.push_back(std::move(machine));
    return Actor{number - 1};
}

void SocketStage::restart(Actor actor) {
    machine(actor).process.reset();
    run_process(machine(actor));
}

void SocketStage::run_process(Machine& on) {
    on.process = std::make_unique<Process>();
    on.paused = false;
    Process& process = *on.process;
    auto driver = runtime::GossipDriver::open(process.loop, on.endpoint);
    SCRIMP_ASSERT(driver);
    process.driver = std::move(*driver);
    on.endpoint = process.driver->bound();
    process.node = std::make_unique<swim::Node>(
        runtime::now(), config_,
        swim::Identity{.name = on.name, .advertised = on.endpoint, .metadata = {}},
        runtime::kernel_nonces(), runtime::kernel_seed());
    process.driver->start(*process.node, [this, &process](Instant, const swim::Action& action) {
        hear(process, action);
    });
}

void SocketStage::hear(Process& process, const swim::Action& action) {
    std::visit(Overloaded{[&](const swim::MemberEvent& event) {
                              failures_ += event.change == swim::Change::Failed ? 1 : 0;
                          },
                          [&](const swim::JoinFinished& join) { process.joined = join; },
                          [&](const swim::UserMessage& user) {
                              process.heard.emplace_back(text_of(user.payload));
                          },
                          [](const auto&) {}},
               action);
}

void SocketStage::join(Actor actor, Actor seed) {
    process(actor).joined.reset();
    const std::array seeds{machine(seed).endpoint};
    SCRIMP_ASSERT(process(actor).driver->join(seeds));
}

void SocketStage::set_metadata(Actor actor, std::string_view text) {
    SCRIMP_ASSERT(process(actor).driver->set_metadata(scrimp::view_of(text)));
}

void SocketStage::set_envelope(Actor actor, const wire::Envelope& envelope) {
    process(actor).driver->set_envelope(envelope);
}

bool SocketStage::broadcast(Actor from, std::string_view text) {
    return process(from).driver->broadcast(scrimp::view_of(text)).has_value();
}

bool SocketStage::send_best_effort(Actor from, std::string_view to, std::string_view text) {
    // The driver has no such call, since the product sends none; what the node asks for now is
    // carried out with what its next event brings.
    return process(from)
        .node->send_best_effort(runtime::now(), to, scrimp::view_of(text))
        .has_value();
}

bool SocketStage::send_reliable(Actor from, std::string_view to, std::string_view text) {
    return process(from).driver->send_reliable(to, scrimp::view_of(text)).has_value();
}

std::optional<View> SocketStage::view(Actor observer, std::string_view name) const {
    const auto& process = machines_.at(static_cast<std::size_t>(observer))->process;
    if (!process) return std::nullopt;
    for (const swim::Member& member : process->node->members()) {
        if (member.profile->name == name) return scenarios::view_of(member);
    }
    return std::nullopt;
}

void SocketStage::turn() {
    std::size_t done = 0;
    for (const auto& each : machines_) {
        if (!each->process || each->paused) continue;
        each->process->loop.restart();
        done += each->process->loop.poll();
    }
    if (done == 0) std::this_thread::sleep_for(idle_pause);
}

}  // namespace scrimp::scenarios
