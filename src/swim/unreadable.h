// Peers who are there and cannot be understood: another key, another label, plaintext where we want
// it sealed, sealed where we have no key. The one mistake of an operator that looks like silence,
// so it is told, with the address it comes from, though anyone can send such bytes: once a second
// in all, of one address at growing distances, of a bounded number of addresses.
#pragma once

#include <map>

#include "swim/body.h"

namespace scrimp::swim {

class Unreadable {
  public:
    /// A flood from forged addresses turns out those that were heard least lately.
    static constexpr std::size_t addresses_max = 64;
    static constexpr Duration distance_min = std::chrono::seconds{10};
    /// Whoever was silent for so long is news again.
    static constexpr Duration distance_max = std::chrono::hours{1};

    explicit Unreadable(Body& body) : body_(body) {}

    /// What came from there was refused; only reasons that another key, label or setting would mend
    /// are told. `from.port` 0: a connection, whose port says nothing.
    void note(Instant now, const Endpoint& from, wire::Reason reason);
    /// We changed: whoever is still not understood is told of at once.
    void forget() { heard_.clear(); }

  private:
    struct Heard {
        Instant last{};
        Instant next_told{};
        Duration distance = distance_min;
        std::uint64_t untold = 0;
    };

    void make_room();

    Body& body_;
    std::map<decltype(Endpoint::ip), Heard> heard_;
    Instant next_told_{};
};

}  // namespace scrimp::swim
