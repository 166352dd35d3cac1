// What a certificate says of itself, and whether a key is its own.
//
// The idea: somebody else's parser of X.509 and of keys, mbed TLS 2.28, of which the linker takes
// 390 kB. It runs in the daemon and not in a helper: the files are the operator's own, it takes a
// millisecond for a pair (the key's point is computed anew) and 20 kB of memory while it does, and
// its code is let go of afterwards like all that runs rarely (runtime/rare_code.h). Bounded by the
// texts. Left out on purpose: verifying the chain against roots, which is for clients to do.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/application.h"

namespace scrimp::app {

struct CertificateFacts {
    std::int64_t not_after = 0;              ///< In Unix seconds.
    std::vector<service::Domain> domains{};  ///< Sorted, unique, at least one.
};

/// Of the first certificate of a chain in PEM. The error is a sentence's end: "holds no …".
[[nodiscard]] Result<CertificateFacts> read_chain(std::string_view chain);

/// The same, if `key` (PEM, unencrypted) is this certificate's. No error tells anything of the key.
[[nodiscard]] Result<CertificateFacts> read_pair(std::string_view chain, std::string_view key);

}  // namespace scrimp::app
