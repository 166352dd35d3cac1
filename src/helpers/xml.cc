#include "helpers/xml.h"

#include <expat.h>

#include <algorithm>
#include <memory>

#include "base/assert.h"

namespace scrimp::helpers {
namespace {

struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

struct Reader {
    XML_Parser parser;
    std::vector<XmlLeaf> leaves{};
    std::string path{};
    std::string text{};
    std::size_t depth = 0;
    /// The element that was opened last is still open, so it may be a leaf.
    bool innermost = false;
    const char* refused = nullptr;

    void refuse(const char* why) {
        refused = why;
        (void)XML_StopParser(parser, XML_FALSE);
    }
};

Reader& reader_of(void* data) {
    return *static_cast<Reader*>(data);
}

void begin_element(void* data, const XML_Char* name, const XML_Char**) {
    Reader& reader = reader_of(data);
    if (++reader.depth > xml_depth_max) return reader.refuse("it is nested too deep");
    reader.path += (reader.path.empty() ? "" : "/") + std::string(name);
    reader.text.clear();
    reader.innermost = true;
}

void end_element(void* data, const XML_Char* name) {
    Reader& reader = reader_of(data);
    if (reader.innermost) {
        if (reader.leaves.size() == xml_leaves_max) return reader.refuse("it is too long");
        reader.leaves.push_back({reader.path, std::move(reader.text)});
    }
    reader.innermost = false;
    reader.text.clear();
    --reader.depth;
    const std::size_t rest = reader.path.size() - std::string_view(name).size();
    reader.path.resize(rest == 0 ? 0 : rest - 1);
}

void take_text(void* data, const XML_Char* text, int length) {
    reader_of(data).text.append(text, static_cast<std::size_t>(length));
}

void refuse_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    reader_of(data).refuse("it has a document type");
}

}  // namespace

Result<std::vector<XmlLeaf>> parse_xml(std::string_view text) {
    const std::unique_ptr<XML_ParserStruct, FreeParser> parser(XML_ParserCreate(nullptr));
    SCRIMP_ASSERT(parser != nullptr);
    Reader reader{.parser = parser.get()};
    XML_SetUserData(parser.get(), &reader);
    XML_SetElementHandler(parser.get(), &begin_element, &end_element);
    XML_SetCharacterDataHandler(parser.get(), &take_text);
    XML_SetStartDoctypeDeclHandler(parser.get(), &refuse_doctype);
    // What comes in was bounded when it was received, far below this.
    SCRIMP_ASSERT(text.size() < std::size_t{1} << 30);
    if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) ==
        XML_STATUS_OK) {
        return std::move(reader.leaves);
    }
    if (reader.refused != nullptr) return fail(reader.refused);
    return fail("it is no XML (" + std::string(XML_ErrorString(XML_GetErrorCode(parser.get()))) +
                ")");
}

std::string_view find_text(const std::vector<XmlLeaf>& leaves, std::string_view path) {
    const auto found = std::ranges::find(leaves, path, &XmlLeaf::path);
    return found == leaves.end() ? std::string_view() : std::string_view(found->text);
}

}  // namespace scrimp::helpers
