// A configuration as text: indented lines, and blocks in braces around them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace scrimp::proxy {

class Text {
  public:
    void line(std::string_view text) { out_.append(depth_ * 4, ' ').append(text).append("\n"); }
    void blank() { out_.append("\n"); }
    void open(std::string_view head) {
        out_.append(depth_ * 4, ' ').append(head).append(" {\n");
        ++depth_;
    }
    void close() {
        --depth_;
        line("}");
    }
    void reserve(std::size_t bytes) { out_.reserve(bytes); }
    [[nodiscard]] std::size_t size() const { return out_.size(); }
    [[nodiscard]] std::string take() { return std::exchange(out_, {}); }

  private:
    std::string out_;
    std::size_t depth_ = 0;
};

}  // namespace scrimp::proxy
