#include "proxy/generator.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "proxy/caddy.h"
#include "proxy/caddy_route.h"
#include "proxy/custom.h"
#include "proxy/dummy.h"
#include "proxy/haproxy.h"
#include "proxy/haproxy_backend.h"
#include "proxy/haproxy_patch.h"
#include "proxy/nginx.h"
#include "proxy/nginx_generation.h"
#include "proxy/nginx_lacks.h"

namespace scrimp::proxy {

std::span<const Generator> generators() {
    static const std::array<Generator, 5> rows = {
        Generator{.name = "caddy",
                  .render = render_caddy,
                  .default_check_command = {"scrimplb", "check-caddy", "{candidate}", "{target}"},
                  .default_reload_command = {"caddy", "reload", "--force", "--config", "{target}"},
                  .serves_generation = true,
                  .generation_in = generation_in_caddy,
                  .lacks = lacks_caddy},
        Generator{.name = "custom",
                  .render = render_custom,
                  .default_check_command = {},
                  .default_reload_command = {},
                  .serves_generation = false},
        Generator{.name = "dummy",
                  .render = render_dummy,
                  .default_check_command = {},
                  .default_reload_command = {},
                  .serves_generation = false},
        Generator{.name = "haproxy",
                  .render = render_haproxy,
                  .default_check_command = {"scrimplb", "check-haproxy", "{candidate}", "{target}"},
                  .default_reload_command = {"systemctl", "reload", "haproxy"},
                  .serves_generation = true,
                  .generation_in = generation_in_nginx,
                  .lacks = lacks_haproxy,
                  .patch = patch_haproxy,
                  .default_runtime_socket = "/run/haproxy/admin.sock"},
        Generator{.name = "nginx",
                  .render = render_nginx,
                  .default_check_command = {"scrimplb", "check-nginx", "{candidate}", "{target}"},
                  .default_reload_command = {"systemctl", "reload", "nginx"},
                  .serves_generation = true,
                  .generation_in = generation_in_nginx,
                  .counts_old_workers = true,
                  .lacks = lacks_nginx},
    };
    return rows;
}

const Generator* find_generator(std::string_view name) {
    const auto all = generators();
    const auto found = std::find_if(all.begin(), all.end(), [name](const Generator& row) {
        return equal_but_for_case(row.name, name);
    });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace scrimp::proxy
