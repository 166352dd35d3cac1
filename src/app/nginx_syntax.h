// Reads nginx's configuration for the directives of one name: enough of its syntax for that, and no
// more.
//
// The lexical rules are those of nginx (ngx_conf_file.c, ngx_conf_read_token): words between
// spaces, ';', '{' and '}'; quotes and comments only where a word could start; a backslash takes
// what follows as it is. Blocks of Lua (*_by_lua_block) have rules of their own and are skipped as
// Lua would read them. Linear in the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace scrimp::app {

struct NginxDirective {
    std::size_t begin = 0;                ///< Of its name.
    std::size_t end = 0;                  ///< Behind the `;`.
    std::vector<std::string> parameters;  ///< Unquoted.
};

/// Simple directives (closed by `;`), in any block, in the order of the text. A text that nginx
/// would refuse yields what was found up to there.
[[nodiscard]] std::vector<NginxDirective> find_nginx_directives(std::string_view text,
                                                                std::string_view name);

/// A path as one quoted parameter of `include`, glob characters taken literally.
[[nodiscard]] std::string quote_nginx_include(std::string_view path);

}  // namespace scrimp::app
