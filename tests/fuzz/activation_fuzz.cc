// Any bytes as a request to scrimplb-activate: what it accepts is the generator's own text and
// nothing beside, and an answer of any bytes is refused or read whole.
#include <algorithm>

#include "app/activation.h"
#include "base/bytes.h"
#include "fuzz.h"
#include "proxy/nginx_generation.h"
#include "proxy/nginx_reading.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    const std::string_view bytes = text_of(fuzz::view(data, size));
    const std::size_t newline = bytes.find('\n');
    const std::string_view line = bytes.substr(0, newline);
    if (const auto head = app::parse_activation_head(line)) {
        SCRIMP_ASSERT(head->bytes <= app::activation_text_bytes_max);
        SCRIMP_ASSERT(app::parse_activation_head(line) == *head);
    } else {
        SCRIMP_ASSERT(
            std::ranges::all_of(head.error().message, [](char c) { return c >= ' ' && c < 0x7f; }));
    }
    if (const auto answer = app::parse_activation_answer(bytes)) {
        SCRIMP_ASSERT(answer->text.size() <= size);
    }
    const std::string_view text =
        newline == std::string_view::npos ? bytes : bytes.substr(newline + 1);
    const proxy::RenderOptions options{.tls_chain_path = "/c", .tls_key_path = "/k"};
    if (proxy::check_nginx_rendering(text, options)) {
        SCRIMP_ASSERT(!proxy::generation_in_nginx(text).empty() && text.ends_with('\n'));
    }
    return 0;
}
