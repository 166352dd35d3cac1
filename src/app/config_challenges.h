// The part of load-balancer-config that says whose ACME challenges a balancer answers, and where
// its proxy asks for the answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/admission.h"
#include "service/held_challenges.h"

namespace scrimp::app {

class Fields;

struct ChallengeSettings {
    /// Patterns of nodes' names, "*" for all; nothing: not said.
    std::optional<std::vector<std::string>> nodes;
    std::string socket;  ///< As the key says it; empty: not given.
};

/// Reads `challenges` and `challenge-socket`.
[[nodiscard]] ChallengeSettings read_challenges(Fields& balancer_config);

/// Where the key is not given, every node's challenges are taken; but none where admission rules or
/// required permits say that nodes may not have every domain, which a certificate would go round.
[[nodiscard]] service::ChallengePolicy challenge_policy(const ChallengeSettings& given,
                                                        const service::AdmissionConfig& admission);

/// The path that the key gives, else challenges.sock beside the admin socket, if there is one.
/// Empty: there is no socket, since no challenges are taken, no directory is known, or a proxy
/// could not spell it.
[[nodiscard]] std::string challenge_socket_of(const ChallengeSettings& given,
                                              const service::AdmissionConfig& admission,
                                              const std::string& admin_socket);

}  // namespace scrimp::app
