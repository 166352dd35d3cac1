// The file that keeps the keys of gossip: a JSON list of keys in base64, the first of which seals.
// Serf's form, so that members of both kinds may share one. Nobody but its owner may read or write
// it. No sentence of ours repeats what stands in it; keys are called by their fingerprints.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/keyring.h"

namespace scrimp::app {

/// Fails, in one sentence that begins with the path, if there is no such file, if others than its
/// owner may use it, or if it is no list of 1 to Keyring::keys_max keys.
[[nodiscard]] Result<wire::Keyring> read_keyring(const std::string& path);
/// The text of such a file. The sentence of a failure repeats nothing of it.
[[nodiscard]] Result<wire::Keyring> parse_keyring(std::string_view text);
/// Replaces the file at once or not at all, with mode 0600 and the owner it has.
[[nodiscard]] Result<void> write_keyring(const std::string& path, const wire::Keyring& keys);

/// A keyring of one key, in base64 with or without white space around. The sentence of a failure
/// does not repeat the text.
[[nodiscard]] Result<wire::Keyring> parse_key(std::string_view text);
[[nodiscard]] std::string key_text(ByteView key);

/// "9f9f5111 (seals), 46c2a1b0".
[[nodiscard]] std::string keys_text(const wire::Keyring& keys);

}  // namespace scrimp::app
