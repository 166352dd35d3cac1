#include "proxy/nginx_generation.h"

namespace scrimp::proxy {

std::string generation_in_nginx(std::string_view text) {
    const std::size_t words = text.find(generation_words);
    if (words == std::string_view::npos) return {};
    const std::string_view said = text.substr(words + generation_words.size(), generation_digits);
    const bool whole = said.size() == generation_digits &&
                       said.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return whole ? std::string(said) : std::string();
}

}  // namespace scrimp::proxy
