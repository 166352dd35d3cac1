#include "app/nginx_syntax.h"

#include <gtest/gtest.h>

namespace scrimp::app {
namespace {

using Patterns = std::vector<std::string>;

Patterns patterns(std::string_view text) {
    Patterns all;
    for (const auto& include : find_nginx_directives(text, "include")) {
        for (const auto& parameter : include.parameters) all.push_back(parameter);
    }
    return all;
}
TEST(NginxSyntax, finds_directives_where_they_stand) {
    const std::string_view text = "a b;\nhttp { include x/*.conf ; }";
    const auto found = find_nginx_directives(text, "include");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(text.substr(found[0].begin, found[0].end - found[0].begin), "include x/*.conf ;");
    EXPECT_EQ(found[0].parameters, Patterns{"x/*.conf"});
}

TEST(NginxSyntax, finds_none_in_comments_quotes_or_parameters) {
    EXPECT_EQ(patterns("# include a;\ninclude b; #c\ninclude d;"), (Patterns{"b", "d"}));
    EXPECT_EQ(patterns("return 200 'x; include a; }'; include b;"), Patterns{"b"});
    EXPECT_EQ(patterns("log include a; include; include a b; include {} include c;"),
              (Patterns{"a", "b", "c"}));
    EXPECT_EQ(patterns("a#b; include c#d;"), Patterns{"c#d"});
}

TEST(NginxSyntax, takes_quotes_away) {
    EXPECT_EQ(patterns(R"(include "a b"; include 'c;d'; include "e\"f"; include g\ h;)"),
              (Patterns{"a b", "c;d", "e\"f", R"(g\ h)"}));
}

TEST(NginxSyntax, reads_on_behind_variables_in_braces) {
    EXPECT_EQ(patterns("set $a x${b}y; include c;"), Patterns{"c"});
    EXPECT_EQ(patterns("if ($a ~ \"^{2}\") { include d; }"), Patterns{"d"});
}

TEST(NginxSyntax, reads_on_behind_blocks_of_lua) {
    EXPECT_EQ(patterns("content_by_lua_block {\n -- don't\n local t = { a = '}\\'' }\n"
                       " --[[ it's { ]] }\ninclude a;"),
              Patterns{"a"});
}

TEST(NginxSyntax, takes_any_text_without_harm) {
    for (const std::string_view text :
         {"", "include", "include a", "include \"a", "include a\\", "}", "{", "'", "\\", "#",
          "x_by_lua_block {", "x_by_lua_block { --", "x_by_lua_block { '\\",
          "x_by_lua_block { --[["}) {
        EXPECT_TRUE(patterns(text).empty()) << text;
    }
}

TEST(NginxSyntax, quotes_paths_so_that_they_read_back_the_same) {
    const std::string path = "/a \"b\"\\;{}#.conf";
    EXPECT_EQ(patterns("include " + quote_nginx_include(path) + ";"), Patterns{path});
}

}  // namespace
}  // namespace scrimp::app
