// How the rollout of a balancer is set up by its configuration, and what it finds on the disk.
#pragma once

#include <optional>
#include <string>

#include "app/certificate_files.h"
#include "app/config.h"
#include "proxy/rollout.h"

namespace scrimp::app {

/// A target larger than this was not written by us.
inline constexpr std::size_t target_bytes_max = 64 * std::size_t{1024 * 1024};

/// Of a configuration that load_config() has accepted.
[[nodiscard]] const proxy::Generator& generator_of(const Config& config);

/// But for certificates by domain, which are found later. Asks the proxy which version it is.
[[nodiscard]] proxy::RenderOptions render_options(const Config& config);

/// Its target is the configured one and its commands are those of the configuration; or, with
/// activation-socket, a copy of ours in state-dir and questions to the helper, which has the rest.
[[nodiscard]] proxy::RolloutConfig rollout_config(const Config& config);

/// Where certificates are, and where the proxy finds them.
[[nodiscard]] CertificatePaths certificate_paths(const Config& config);

/// At the start, where there is such a file.
struct FoundTexts {
    std::optional<std::string> target;
    std::optional<std::string> last_good;
};

/// Fails if the target cannot be read. Where we keep a copy and have none yet, it is made of the
/// target that another user's balancer left.
[[nodiscard]] Result<FoundTexts> find_texts(const Config& config,
                                            const proxy::RolloutConfig& rollout);

}  // namespace scrimp::app
