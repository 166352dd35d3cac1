#include "app/keyring_commands.h"

#include <string.h>

#include <array>
#include <filesystem>
#include <optional>
#include <system_error>

#include "app/keyring_file.h"
#include "base/words.h"
#include "runtime/files.h"
#include "runtime/nonces.h"

namespace scrimp::app {
namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrongly_asked = 2;

/// A line is enough for a key with white space around it.
constexpr std::size_t input_bytes_max = 1024;

bool is_there(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

/// The key that is called so.
Result<Bytes> find_key(const wire::Keyring& keys, const std::string& fingerprint) {
    const auto names = keys.fingerprints();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == fingerprint) return to_bytes(keys.secrets()[i]);
    }
    // Not repeated: it may be a key.
    return fail("no key has that fingerprint; there are " + keys_text(keys));
}

Result<wire::Keyring> install(const KeyringOptions& options, std::istream& in) {
    wire::Keyring keys;
    if (is_there(options.file)) {
        auto present = read_keyring(options.file);
        if (!present) return present;
        keys = *std::move(present);
    }
    std::array<char, input_bytes_max> text{};
    in.read(text.data(), text.size());
    const auto key = parse_key({text.data(), static_cast<std::size_t>(in.gcount())});
    explicit_bzero(text.data(), text.size());
    if (!key) return fail(key.error().message + "; give one in base64 on standard input");
    if (auto added = keys.add(key->secrets().front()); !added)
        return fail(options.file + ": " + added.error().message);
    return keys;
}

Result<wire::Keyring> changed(const KeyringOptions& options, std::istream& in) {
    if (options.verb == "install") return install(options, in);
    auto keys = read_keyring(options.file);
    if (!keys || options.verb == "list") return keys;
    auto key = find_key(*keys, options.key);
    if (!key) return fail(options.file + ": " + key.error().message);
    const Result<void> moved = options.verb == "use" ? keys->use(*key) : keys->remove(*key);
    explicit_bzero(key->data(), key->size());
    if (!moved) return fail(options.file + ": " + moved.error().message);
    return keys;
}

}  // namespace

int keygen(const KeygenOptions& options, std::ostream& out, std::ostream& errors) {
    if (options.bits != 128 && options.bits != 192 && options.bits != 256) {
        errors << "scrimplb: --bits: 128, 192 or 256\n";
        return wrongly_asked;
    }
    if (!options.output.empty() && is_there(options.output)) {
        errors << "scrimplb: " << options.output
               << " is there already; to add a key to it: scrimplb keygen | scrimplb keyring "
                  "install --file "
               << options.output << '\n';
        return failed;
    }
    std::array<std::byte, 32> random;
    const auto key = std::span(random).first(static_cast<std::size_t>(options.bits / 8));
    runtime::fill_from_kernel(key);
    wire::Keyring keys;
    // Of a good size, so nothing to fail.
    (void)keys.add(key);
    explicit_bzero(random.data(), random.size());
    if (options.output.empty()) {
        out << key_text(keys.secrets().front()) << '\n';
        return done;
    }
    if (const auto written = write_keyring(options.output, keys); !written) {
        errors << "scrimplb: " << written.error().message << '\n';
        return failed;
    }
    out << options.output << ": a new keyring, key " << keys_text(keys) << '\n';
    return done;
}

int keyring(const KeyringOptions& options, std::istream& in, std::ostream& out,
            std::ostream& errors) {
    const bool names_key = options.verb == "use" || options.verb == "remove";
    if (names_key && options.key.empty()) {
        errors << "scrimplb: keyring " << options.verb
               << ": which key? give its fingerprint, as scrimplb keyring list shows it\n";
        return wrongly_asked;
    }
    if (!names_key && !options.key.empty()) {
        errors << "scrimplb: keyring " << options.verb
               << (options.verb == "install"
                       ? ": give the key on standard input; a command line can be read by others\n"
                       : ": takes no key\n");
        return wrongly_asked;
    }
    std::optional<runtime::EditLock> lock;
    if (options.verb != "list") {
        auto locked = runtime::EditLock::of(options.file);
        if (!locked) {
            errors << "scrimplb: " << locked.error().message << '\n';
            return failed;
        }
        lock.emplace(*std::move(locked));
    }
    const auto keys = changed(options, in);
    if (!keys) {
        errors << "scrimplb: " << keys.error().message << '\n';
        return failed;
    }
    if (options.verb != "list") {
        if (const auto written = write_keyring(options.file, *keys); !written) {
            errors << "scrimplb: " << written.error().message << '\n';
            return failed;
        }
    }
    out << options.file << ": " << counted(keys->size(), "key") << ": " << keys_text(*keys) << '\n';
    return done;
}

}  // namespace scrimp::app
