#include "app/nginx_syntax.h"

#include <algorithm>

namespace scrimp::app {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct Word {
    std::size_t begin = 0;
    std::string text;
};

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::vector<NginxDirective> directives(std::string_view name) {
        std::vector<NginxDirective> found;
        std::vector<Word> words;  // Of the directive under way.
        while (skip_to_word()) {
            const char c = text_[at_];
            if (c == ';' || c == '{' || c == '}') {
                ++at_;
                if (c == ';' && !words.empty() && words[0].text == name) {
                    NginxDirective directive{words[0].begin, at_, {}};
                    for (std::size_t i = 1; i < words.size(); ++i) {
                        directive.parameters.push_back(std::move(words[i].text));
                    }
                    found.push_back(std::move(directive));
                }
                if (c == '{' && !words.empty() && words[0].text.ends_with("_by_lua_block")) {
                    skip_lua();
                }
                words.clear();
            } else {
                words.push_back(word());
            }
        }
        return found;
    }

  private:
    bool skip_to_word() {
        while (at_ < text_.size()) {
            if (is_space(text_[at_])) {
                ++at_;
            } else if (text_[at_] == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else {
                return true;
            }
        }
        return false;
    }

    Word word() {
        Word word{at_, {}};
        const char quote = text_[at_] == '"' || text_[at_] == '\'' ? text_[at_] : '\0';
        if (quote != '\0') ++at_;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\\' && at_ + 1 < text_.size()) {
                unescape(word.text);
                continue;
            }
            if (quote != '\0' ? c == quote : ends_word(c)) break;
            word.text += c;
            ++at_;
        }
        if (quote != '\0' && at_ < text_.size()) ++at_;
        return word;
    }

    [[nodiscard]] bool ends_word(char c) const {
        if (c == '{') return at_ == 0 || text_[at_ - 1] != '$';  // ${name} is part of a word.
        return is_space(c) || c == ';';
    }

    void unescape(std::string& out) {
        const char c = text_[at_ + 1];
        at_ += 2;
        switch (c) {
            case '"':
            case '\'':
            case '\\':
                out += c;
                break;
            case 't':
                out += '\t';
                break;
            case 'r':
                out += '\r';
                break;
            case 'n':
                out += '\n';
                break;
            default:
                out += '\\';
                out += c;
        }
    }

    /// Behind the brace that closes the block just opened.
    void skip_lua() {
        for (std::size_t depth = 1; at_ < text_.size() && depth > 0;) {
            const std::string_view rest = text_.substr(at_);
            const char c = rest.front();
            if (rest.starts_with("--[[")) {
                skip_behind("]]");
            } else if (rest.starts_with("--")) {
                skip_behind("\n");
            } else if (c == '"' || c == '\'') {
                skip_lua_string(c);
            } else {
                if (c == '{') ++depth;
                if (c == '}') --depth;
                ++at_;
            }
        }
    }

    void skip_behind(std::string_view mark) {
        const auto found = text_.find(mark, at_);
        at_ = found == std::string_view::npos ? text_.size() : found + mark.size();
    }

    void skip_lua_string(char quote) {
        ++at_;
        while (at_ < text_.size() && text_[at_] != quote) at_ += text_[at_] == '\\' ? 2u : 1u;
        at_ = std::min(at_ + 1, text_.size());
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<NginxDirective> find_nginx_directives(std::string_view text, std::string_view name) {
    return Reader(text).directives(name);
}

std::string quote_nginx_include(std::string_view path) {
    std::string quoted = "\"";
    for (const char c : path) {
        if (c == '"' || c == '\\' || c == '*' || c == '?' || c == '[') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace scrimp::app
