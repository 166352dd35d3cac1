// How gossip runs: gossip-profile, compression, delegate-versions and the object gossip-config, as
// the swim::Config that a node is made of.
#pragma once

#include "app/config.h"
#include "app/config_fields.h"

namespace scrimp::app {

/// `fields`: the top of the file. Reads the keyring file as well, if one is named.
void read_gossip_config(Fields& fields, const Surroundings& surroundings, Config& config,
                        Mistakes& mistakes);

/// "sealed, plaintext refused, 2 keys: 9f9f5111 (seals), 46c2a1b0" or "not sealed": what holds of
/// the envelope, for the log.
[[nodiscard]] std::string sealing_text(const wire::Envelope& envelope);

}  // namespace scrimp::app
