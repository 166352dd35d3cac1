// `scrimplb keygen` and `scrimplb keyring`: keys for gossip, made and moved about in the file that
// keeps them. A running node follows its file, so these commands are how keys are rotated
// (docs/operations.md). Keys come in on standard input and are named by their fingerprints, never
// written on a command line, where every user of the machine could read them.
#pragma once

#include <istream>
#include <ostream>
#include <string>

namespace scrimp::app {

struct KeygenOptions {
    int bits = 256;      ///< 128, 192 or 256.
    std::string output;  ///< Of a keyring file that is not there yet; empty: the key is printed.
};
/// The exit status: 0, 1 if it failed, 2 if it was wrongly asked; the reason is in `errors`.
[[nodiscard]] int keygen(const KeygenOptions& options, std::ostream& out, std::ostream& errors);

struct KeyringOptions {
    std::string verb;  ///< "list", "install", "use" or "remove".
    std::string file;
    std::string key;  ///< A fingerprint; empty for "list" and "install".
};
/// `in` holds the key for "install". Exit statuses as above.
[[nodiscard]] int keyring(const KeyringOptions& options, std::istream& in, std::ostream& out,
                          std::ostream& errors);

}  // namespace scrimp::app
