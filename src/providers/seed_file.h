// A seeds document in a file that several processes, perhaps on several hosts, read and add to.
//
// A reader needs no lock: the file is replaced by rename, so it is always whole. A writer holds
// flock(2) on PATH.lock, which stays behind (removing it would let two writers lock different
// files), re-reads, adds itself, writes PATH.new, syncs it and renames it. Since Linux 2.6.12
// flock works across hosts on NFS. Writers may be different users, if all of them may write in the
// directory: the lock file is everybody's, and a PATH.new that a writer left dying is removed.
//
// These calls block, on the disk, the network behind it, and the lock.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"

namespace scrimp::providers {

struct SeedFile {
    std::string path;
    Duration expiry;
};

/// Those that are fresh at `now`, in Unix seconds. A missing or empty file holds no seeds yet; a
/// missing directory is an error.
[[nodiscard]] Result<std::vector<Endpoint>> read_seed_file(const SeedFile& file, std::int64_t now);

/// Adds `self` or renews its age; see seed::put_seed. A file that is no seeds document is
/// overwritten, as the original does. Fails after five seconds without the lock, or when stopped;
/// the file is then unchanged.
[[nodiscard]] Result<void> add_to_seed_file(const SeedFile& file, const Endpoint& self,
                                            std::int64_t now, const std::stop_token& stop);

}  // namespace scrimp::providers
