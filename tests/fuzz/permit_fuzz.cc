// Any text as a permit: refused, or one that reads the same once it is signed anew; and never
// believed without the operator's key.
#include <string_view>

#include "fuzz.h"
#include "service/permit.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace scrimp;
    const std::string_view text = text_of(fuzz::view(data, size));
    constexpr service::PermitKey secret{7};
    static const service::PermitKey key = service::public_key_of(secret);
    const auto read = service::read_permit(text);
    SCRIMP_ASSERT(read || !read.error().message.empty());
    SCRIMP_ASSERT(!service::verify_permit(text, std::span(&key, 1)));
    if (!read) return 0;
    const auto again = service::sign_permit(*read, secret);
    if (!again) return 0;  // Spelled out, its bounds may take more room.
    SCRIMP_ASSERT(service::verify_permit(*again, std::span(&key, 1)) == *read);
    return 0;
}
