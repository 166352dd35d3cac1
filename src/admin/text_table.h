// Columns for a terminal: each as wide as its widest cell, two spaces between, nothing at the end
// of a line.
#pragma once

#include <string>
#include <vector>

namespace scrimp::admin {

class TextTable {
  public:
    using Row = std::vector<std::string>;

    explicit TextTable(Row headings) { rows_.push_back(std::move(headings)); }
    /// As many cells as there are headings.
    void add(Row row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] bool empty() const { return rows_.size() == 1; }
    /// A line a row, the headings first, each begun with so many spaces.
    [[nodiscard]] std::string text(std::size_t indent = 0) const;

  private:
    std::vector<Row> rows_;
};

}  // namespace scrimp::admin
