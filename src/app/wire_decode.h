// `scrimplb wire decode`: what a payload says, for a person who looks at a capture.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace scrimp::app {

struct WireDecodeOptions {
    std::vector<std::string> keys;  ///< Hexadecimal, 16, 24 or 32 bytes each; all are tried.
    std::string label;              ///< At most 255 bytes; empty: none.
    std::string keyring{};          ///< A keyring file, whose keys are tried first; empty: none.
};

/// Reads one payload a line, `udp HEX` or `tcp HEX` (all that one side of a connection wrote), and
/// prints one JSON object a payload: `type`, fields by their wire names, `messages` inside
/// envelopes, `error` where a node with these keys and this label would refuse it. What can be read
/// nevertheless is shown beside the error. Byte fields are hexadecimal, a nil one is null. Empty
/// lines and lines that start with # are passed over; a line that is neither yields an object of
/// type "badLine" with its number, and the work goes on. docs/protocol.md lists the types.
/// Returns the exit status: 0, or 2 if an option is wrong, which is said on `errors`.
int wire_decode(std::istream& in, std::ostream& out, std::ostream& errors,
                const WireDecodeOptions& options);

}  // namespace scrimp::app
