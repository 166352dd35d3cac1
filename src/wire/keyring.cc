#include "wire/keyring.h"

#include <string.h>

#include <algorithm>

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

#include "base/assert.h"

namespace scrimp::wire {

namespace {

constexpr std::size_t nonce_at = 1;
constexpr std::size_t tag_size = 16;
constexpr std::size_t block_size = 16;
constexpr std::size_t sealed_text_at = nonce_at + nonce_size;
constexpr std::size_t key_bytes_max = 32;
constexpr std::size_t fingerprint_bytes = 4;

const std::uint8_t* octets(ByteView bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}
std::uint8_t* octets(std::span<std::byte> bytes) {
    return reinterpret_cast<std::uint8_t*>(bytes.data());
}

}  // namespace

/// The key schedule and GCM's multiplication table, made once: they cost more than sealing a
/// packet.
struct Keyring::Key {
    union {
        aes128_ctx aes128;
        aes192_ctx aes192;
        aes256_ctx aes256;
    };
    gcm_key gcm;
    nettle_cipher_func* encrypt_block;
    std::array<std::byte, key_bytes_max> secret{};
    std::size_t size;

    explicit Key(ByteView key) : size(key.size()) {
        std::ranges::copy(key, secret.begin());
        if (key.size() == 16) {
            aes128_set_encrypt_key(&aes128, octets(key));
            encrypt_block = reinterpret_cast<nettle_cipher_func*>(nettle_aes128_encrypt);
        } else if (key.size() == 24) {
            aes192_set_encrypt_key(&aes192, octets(key));
            encrypt_block = reinterpret_cast<nettle_cipher_func*>(nettle_aes192_encrypt);
        } else {
            aes256_set_encrypt_key(&aes256, octets(key));
            encrypt_block = reinterpret_cast<nettle_cipher_func*>(nettle_aes256_encrypt);
        }
        gcm_set_key(&gcm, &aes128, encrypt_block);
    }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ~Key() {
        explicit_bzero(&aes256, sizeof aes256);  // The largest of the union.
        explicit_bzero(&gcm, sizeof gcm);
        explicit_bzero(&secret, sizeof secret);
    }

    [[nodiscard]] ByteView bytes() const { return ByteView(secret).first(size); }

    [[nodiscard]] gcm_ctx start(ByteView nonce, ByteView associated) const {
        gcm_ctx ctx;
        gcm_set_iv(&ctx, &gcm, nonce.size(), octets(nonce));
        gcm_update(&ctx, &gcm, associated.size(), octets(associated));
        return ctx;
    }

    /// Encrypts in place and writes the tag.
    void encrypt(ByteView nonce, ByteView associated, std::span<std::byte> text,
                 std::span<std::byte> tag) const {
        gcm_ctx ctx = start(nonce, associated);
        gcm_encrypt(&ctx, &gcm, &aes128, encrypt_block, text.size(), octets(text), octets(text));
        gcm_digest(&ctx, &gcm, &aes128, encrypt_block, tag.size(), octets(tag));
    }

    /// False if the tag does not fit; `plain` then holds nothing of worth.
    [[nodiscard]] bool decrypt(ByteView nonce, ByteView associated, ByteView text, ByteView tag,
                               std::span<std::byte> plain) const {
        gcm_ctx ctx = start(nonce, associated);
        gcm_decrypt(&ctx, &gcm, &aes128, encrypt_block, text.size(), octets(plain), octets(text));
        std::array<std::byte, tag_size> expected;
        gcm_digest(&ctx, &gcm, &aes128, encrypt_block, tag_size,
                   octets(std::span<std::byte>(expected)));
        return memeql_sec(expected.data(), tag.data(), tag_size) != 0;
    }
};

std::string fingerprint_of(ByteView key) {
    sha256_ctx hash;
    sha256_init(&hash);
    sha256_update(&hash, key.size(), octets(key));
    std::array<std::byte, fingerprint_bytes> start;
    sha256_digest(&hash, start.size(), octets(std::span<std::byte>(start)));
    explicit_bzero(&hash, sizeof hash);
    return to_hex(start);
}

Result<void> Keyring::add(ByteView key) {
    if (key.size() != 16 && key.size() != 24 && key.size() != 32)
        return fail("a key has 16, 24 or 32 bytes, not " + std::to_string(key.size()));
    if (place_of(key) < keys_.size()) return {};
    if (keys_.size() >= keys_max)
        return fail("a keyring has at most " + std::to_string(keys_max) + " keys");
    keys_.push_back(std::make_shared<const Key>(key));
    return {};
}

Result<void> Keyring::use(ByteView key) {
    const auto place = keys_.begin() + static_cast<std::ptrdiff_t>(place_of(key));
    if (place == keys_.end()) return fail("key " + fingerprint_of(key) + " is not installed");
    std::rotate(keys_.begin(), place, place + 1);
    return {};
}

Result<void> Keyring::remove(ByteView key) {
    const std::size_t place = place_of(key);
    if (place == keys_.size()) return fail("key " + fingerprint_of(key) + " is not installed");
    if (place == 0)
        return fail("key " + fingerprint_of(key) + " is the one that seals; use another one first");
    keys_.erase(keys_.begin() + static_cast<std::ptrdiff_t>(place));
    return {};
}

std::size_t Keyring::place_of(ByteView key) const {
    const auto found =
        std::ranges::find_if(keys_, [&](const auto& each) { return equal(each->bytes(), key); });
    return static_cast<std::size_t>(found - keys_.begin());
}

std::vector<std::string> Keyring::fingerprints() const {
    std::vector<std::string> names;
    for (const auto& key : keys_) names.push_back(fingerprint_of(key->bytes()));
    return names;
}

std::vector<ByteView> Keyring::secrets() const {
    std::vector<ByteView> secrets;
    for (const auto& key : keys_) secrets.push_back(key->bytes());
    return secrets;
}

bool operator==(const Keyring& a, const Keyring& b) {
    return std::ranges::equal(a.keys_, b.keys_, [](const auto& one, const auto& other) {
        return equal(one->bytes(), other->bytes());
    });
}

Bytes Keyring::seal(ByteView plain, ByteView associated, const NonceSource& nonces) const {
    Bytes out;
    seal_to(out, plain, associated, nonces);
    return out;
}

void Keyring::seal_to(Bytes& out, ByteView plain, ByteView associated,
                      const NonceSource& nonces) const {
    Sealing sealing;
    nonces(sealing.nonce);
    seal_as(out, plain, associated, sealing);
}

void Keyring::seal_as(Bytes& out, ByteView plain, ByteView associated,
                      const Sealing& sealing) const {
    SCRIMP_ASSERT(sealing.key < keys_.size());
    append_u8(out, sealing.version);
    append(out, sealing.nonce);
    const std::size_t text_at = out.size();
    append(out, plain);
    if (sealing.version == 0) {
        const std::size_t padding = block_size - plain.size() % block_size;
        out.resize(out.size() + padding, static_cast<std::byte>(padding));
    }
    const std::size_t tag_at = out.size();
    out.resize(tag_at + tag_size);
    const auto written = std::span(out);
    keys_[sealing.key]->encrypt(sealing.nonce, associated,
                                written.subspan(text_at, tag_at - text_at),
                                written.subspan(tag_at));
}

Result<Bytes> Keyring::open(ByteView sealed, ByteView associated) const {
    auto opened = open_sealed(sealed, associated);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    return std::move(opened->plain);
}

Result<Keyring::Opened> Keyring::open_sealed(ByteView sealed, ByteView associated) const {
    if (sealed.size() < seal_overhead)
        return fail("a sealed payload has at least " + std::to_string(seal_overhead) +
                    " bytes, not " + std::to_string(sealed.size()));
    Opened opened;
    opened.sealing.version = std::to_integer<std::uint8_t>(sealed[0]);
    if (opened.sealing.version > 1)
        return fail("unknown sealing version " + std::to_string(opened.sealing.version));
    const ByteView nonce = sealed.subspan(nonce_at, nonce_size);
    const ByteView text = sealed.subspan(sealed_text_at, sealed.size() - seal_overhead);
    const ByteView tag = sealed.last(tag_size);
    std::ranges::copy(nonce, opened.sealing.nonce.begin());
    opened.plain.resize(text.size());
    for (const auto& key : keys_) {
        if (!key->decrypt(nonce, associated, text, tag, opened.plain)) {
            ++opened.sealing.key;
            continue;
        }
        if (opened.sealing.version == 0) {
            const auto padding = opened.plain.empty()
                                     ? std::size_t{0}
                                     : std::to_integer<std::size_t>(opened.plain.back());
            if (padding == 0 || padding > block_size || padding > opened.plain.size())
                return fail("padding that is none");
            opened.plain.resize(opened.plain.size() - padding);
        }
        return opened;
    }
    return fail("no key opens it");
}

}  // namespace scrimp::wire
