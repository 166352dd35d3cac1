// One simulated machine and the life of the process on it: a Node, and beside it, where wanted, a
// Keeper that finds the way in. Host is to the simulator what the gossip driver is to the product:
// it carries actions to the network and deliveries to the node, and decides nothing. Everything it
// carries passes the checkers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/gate.h"
#include "sim/surroundings.h"
#include "swim/node.h"

namespace scrimp::service {
struct Remembered;
}

namespace scrimp::sim {

class Trader;

class Host {
  public:
    Host(HostId id, HostSpec spec, Surroundings& world);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// Starts a process; there must be none (asserted).
    void start(Instant now);
    /// Ends it as SIGKILL does. `silent`: the whole machine is gone and refuses nothing.
    void kill(Instant now, bool silent);
    /// As SIGSTOP: the kernel goes on accepting, up to its buffers.
    void pause(Instant now);
    /// As a virtual machine that is suspended: its clock stands still and goes on behind.
    void freeze(Instant now);
    /// After either.
    void resume(Instant now);
    /// Every delivery and every timer takes up to this; meanwhile what arrives waits.
    void set_handling_time(Instant now, Duration most);
    /// As Lifeguard's experiments slow a process down: see Gate.
    void block(Instant now);
    void unblock(Instant now);

    void deliver(Instant now, Delivery delivery);
    void wake(Instant now);
    [[nodiscard]] Instant next_deadline() const;

    /// Calls the node as the floor above would, and carries what follows.
    template <class Call>
    auto act(Instant now, Call&& call) {
        auto result = call(node(), local(now));
        settle(now);
        return result;
    }
    void leave(Instant now);
    /// Members the process knows from a snapshot.
    void adopt(Instant now, std::span<const swim::Member> known);
    /// Another configuration; the process, if there is one, takes it up.
    void set_applications(Instant now, std::vector<service::Application> applications);

    [[nodiscard]] HostId id() const { return id_; }
    [[nodiscard]] const HostSpec& spec() const { return spec_; }
    /// There must be a process (asserted).
    [[nodiscard]] swim::Node& node();
    [[nodiscard]] const swim::Node& node() const;
    [[nodiscard]] bool running() const { return life_ != nullptr; }
    [[nodiscard]] bool paused() const { return paused_; }
    [[nodiscard]] bool leaving() const;
    [[nodiscard]] bool left() const;
    /// Of this life.
    [[nodiscard]] const std::vector<Bytes>& inbox() const;
    [[nodiscard]] const std::vector<swim::JoinFinished>& joins() const;
    [[nodiscard]] int join_attempts() const;
    /// There must be a process and Options::trades (asserted).
    [[nodiscard]] const Trader& trader() const;

  private:
    struct Life;

    /// What the machine's own clock says.
    [[nodiscard]] Instant local(Instant now) const { return now - behind_; }
    /// When a machine of the process wants to be woken.
    [[nodiscard]] Instant machines_deadline() const;
    void remember();
    void hear_held(Instant now);
    void hear(Instant now, Delivery& delivery);
    void work(Instant now);
    void handle(Instant now, Delivery& delivery);
    void settle(Instant now);
    [[nodiscard]] bool serve(Instant now);
    void carry(Instant now, swim::Action& action);
    void carry(Instant now, const swim::SendPacket& packet);
    void carry_event(Instant now, const swim::MemberEvent& event);
    void check_packet(Instant now, const swim::SendPacket& packet);
    void check(Instant now);
    void report(Instant now, const Finding& finding);
    void name_stream(Instant now, swim::StreamId stream, ConnectionEnd end);
    void forget_stream(Instant now, swim::StreamId stream);

    HostId id_;
    HostSpec spec_;
    Surroundings* world_;
    std::unique_ptr<Life> life_;
    bool paused_ = false;
    bool frozen_ = false;  ///< Paused, with its clock.
    bool blocked_ = false;
    Instant deaf_since_{};
    Duration behind_{};
    Duration handling_max_{};
    Instant busy_until_{};
    Gate gate_;
    std::vector<Endpoint> remembered_;
    std::vector<service::Remembered> memory_;
};

}  // namespace scrimp::sim
