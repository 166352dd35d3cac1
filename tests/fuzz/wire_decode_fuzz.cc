// Lines for `wire decode`: whatever they hold, one JSON object comes out for each that counts.
#include <sstream>

#include <nlohmann/json.hpp>

#include "app/wire_decode.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    std::istringstream in(std::string(text_of(fuzz::view(data, size))));
    std::ostringstream out;
    std::ostringstream errors;
    const app::WireDecodeOptions options{{"000102030405060708090a0b0c0d0e0f"}, ""};
    SCRIMP_ASSERT(app::wire_decode(in, out, errors, options) == 0);
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);) {
        const auto object = nlohmann::json::parse(line, nullptr, false);
        SCRIMP_ASSERT(object.is_object() && object.contains("type"));
    }
    return 0;
}
