// The XML that S3 answers with, read into a flat list of its leaves: each with its path
// ("Error/Code", "ListBucketResult/Contents/Key"), in the order of the text. It is expat behind a
// narrow door: bounded in depth and number, and a document type, the door to every attack on XML
// parsers, is refused. Namespaces and attributes say nothing here and are dropped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace scrimp::helpers {

struct XmlLeaf {
    std::string path;
    std::string text;
    friend bool operator==(const XmlLeaf&, const XmlLeaf&) = default;
};

/// Of a list of a thousand objects; one object has some six leaves.
inline constexpr std::size_t xml_leaves_max = 10'000;
/// S3 nests four deep.
inline constexpr std::size_t xml_depth_max = 16;

/// Fails on anything that is not one whole, plain XML document within the bounds.
[[nodiscard]] Result<std::vector<XmlLeaf>> parse_xml(std::string_view text);

/// The text at `path` that stands first; empty if there is none.
[[nodiscard]] std::string_view find_text(const std::vector<XmlLeaf>& leaves, std::string_view path);

}  // namespace scrimp::helpers
