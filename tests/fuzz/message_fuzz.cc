// A message is refused, or what was understood is written and read as the same message.
#include "fuzz.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    const auto message = wire::decode_message(fuzz::view(data, size));
    if (!message) return 0;
    const auto again = wire::decode_message(wire::encode_message(*message));
    SCRIMP_ASSERT(again && *again == *message);
    return 0;
}
