#include "app/keyring_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "app/keyring_commands.h"
#include "app/wire_decode.h"
#include "base/scratch_directory_test.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

// base64 of 16, 24 and 32 bytes: 0123456789abcdef and so on.
constexpr std::string_view key16 = "MDEyMzQ1Njc4OWFiY2RlZg==";
constexpr std::string_view key24 = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u";
constexpr std::string_view key32 = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

class KeyringFile : public testing::Test {
  protected:
    void put(std::string_view text, mode_t mode = 0600) const {
        std::ofstream(path_) << text;
        ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    }
    /// The sentence after the path, or the keys.
    [[nodiscard]] std::string read() const {
        const auto keys = read_keyring(path_);
        if (keys) return keys_text(*keys);
        EXPECT_TRUE(keys.error().message.starts_with(path_)) << keys.error().message;
        return keys.error().message.substr(path_.size());
    }
    [[nodiscard]] mode_t mode() const {
        struct stat status{};
        EXPECT_EQ(stat(path_.c_str(), &status), 0);
        return status.st_mode & 07777U;
    }
    /// "STATUS: " and what was printed, the path as FILE.
    std::string run(const KeyringOptions& options, const std::string& input = "") const {
        std::istringstream in(input);
        std::ostringstream out;
        std::ostringstream errors;
        const int status = keyring(options, in, out, errors);
        std::string text = std::to_string(status) + ": " + out.str() + errors.str();
        for (std::size_t at; (at = text.find(path_)) != std::string::npos;) {
            text.replace(at, path_.size(), "FILE");
        }
        return text;
    }
    std::string run(const std::string& verb, const std::string& key = "") const {
        return run({verb, path_, key});
    }

    ScratchDirectory scratch_;
    fs::path root_ = scratch_.path();
    std::string path_ = root_ / "keyring.json";
};

TEST_F(KeyringFile, is_serfs_list_of_keys_in_base64) {
    put("[\n  \"" + std::string(key16) + "\",\n  \"" + std::string(key32) + "\"\n]\n");
    EXPECT_EQ(read(), "9f9f5111 (seals), " +
                          wire::fingerprint_of(view_of("0123456789abcdefghijklmnopqrstuv")));
}

TEST_F(KeyringFile, that_others_may_use_is_refused_with_the_remedy) {
    for (const mode_t open : {0604U, 0640U, 0620U, 0660U, 0644U}) {
        put("[]", open);
        const std::string told = read();
        EXPECT_NE(told.find("may be used by others than its owner (mode 06"), std::string::npos);
        EXPECT_TRUE(told.ends_with("run: chmod 600 " + path_)) << told;
    }
    put("[\"" + std::string(key16) + "\"]", 0400);
    EXPECT_EQ(read(), "9f9f5111 (seals)");
}

TEST_F(KeyringFile, with_a_fault_is_refused_without_a_word_of_it) {
    EXPECT_EQ(read(), ": there is no such file; scrimplb keygen --output makes one");
    const auto told_of = [&](const std::string& text) {
        put(text);
        const std::string told = read();
        EXPECT_EQ(told.find("secret"), std::string::npos) << told;
        return told;
    };
    const std::string no_list =
        ": must hold a JSON list of keys in base64, as scrimplb keygen makes them";
    for (const char* text : {"", "secret", "{\"secret\":1}", "[\"secret\"", "\"secret\"",
                             "[\"secret\n\"]", "[[[\"secret\"]]]"}) {
        EXPECT_EQ(told_of(text), no_list) << text;
    }
    EXPECT_EQ(told_of("[]"), ": holds no key; make one with scrimplb keygen");
    EXPECT_EQ(told_of("[7]"), ": entry 1: must be a key in base64");
    EXPECT_EQ(told_of("[\"" + std::string(key16) + "\", \"secret!\"]"), ": entry 2: is no base64");
    EXPECT_EQ(told_of("[\"secret==\"]"), ": entry 1: is no base64");
    EXPECT_EQ(told_of("[\"c2VjcmV0\"]"), ": entry 1: a key has 16, 24 or 32 bytes, not 6");
    EXPECT_EQ(told_of("[\"" + std::string(2000, 's') + "\"]"), ": entry 1: is longer than any key");
    EXPECT_NE(told_of("[" + std::string(20'000, ' ') + "]").find("is larger than"),
              std::string::npos);
    fs::remove(path_);
    fs::create_directory(path_);
    EXPECT_EQ(read(), " is no regular file");
}

TEST_F(KeyringFile, is_changed_by_commands_and_keeps_its_mode) {
    EXPECT_EQ(run({"install", path_, ""}, std::string(key16) + "\n"),
              "0: FILE: 1 key: 9f9f5111 (seals)\n");
    EXPECT_EQ(mode(), 0600U);
    const std::string other = wire::fingerprint_of(view_of("0123456789abcdefghijklmn"));
    EXPECT_EQ(run({"install", path_, ""}, std::string(key24)),
              "0: FILE: 2 keys: 9f9f5111 (seals), " + other + "\n");
    EXPECT_EQ(run("use", other), "0: FILE: 2 keys: " + other + " (seals), 9f9f5111\n");
    EXPECT_EQ(run("remove", other), "1: scrimplb: FILE: key " + other +
                                        " is the one that seals; use another one first\n");
    EXPECT_EQ(run("remove", "9f9f5111"), "0: FILE: 1 key: " + other + " (seals)\n");
    EXPECT_EQ(run("list"), "0: FILE: 1 key: " + other + " (seals)\n");
    EXPECT_EQ(mode(), 0600U);
    std::ifstream file(path_);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
              "[\n  \"" + std::string(key24) + "\"\n]\n");
}

TEST_F(KeyringFile, loses_no_key_of_two_commands_at_once) {
    constexpr int count = 8;
    {
        std::vector<std::jthread> commands;
        for (int i = 0; i < count; ++i) {
            // base64 of sixteen bytes, each time others.
            std::string key(key16);
            key[0] = static_cast<char>('A' + i);
            commands.emplace_back([this, key] { run({"install", path_, ""}, key); });
        }
    }
    EXPECT_TRUE(run("list").starts_with("0: FILE: 8 keys: ")) << run("list");
}

TEST_F(KeyringFile, that_a_link_leads_to_is_changed_where_it_lies) {
    put("[\"" + std::string(key16) + "\"]");
    const fs::path link = root_ / "link.json";
    fs::create_symlink("keyring.json", link);
    run({"install", link, ""}, std::string(key24));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_TRUE(run("list").starts_with("0: FILE: 2 keys: ")) << run("list");
}

TEST_F(KeyringFile, commands_repeat_no_key) {
    put("[\"" + std::string(key16) + "\"]");
    EXPECT_EQ(run("use", std::string(key24)),
              "1: scrimplb: FILE: no key has that fingerprint; there are 9f9f5111 (seals)\n");
    EXPECT_EQ(run("install", std::string(key24)),
              "2: scrimplb: keyring install: give the key on standard input; a command line can be "
              "read by others\n");
    EXPECT_EQ(run({"install", path_, ""}, "secret!"),
              "1: scrimplb: the key is no base64; give one in base64 on standard input\n");
    EXPECT_EQ(run("use"),
              "2: scrimplb: keyring use: which key? give its fingerprint, as scrimplb keyring list "
              "shows it\n");
    EXPECT_EQ(run("list"), "0: FILE: 1 key: 9f9f5111 (seals)\n");
}

TEST_F(KeyringFile, that_is_not_in_order_is_not_written_over) {
    put("[\"secret");
    EXPECT_TRUE(run({"install", path_, ""}, std::string(key16)).starts_with("1: "));
    std::ifstream file(path_);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "[\"secret");
}

TEST_F(KeyringFile, is_made_by_keygen_and_by_it_only_once) {
    std::ostringstream out;
    std::ostringstream errors;
    for (const int bits : {128, 192, 256}) {
        fs::remove(path_);
        EXPECT_EQ(keygen({bits, path_}, out, errors), 0);
        EXPECT_EQ(mode(), 0600U);
        const auto keys = read_keyring(path_);
        ASSERT_TRUE(keys) << keys.error().message;
        EXPECT_EQ(keys->secrets().front().size(), static_cast<std::size_t>(bits / 8));
    }
    EXPECT_EQ(keygen({256, path_}, out, errors), 1);
    EXPECT_NE(errors.str().find("is there already"), std::string::npos);
    EXPECT_EQ(keygen({512, ""}, out, errors), 2);
}

TEST_F(KeyringFile, opens_captures) {
    put("[\"" + std::string(key16) + "\"]");
    const wire::NonceSource zeros = [](std::span<std::byte> nonce) {
        std::ranges::fill(nonce, std::byte{0});
    };
    const Bytes packet =
        read_keyring(path_).value().seal(*parse_hex("0b81a55365714e6f2a"), {}, zeros);
    std::istringstream in("udp " + to_hex(packet));
    std::ostringstream out;
    std::ostringstream errors;
    EXPECT_EQ(wire_decode(in, out, errors, {.keys = {}, .label = "", .keyring = path_}), 0);
    EXPECT_NE(out.str().find("\"nack\""), std::string::npos) << out.str() << errors.str();
    fs::remove(path_);
    EXPECT_EQ(wire_decode(in, out, errors, {.keys = {}, .label = "", .keyring = path_}), 2);
}

TEST_F(KeyringFile, takes_what_keygen_prints) {
    std::ostringstream one;
    std::ostringstream two;
    std::ostringstream errors;
    EXPECT_EQ(keygen({}, one, errors), 0);
    EXPECT_EQ(keygen({}, two, errors), 0);
    EXPECT_NE(one.str(), two.str());
    EXPECT_TRUE(run({"install", path_, ""}, one.str()).starts_with("0: "));
    EXPECT_TRUE(run({"install", path_, ""}, two.str()).starts_with("0: FILE: 2 keys"));
    EXPECT_EQ(parse_key(one.str()).value().fingerprints().front(),
              read_keyring(path_).value().fingerprints().front());
}

}  // namespace
}  // namespace scrimp::app
