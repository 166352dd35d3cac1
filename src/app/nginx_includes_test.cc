#include "app/nginx_includes.h"

#include <gtest/gtest.h>

namespace scrimp::app {
namespace {

std::vector<std::string> patterns(std::string_view text) {
    std::vector<std::string> all;
    for (const auto& include : find_nginx_includes(text)) all.push_back(include.pattern);
    return all;
}
using Patterns = std::vector<std::string>;

TEST(NginxIncludes, are_found_where_they_stand) {
    const std::string_view text = "a b;\nhttp { include x/*.conf ; }";
    const auto found = find_nginx_includes(text);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(text.substr(found[0].begin, found[0].end - found[0].begin), "include x/*.conf ;");
    EXPECT_EQ(found[0].pattern, "x/*.conf");
}

TEST(NginxIncludes, are_not_found_in_comments_quotes_or_as_parameters) {
    EXPECT_EQ(patterns("# include a;\ninclude b; #c\ninclude d;"), (Patterns{"b", "d"}));
    EXPECT_EQ(patterns("return 200 'x; include a; }'; include b;"), Patterns{"b"});
    EXPECT_EQ(patterns("log include a; include; include a b; include {} include c;"),
              Patterns{"c"});
    EXPECT_EQ(patterns("a#b; include c#d;"), Patterns{"c#d"});
}

TEST(NginxIncludes, are_unquoted) {
    EXPECT_EQ(patterns(R"(include "a b"; include 'c;d'; include "e\"f"; include g\ h;)"),
              (Patterns{"a b", "c;d", "e\"f", R"(g\ h)"}));
}

TEST(NginxIncludes, are_found_behind_variables_in_braces) {
    EXPECT_EQ(patterns("set $a x${b}y; include c;"), Patterns{"c"});
    EXPECT_EQ(patterns("if ($a ~ \"^{2}\") { include d; }"), Patterns{"d"});
}

TEST(NginxIncludes, are_found_behind_blocks_of_lua) {
    EXPECT_EQ(patterns("content_by_lua_block {\n -- don't\n local t = { a = '}\\'' }\n"
                       " --[[ it's { ]] }\ninclude a;"),
              Patterns{"a"});
}

TEST(NginxIncludes, are_read_from_any_text_without_harm) {
    for (const std::string_view text :
         {"", "include", "include a", "include \"a", "include a\\", "}", "{", "'", "\\", "#",
          "x_by_lua_block {", "x_by_lua_block { --", "x_by_lua_block { '\\",
          "x_by_lua_block { --[["}) {
        EXPECT_TRUE(patterns(text).empty()) << text;
    }
}

TEST(NginxIncludes, are_written_so_that_they_read_back_the_same) {
    const std::string path = "/a \"b\"\\;{}#.conf";
    EXPECT_EQ(patterns("include " + quote_nginx_include(path) + ";"), Patterns{path});
}

}  // namespace
}  // namespace scrimp::app
