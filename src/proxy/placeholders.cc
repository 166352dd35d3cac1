#include "proxy/placeholders.h"

namespace scrimp::proxy {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

std::string dot_file_beside(std::string_view target, std::string_view suffix) {
    const auto slash = target.rfind('/');
    const std::size_t name_at = slash == std::string_view::npos ? 0 : slash + 1;
    return std::string(target.substr(0, name_at)) + "." + std::string(target.substr(name_at)) +
           std::string(suffix);
}

}  // namespace

std::string candidate_path(std::string_view target) {
    return dot_file_beside(target, ".candidate");
}

std::string last_good_path(std::string_view target) {
    return dot_file_beside(target, ".last-good");
}

Command fill_placeholders(Command command, std::string_view candidate, std::string_view target) {
    for (auto& word : command) {
        replace_all(word, "{candidate}", candidate);
        replace_all(word, "{target}", target);
    }
    return command;
}

}  // namespace scrimp::proxy
