// The members of the cluster as a node remembers them across its own restart, as one JSON text:
//
//   {"version":1,"members":[{"name":"b1","address":"10.0.0.2","port":9999,"role":"backend",
//    "metadata":"1f8b…"}],"lists":["[{\"name\":\"shop\",…}]"]}
//
// A restarting balancer routes by it until the cluster speaks (Registry::restore), and every node
// finds its way back in through it (seed::KeeperConfig::remembered). Metadata is hexadecimal: short
// enough, and a person can feed it to `xxd -r -p | zcat`. Lists of applications that metadata does
// not hold stand beside, each once: a member's is the one with the digest that its metadata says,
// so a list that was changed on the disk belongs to nobody. Who stores the text, and where, is the
// caller's business; it is our own file, but a disk or a hand may have changed it, so it is read
// like a stranger's: bounded, and a member at fault is left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "service/metadata.h"
#include "service/remembered.h"

namespace scrimp::service {

/// More members than a balancer's announced applications could keep it busy with; at some 1.2 kB
/// each they take 5 MB. Those beyond it are not remembered, backends last.
inline constexpr std::size_t remembered_max = 4096;
/// Seven times the lists of 50 backends with a hundred applications each, and little enough to be
/// written with every change. Lists beyond it are asked for again.
inline constexpr std::size_t remembered_lists_bytes_max = std::size_t{4} << 20;
/// The members, and the lists with a backslash before every character.
inline constexpr std::size_t memory_bytes_max = std::size_t{16} << 20;

/// Deterministic: sorted by name, load balancers first. A member whose name is not printable ASCII
/// or longer than 255 bytes, or whose metadata exceeds 512 bytes, is left out: it comes back by
/// gossip. So is a list that is not printable ASCII, of somebody else's making.
[[nodiscard]] std::string render_memory(const std::vector<Remembered>& members);

/// Fails if the whole is no such text; a member at fault is left out, and so is a list.
[[nodiscard]] Result<std::vector<Remembered>> parse_memory(std::string_view text);

/// What the metadata says the member is; Unknown if it says nothing.
[[nodiscard]] Role role_of(ByteView metadata);

}  // namespace scrimp::service
