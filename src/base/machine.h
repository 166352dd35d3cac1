// The one shape of everything that decides.
#pragma once

#include <concepts>

#include "base/time.h"

namespace scrimp {

/// Bytes and outcomes go in with the time (handle_*), actions come out as data (poll_action, until
/// it is empty), and one deadline says when to come back (next_deadline). A machine does no I/O,
/// holds no lock, keeps no thread and calls nobody back. `now` never goes backwards; a late or
/// spurious handle_deadline is harmless. Same seed and same calls: same actions, byte for byte.
template <class M>
concept Machine = requires(M machine, const M& view, Instant now) {
    machine.handle_deadline(now);
    machine.poll_action();
    { view.next_deadline() } -> std::same_as<Instant>;
};

/// The visitor of a variant, one lambda an alternative.
template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

}  // namespace scrimp
