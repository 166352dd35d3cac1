#include "proxy/line_diff.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace scrimp::proxy {
namespace {

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at) + 1;
        lines.push_back(text.substr(at, end - at));
        at = end;
    }
    return lines;
}

/// What patch(1) would make of the old text; context and line numbers are held against it.
std::string patched(const std::string& old_text, const std::string& diff) {
    const auto old_lines = split(old_text);
    std::string out;
    std::size_t at = 0;
    for (const std::string& line : split(diff)) {
        if (line.starts_with("---") || line.starts_with("+++")) continue;
        if (line.starts_with("@@ -")) {
            std::size_t start = std::stoul(line.substr(4));
            const std::size_t count = std::stoul(line.substr(line.find(',') + 1));
            if (count == 0) ++start;
            while (at + 1 < start) out += old_lines[at++];
            continue;
        }
        if (line[0] != '+') {
            EXPECT_EQ(line.substr(1), old_lines[at++]);
        }
        if (line[0] != '-') out += line.substr(1);
    }
    while (at < old_lines.size()) out += old_lines[at++];
    return out;
}

TEST(LineDiff, is_nothing_of_equal_texts) {
    EXPECT_EQ(line_diff("a", "x\ny\n", "b", "x\ny\n"), "");
}

TEST(LineDiff, looks_as_people_know_it) {
    EXPECT_EQ(line_diff("old", "1\n2\n3\n4\n5\n6\n", "new", "1\n2\n3\n4\nfive\n6\n"),
              "--- old\n+++ new\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n");
}

TEST(LineDiff, leads_from_any_text_to_any_other) {
    std::uint32_t state = 7;
    const auto random = [&state](std::uint32_t below) {
        state = state * 1664525 + 1013904223;
        return (state >> 16) % below;
    };
    for (int round = 0; round < 300; ++round) {
        std::string old_text;
        std::string new_text;
        for (std::uint32_t i = random(40); i > 0; --i) {
            const std::string line = std::string(1, static_cast<char>('a' + random(5))) + "\n";
            if (random(4) != 0) old_text += line;
            if (random(4) != 0) new_text += line;
        }
        const std::string diff = line_diff("a", old_text, "b", new_text);
        ASSERT_EQ(patched(old_text, diff), new_text) << old_text << diff;
    }
}

TEST(LineDiff, gives_up_on_texts_that_have_nothing_in_common) {
    std::string old_text;
    std::string new_text;
    for (int i = 0; i < 1000; ++i) {
        old_text += "a" + std::to_string(i) + "\n";
        new_text += "b" + std::to_string(i) + "\n";
    }
    EXPECT_NE(line_diff("a", old_text, "b", new_text).find("more than 500 lines differ"),
              std::string::npos);
}

}  // namespace
}  // namespace scrimp::proxy
