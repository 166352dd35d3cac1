// scrimplb-activate: the one step of a rollout that needs root, in a program of its own, so that
// the daemon needs no rights at all. It is started by whoever calls its socket (LISTEN_FDS,
// systemd's way), answers one request at a time (activation.h), and ends when nobody has called for
// a while.
//
// What it trusts: the configuration file, which has to be root's, and the user it is told to
// serve, whom the kernel names (SO_PEERCRED). Of what that user hands over it trusts nothing: a
// text is taken only if it is the generator's own, byte for byte, for the paths and ports of the
// configuration (proxy/nginx_reading.h). Which commands run, and where the text goes, the
// configuration says; they run with their time limits.
//
// A kill at any moment leaves a whole, checked target. Whether the proxy took it, the daemon asks
// the proxy, as ever.
#pragma once

#include <string>
#include <vector>

namespace scrimp::app {

/// What scrimplb-activate does with its words; returns its exit status.
int run_activate(const std::vector<std::string>& words);

}  // namespace scrimp::app
