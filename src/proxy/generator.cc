#include "proxy/generator.h"

#include <algorithm>
#include <array>

#include "proxy/dummy.h"
#include "proxy/nginx.h"

namespace scrimp::proxy {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::span<const Generator> generators() {
    static const std::array<Generator, 2> rows = {
        Generator{.name = "dummy",
                  .render = render_dummy,
                  .default_check_command = {},
                  .default_reload_command = {},
                  .serves_generation = false},
        Generator{.name = "nginx",
                  .render = render_nginx,
                  .default_check_command = {"scrimplb", "check-nginx", "{candidate}", "{target}"},
                  .default_reload_command = {"systemctl", "reload", "nginx"},
                  .serves_generation = true},
    };
    return rows;
}

const Generator* find_generator(std::string_view name) {
    const auto all = generators();
    const auto found = std::find_if(all.begin(), all.end(), [name](const Generator& row) {
        return std::equal(row.name.begin(), row.name.end(), name.begin(), name.end(),
                          [](char a, char b) { return a == lower(b); });
    });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace scrimp::proxy
