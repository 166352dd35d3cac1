#include "admin/text_table.h"

#include <algorithm>

#include "base/assert.h"

namespace scrimp::admin {

std::string TextTable::text(std::size_t indent) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const Row& row : rows_) {
        SCRIMP_ASSERT(row.size() == widths.size());
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const Row& row : rows_) {
        text.append(indent, ' ');
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += row[i];
            if (i + 1 < row.size()) text.append(widths[i] - row[i].size() + 2, ' ');
        }
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    return text;
}

}  // namespace scrimp::admin
