// Any text as a configuration file, and as the one file of an application directory: it is refused
// in lines that can be printed, or what it yields keeps the promises of app/config.h.
#include <algorithm>
#include <string_view>

#include "app/config.h"
#include "base/bytes.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    const std::string_view text = text_of(fuzz::view(data, size));
    const app::Surroundings surroundings{
        .host_name = "host",
        .state_directory = "",
        .read_directory = [&](const std::string&) -> Result<std::vector<app::TextFile>> {
            return std::vector<app::TextFile>{{"application.json", std::string(text)}};
        },
        .read_keyring = [](const std::string&) -> Result<wire::Keyring> {
            return wire::Keyring();
        }};
    for (const std::string_view each :
         {text, std::string_view(R"({"backend-config":{"application-config-dir":"d"}})")}) {
        const auto config = app::parse_config(each, "scrimp.json", surroundings);
        if (!config) {
            SCRIMP_ASSERT(!config.error().message.empty());
            SCRIMP_ASSERT(std::ranges::all_of(config.error().message, [](char c) {
                return c == '\n' || (c >= ' ' && c < 0x7f);
            }));
            continue;
        }
        SCRIMP_ASSERT(config->bind.port != 0 && !config->node_name.empty());
        SCRIMP_ASSERT(config->load_balancer == config->applications.empty());
        SCRIMP_ASSERT(config->resolver_config.is_object());
        SCRIMP_ASSERT(config->gossip.probe_timeout <= config->gossip.probe_interval);
        SCRIMP_ASSERT(config->gossip.envelope.label.size() <= 255);
        SCRIMP_ASSERT(config->load_balancer_config.push_period > Duration::zero());
        SCRIMP_ASSERT(config->load_balancer_config.push_jitter >= Duration::zero());
    }
    return 0;
}
