// Whether a text is one of the nginx generator's, for whoever runs as root what others hand him.
//
// The idea: no list of allowed directives, which would be a second truth beside the generator and
// could be too wide. What the text says of names, domains and endpoints is read back into a routing
// table, that table is rendered, and the two texts must be equal byte for byte. So nothing passes
// that the generator would not write for some table of valid values: no directive, no path, no port
// of the redirect but its own. What an application asks beyond the usual is read from its note
// (nginx_note.h), which no more can say what the generator would not write. The reader in front may
// be as simple as it likes; it is bounded, and what it misreads is refused. Cost: linear, one
// rendering.
#pragma once

#include <string_view>

#include "proxy/generator.h"

namespace scrimp::proxy {

/// The error names the first line that is not the generator's. `options.ipv6`, the version
/// and what is known of certificates are not looked at: whatever the text says of them is right.
[[nodiscard]] Result<void> check_nginx_rendering(std::string_view text, RenderOptions options);

}  // namespace scrimp::proxy
