// The members of the cluster as a node remembers them across its own restart, as one JSON text:
//
//   {"version":1,"members":[{"name":"b1","address":"10.0.0.2","port":9999,"role":"backend",
//    "metadata":"1f8b…"}]}
//
// A restarting balancer routes by it until the cluster speaks (Registry::restore), and every node
// finds its way back in through it (seed::KeeperConfig::remembered). Metadata is hexadecimal: short
// enough, and a person can feed it to `xxd -r -p | zcat`. Who stores the text, and where, is the
// caller's business; it is our own file, but a disk or a hand may have changed it, so it is read
// like a stranger's: bounded, and a member at fault is left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "service/metadata.h"
#include "service/registry.h"

namespace scrimp::service {

/// More members than a balancer's announced applications could keep it busy with; at some 1.2 kB
/// each the text stays below memory_bytes_max. Those beyond it are not remembered, backends last.
inline constexpr std::size_t remembered_max = 4096;
inline constexpr std::size_t memory_bytes_max = std::size_t{8} << 20;

/// Deterministic: sorted by name, load balancers first. A member whose name is not printable ASCII
/// or longer than 255 bytes, or whose metadata exceeds 512 bytes, is left out: it comes back by
/// gossip.
[[nodiscard]] std::string render_memory(const std::vector<Remembered>& members);

/// Fails if the whole is no such text; a member at fault is left out.
[[nodiscard]] Result<std::vector<Remembered>> parse_memory(std::string_view text);

/// What the metadata says the member is; Unknown if it says nothing.
[[nodiscard]] Role role_of(ByteView metadata);

}  // namespace scrimp::service
