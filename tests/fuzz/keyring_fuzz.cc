// A sealed payload of anybody is opened or refused; one of ours opens to what was sealed, in both
// versions, and no bit of it can be changed.
#include "fuzz.h"
#include "wire/keyring.h"

namespace {

using namespace scrimp;

wire::Keyring make_keyring() {
    wire::Keyring keys;
    for (const std::size_t size : {16u, 24u, 32u})
        SCRIMP_ASSERT(keys.add(Bytes(size, static_cast<std::byte>(size))));
    return keys;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const wire::Keyring keys = make_keyring();
    const ByteView input = fuzz::view(data, size);
    (void)keys.open(input, {});
    if (size < 2) return 0;

    const wire::Sealing sealing{static_cast<std::uint8_t>(data[0] & 1), {}, data[1] % 3u};
    const ByteView plain = input.subspan(2);
    Bytes sealed;
    keys.seal_as(sealed, plain, input.first(2), sealing);
    const auto opened = keys.open_sealed(sealed, input.first(2));
    SCRIMP_ASSERT(opened && equal(opened->plain, plain) && opened->sealing == sealing);
    sealed[(std::size_t{data[0]} << 8 | data[1]) % sealed.size()] ^= std::byte{0x80};
    SCRIMP_ASSERT(!keys.open(sealed, input.first(2)));
    return 0;
}
