#include "proxy/line_diff.h"

#include <algorithm>
#include <vector>

namespace scrimp::proxy {
namespace {

/// DiffLines around a change, as diff(1) has them.
constexpr int context_lines = 3;

using DiffLines = std::vector<std::string_view>;

DiffLines split_lines(std::string_view text) {
    DiffLines lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

/// One line of the result: of both texts, taken out, or put in.
struct Edit {
    char sign;
    std::string_view line;
};

/// The furthest point on each diagonal after 0, 1, 2 … changes; nothing if too many are needed.
class Paths {
  public:
    Paths(const DiffLines& before, const DiffLines& after) : before_(before), after_(after) {}

    bool find() {
        const int most = line_changes_max;
        std::vector<int> furthest(static_cast<std::size_t>(2 * most + 3), 0);
        const auto at = [&](int k) -> int& {
            return furthest[static_cast<std::size_t>(k + most + 1)];
        };
        for (int changes = 0; changes <= most; ++changes) {
            rounds_.emplace_back(furthest.begin() + (most - changes),
                                 furthest.begin() + (most + changes + 3));
            for (int k = -changes; k <= changes; k += 2) {
                const bool down = k == -changes || (k != changes && at(k - 1) < at(k + 1));
                int x = down ? at(k + 1) : at(k - 1) + 1;
                while (is_same(x, x - k)) ++x;
                at(k) = x;
                if (x >= size(before_) && x - k >= size(after_)) return true;
            }
        }
        return false;
    }

    /// After find() has succeeded.
    [[nodiscard]] std::vector<Edit> edits() const {
        std::vector<Edit> reversed;
        int x = size(before_);
        int y = size(after_);
        for (int changes = static_cast<int>(rounds_.size()) - 1; changes >= 0; --changes) {
            const auto& round = rounds_[static_cast<std::size_t>(changes)];
            const auto at = [&](int k) { return round[static_cast<std::size_t>(k + changes + 1)]; };
            const int k = x - y;
            const bool down = k == -changes || (k != changes && at(k - 1) < at(k + 1));
            const int from_k = down ? k + 1 : k - 1;
            const int from_x = at(from_k);
            const int from_y = from_x - from_k;
            for (; x > from_x && y > from_y; --y) {
                reversed.push_back({' ', before_[static_cast<std::size_t>(--x)]});
            }
            if (changes == 0) break;
            if (down) {
                reversed.push_back({'+', after_[static_cast<std::size_t>(--y)]});
            } else {
                reversed.push_back({'-', before_[static_cast<std::size_t>(--x)]});
            }
        }
        std::ranges::reverse(reversed);
        return reversed;
    }

  private:
    static int size(const DiffLines& lines) { return static_cast<int>(lines.size()); }
    [[nodiscard]] bool is_same(int x, int y) const {
        return x < size(before_) && y < size(after_) && y >= 0 &&
               before_[static_cast<std::size_t>(x)] == after_[static_cast<std::size_t>(y)];
    }

    const DiffLines& before_;
    const DiffLines& after_;
    std::vector<std::vector<int>> rounds_;  ///< As the furthest points stood before each.
};

std::string hunks(const std::vector<Edit>& edits) {
    std::string out;
    const int count = static_cast<int>(edits.size());
    const auto sign = [&](int i) { return edits[static_cast<std::size_t>(i)].sign; };
    int old_line = 1;
    int new_line = 1;
    int next = 0;
    while (next < count) {
        int first = next;
        while (first < count && sign(first) == ' ') ++first;
        if (first == count) break;
        const int begin = std::max(next, first - context_lines);
        int last = first;  // The last change of this hunk.
        for (int i = first; i < count && i - last <= 2 * context_lines; ++i) {
            if (sign(i) != ' ') last = i;
        }
        const int end = std::min(count, last + context_lines + 1);
        old_line += begin - next;
        new_line += begin - next;
        std::string body;
        int olds = 0;
        int news = 0;
        for (int i = begin; i < end; ++i) {
            const Edit& edit = edits[static_cast<std::size_t>(i)];
            (body += edit.sign) += edit.line;
            if (!body.ends_with('\n')) body += "\n\\ No newline at end of file\n";
            olds += edit.sign != '+' ? 1 : 0;
            news += edit.sign != '-' ? 1 : 0;
        }
        const auto range = [](int line, int lines) {
            return std::to_string(lines == 0 ? line - 1 : line) + "," + std::to_string(lines);
        };
        out += "@@ -" + range(old_line, olds) + " +" + range(new_line, news) + " @@\n" + body;
        old_line += olds;
        new_line += news;
        next = end;
    }
    return out;
}

}  // namespace

std::string line_diff(std::string_view old_name, std::string_view old_text,
                      std::string_view new_name, std::string_view new_text) {
    if (old_text == new_text) return {};
    const DiffLines before = split_lines(old_text);
    const DiffLines after = split_lines(new_text);
    const std::string heading =
        "--- " + std::string(old_name) + "\n+++ " + std::string(new_name) + "\n";
    Paths paths(before, after);
    if (!paths.find()) {
        return heading + "more than " + std::to_string(line_changes_max) +
               " lines differ: " + std::to_string(before.size()) + " lines before, " +
               std::to_string(after.size()) + " after\n";
    }
    return heading + hunks(paths.edits());
}

}  // namespace scrimp::proxy
