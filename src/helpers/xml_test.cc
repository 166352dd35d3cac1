#include "helpers/xml.h"

#include <gtest/gtest.h>

namespace scrimp::helpers {
namespace {

TEST(Xml, is_read_into_its_leaves) {
    const auto leaves = parse_xml(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<List xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\n"
        "  <Contents><Key>a &amp; b/&#x31;</Key><Size>1</Size></Contents>\n"
        "  <Contents><Key>c</Key></Contents><Empty/></List>");
    ASSERT_TRUE(leaves) << leaves.error().message;
    const std::vector<XmlLeaf> expected = {{"List/Name", "b"},
                                           {"List/Contents/Key", "a & b/1"},
                                           {"List/Contents/Size", "1"},
                                           {"List/Contents/Key", "c"},
                                           {"List/Empty", ""}};
    EXPECT_EQ(*leaves, expected);
    EXPECT_EQ(find_text(*leaves, "List/Contents/Key"), "a & b/1");
    EXPECT_EQ(find_text(*leaves, "List/None"), "");
}

TEST(Xml, that_is_cut_off_is_none) {
    for (const char* text : {"", "<Error><Code>NoSuchKey</Code>", "<a></b>", "not found", "{}"}) {
        const auto leaves = parse_xml(text);
        ASSERT_FALSE(leaves) << text;
        EXPECT_TRUE(leaves.error().message.starts_with("it is no XML")) << leaves.error().message;
    }
}

TEST(Xml, with_a_document_type_is_refused_before_anything_expands) {
    const auto leaves = parse_xml(
        "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">]>"
        "<lolz>&lol2;</lolz>");
    ASSERT_FALSE(leaves);
    EXPECT_EQ(leaves.error().message, "it has a document type");
}

TEST(Xml, is_bounded) {
    std::string deep;
    for (std::size_t i = 0; i <= xml_depth_max; ++i) deep += "<a>";
    EXPECT_EQ(parse_xml(deep).error().message, "it is nested too deep");
    std::string wide = "<a>";
    for (std::size_t i = 0; i <= xml_leaves_max; ++i) wide += "<b/>";
    EXPECT_EQ(parse_xml(wide + "</a>").error().message, "it is too long");
}

}  // namespace
}  // namespace scrimp::helpers
