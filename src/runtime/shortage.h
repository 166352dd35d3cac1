// Whether an error says that we lack something for a while: descriptors, memory, processes, ports.
// It tells nothing about whom we were about to speak to.
#pragma once

#include <cerrno>
#include <initializer_list>

namespace scrimp::runtime {

/// Of errno.
[[nodiscard]] constexpr bool is_shortage(int error) {
    for (const int each : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EAGAIN}) {
        if (error == each) return true;
    }
    return false;
}

}  // namespace scrimp::runtime
