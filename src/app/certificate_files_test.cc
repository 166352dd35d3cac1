#include "app/certificate_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/certificate_keeper.h"
#include "app/certificate_pair.h"
#include "app/nginx_version.h"
#include "base/scratch_directory_test.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

/// Of openssl, on the spot: a key of each kind that certificates are made of.
struct Made {
    std::string chain;
    std::string key;
};

std::string contents_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

Made make(const std::string& names, const std::string& kind = "ec -pkeyopt ec_paramgen_curve:P-256",
          const std::string& days = "30") {
    const ScratchDirectory scratch;
    const std::string here = scratch.path();
    const std::string command = "openssl req -x509 -newkey " + kind + " -nodes -keyout " + here +
                                "/k -out " + here + "/c -subj /CN=x -days " + days +
                                " -addext subjectAltName=" + names + " 2>/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return {contents_of(scratch.path() / "c"), contents_of(scratch.path() / "k")};
}

class CertificateFilesTest : public testing::Test {
  protected:
    void put(const std::string& path, const std::string& text) const {
        const fs::path whole = fs::path(paths_.directory) / path;
        fs::create_directories(whole.parent_path());
        std::ofstream(whole) << text;
    }
    /// Names that are known, and how the one certificate in each is called.
    std::map<std::string, std::string> known(CertificateFiles& files) const {
        files.refresh(std::time(nullptr));
        std::map<std::string, std::string> names;
        for (const auto& [name, at] : files.certificates().names()) {
            names[name.text()] = files.certificates().all()[at].name;
        }
        return names;
    }

    ScratchDirectory scratch_;
    CertificatePaths paths_{.directory = scratch_.path() / "in",
                            .copies = scratch_.path() / "state" / "certificates",
                            .fallback_chain = scratch_.path() / "chain.pem",
                            .fallback_key = scratch_.path() / "key.pem"};
    using Known = std::map<std::string, std::string>;
};

TEST(CertificatePair, is_one_if_the_key_is_the_certificates_own) {
    const Made a = make("DNS:b.example,DNS:*.A.example,IP:127.0.0.1,DNS:b.example");
    const auto facts = read_pair(a.chain, a.key);
    ASSERT_TRUE(facts) << facts.error().message;
    ASSERT_EQ(facts->domains.size(), 2u);
    EXPECT_EQ(facts->domains[0].text(), "*.a.example");
    EXPECT_EQ(facts->domains[1].text(), "b.example");
    EXPECT_LT(std::abs(facts->not_after - (std::time(nullptr) + 30 * 86400)), 100);
    const Made rsa = make("DNS:b.example", "rsa:2048");
    EXPECT_TRUE(read_pair(rsa.chain, rsa.key));
    EXPECT_EQ(read_pair(a.chain, rsa.key).error().message, "has a key that is not its own");
}

TEST(CertificatePair, tells_what_is_wrong_and_nothing_of_the_key) {
    const Made a = make("DNS:a.example");
    const auto fault = [&](const std::string& chain, const std::string& key) {
        return read_pair(chain, key).error().message;
    };
    EXPECT_EQ(fault("", a.key), "holds no certificate in PEM");
    EXPECT_EQ(fault(a.chain.substr(0, 200), a.key), "is no certificate in PEM, or is damaged");
    EXPECT_EQ(fault(a.chain, ""), "has no key in PEM, or a damaged one");
    EXPECT_EQ(fault(a.chain, a.key.substr(0, 100)), "has no key in PEM, or a damaged one");
    const Made nameless = make("IP:127.0.0.1");
    EXPECT_EQ(fault(nameless.chain, nameless.key), "names no domain (subjectAltName)");
    const Made unsupported = make("DNS:a.example", "ed25519");
    EXPECT_EQ(fault(unsupported.chain, unsupported.key),
              "is of a kind that is not supported; RSA and ECDSA are");
}

TEST_F(CertificateFilesTest, are_found_in_each_layout) {
    const Made made = make("DNS:a.example,DNS:*.a.example");
    for (const char* name : {"live/bot/fullchain.pem", "certificates/_.lego.crt", "flat.pem"}) {
        put(name, make("DNS:" + fs::path(name).stem().string() + ".example").chain);
    }
    // Three pairs, and what lies about beside them.
    const Made bot = make("DNS:bot.example");
    put("live/bot/fullchain.pem", bot.chain);
    put("live/bot/privkey.pem", bot.key);
    put("live/README", "hello");
    const Made lego = make("DNS:*.lego.example");
    put("certificates/_.lego.crt", lego.chain);
    put("certificates/_.lego.key", lego.key);
    put("certificates/_.lego.issuer.crt", lego.chain);
    put("certificates/_.lego.json", "{}");
    put("flat.pem", made.chain);
    put("flat.key", made.key);
    CertificateFiles files(paths_);
    EXPECT_EQ(known(files), (Known{{"bot.example", "bot"},
                                   {"*.lego.example", "_.lego"},
                                   {"a.example", "flat"},
                                   {"*.a.example", "flat"}}));
    EXPECT_TRUE(files.faults().empty());
    const std::string copy = files.certificates().all()[0].chain_path;
    EXPECT_EQ(fs::status(copy).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(fs::status(paths_.copies).permissions(), fs::perms::owner_all);
    // `live` itself may be the directory.
    paths_.directory += "/live";
    CertificateFiles live(paths_);
    EXPECT_EQ(known(live), (Known{{"bot.example", "bot"}}));
}

TEST_F(CertificateFilesTest, of_a_renewal_take_effect_when_both_are_there) {
    const Made old = make("DNS:a.example");
    const Made renewed = make("DNS:a.example,DNS:b.example");
    put("a.crt", old.chain);
    put("a.key", old.key);
    CertificateFiles files(paths_);
    EXPECT_EQ(known(files), (Known{{"a.example", "a"}}));
    const proxy::Certificate before = files.certificates().all()[0];
    put("a.crt", renewed.chain);
    EXPECT_EQ(known(files), (Known{{"a.example", "a"}}));
    EXPECT_EQ(files.certificates().all()[0], before);
    EXPECT_EQ(contents_of(before.chain_path), old.chain + "\n" + old.key);
    ASSERT_EQ(files.news().size(), 1u);
    EXPECT_NE(files.news()[0].find("key that is not its own; the one before stays in force"),
              std::string::npos);
    // Also for who starts in between.
    CertificateFiles restarted(paths_);
    EXPECT_EQ(known(restarted), (Known{{"a.example", "a"}}));
    put("a.key", renewed.key);
    EXPECT_EQ(known(files), (Known{{"a.example", "a"}, {"b.example", "a"}}));
    EXPECT_NE(files.certificates().all()[0].fingerprint, before.fingerprint);
    EXPECT_TRUE(files.faults().empty());
    EXPECT_TRUE(fs::exists(before.chain_path));
    fs::remove(fs::path(paths_.directory) / "a.crt");
    EXPECT_EQ(known(files), Known{});
    // Nobody goes back to what has expired.
    files.refresh(std::time(nullptr) + 31 * 86400);
    EXPECT_FALSE(fs::exists(before.chain_path));
}

TEST_F(CertificateFilesTest, that_are_broken_are_told_of_and_hinder_no_others) {
    const Made made = make("DNS:a.example");
    put("good.crt", made.chain);
    put("good.key", made.key);
    put("live/b/fullchain.pem", "nonsense");
    put("live/b/privkey.pem", made.key);
    put("live/a b/fullchain.pem", made.chain);
    put("live/good/fullchain.pem", made.chain);
    put("live/keyless/fullchain.pem", made.chain);
    CertificateFiles files(paths_);
    EXPECT_EQ(known(files), (Known{{"a.example", "good"}}));
    std::string all;
    for (const std::string& line : files.faults()) all += line + "\n";
    const std::string live = paths_.directory + "/live/";
    EXPECT_EQ(all,
              live +
                  "a b/fullchain.pem: left out: a name is of letters, digits, '.', '_' and '-'\n" +
                  live + "good/fullchain.pem: left out: " + paths_.directory +
                  "/good.crt has the same name\n" + live +
                  "b/fullchain.pem holds no certificate in PEM; it is not used\n" + live +
                  "keyless/privkey.pem is not there; it is not used\n");
    files.refresh(0);
    EXPECT_TRUE(files.news().empty());
}

TEST_F(CertificateFilesTest, of_the_fallback_say_which_names_it_is_for) {
    fs::create_directories(paths_.directory);
    CertificateFiles files(paths_);
    files.refresh(0);
    EXPECT_FALSE(files.certificates().fallback());
    const Made made = make("DNS:*.a.example");
    std::ofstream(paths_.fallback_chain) << made.chain;
    files.refresh(0);  // As for who may not read the key.
    ASSERT_TRUE(files.certificates().fallback());
    EXPECT_EQ(files.certificates().fallback()->domains[0].text(), "*.a.example");
    std::ofstream(paths_.fallback_key) << made.key;
    files.refresh(0);
    EXPECT_TRUE(files.certificates().fallback());
}

TEST(CertificateKeeper, warns_three_weeks_a_week_and_a_day_before_the_end) {
    constexpr std::int64_t day = 86400;
    EXPECT_EQ(expiry_words(22 * day), "");
    EXPECT_EQ(expiry_words(21 * day), "expires within 21 days; has its renewal failed?");
    EXPECT_EQ(expiry_words(7 * day), "expires within 7 days; has its renewal failed?");
    EXPECT_EQ(expiry_words(day), "expires within 1 day; has its renewal failed?");
    EXPECT_EQ(expiry_words(0), "has expired: clients refuse it");
    EXPECT_EQ(validity_text(20 * day, 10 * day), "until 1970-01-21, 10 days");
    EXPECT_EQ(validity_text(10 * day, 12 * day), "expired 2 days ago");
}

TEST(NginxVersion, is_read_as_a_number) {
    EXPECT_EQ(parse_nginx_version("nginx version: nginx/1.22.1\n"), 1'022'001u);
    EXPECT_EQ(parse_nginx_version("nginx version: nginx/1.25.1 (Ubuntu)\n"), 1'025'001u);
    EXPECT_EQ(parse_nginx_version("nginx version: nginx/x"), std::nullopt);
    EXPECT_EQ(parse_nginx_version("not found"), std::nullopt);
    EXPECT_EQ(ask_nginx_version({"scrimplb", "check-nginx", "--nginx", "/nowhere/nginx"}),
              std::nullopt);
}

}  // namespace
}  // namespace scrimp::app
