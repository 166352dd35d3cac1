#include "app/certificate_pair.h"

#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace scrimp::app {
namespace {

/// mbed TLS wants PEM with the zero that ends a C string, and counts it.
class Pem {
  public:
    explicit Pem(std::string_view text) : text_(text) {}
    ~Pem() { mbedtls_platform_zeroize(text_.data(), text_.size()); }
    Pem(const Pem&) = delete;
    Pem& operator=(const Pem&) = delete;
    [[nodiscard]] const unsigned char* data() const {
        return reinterpret_cast<const unsigned char*>(text_.c_str());
    }
    [[nodiscard]] std::size_t size() const { return text_.size() + 1; }

  private:
    std::string text_;
};

class Chain {
  public:
    Chain() { mbedtls_x509_crt_init(&first_); }
    ~Chain() { mbedtls_x509_crt_free(&first_); }
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;
    mbedtls_x509_crt& first() { return first_; }

  private:
    mbedtls_x509_crt first_;
};

class Key {
  public:
    Key() { mbedtls_pk_init(&key_); }
    ~Key() { mbedtls_pk_free(&key_); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    mbedtls_pk_context& get() { return key_; }

  private:
    mbedtls_pk_context key_;
};

/// Its lower and its upper half are codes of their own.
bool is_about_kind(int code) {
    const int upper = -(-code & 0xff80);
    return upper == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG || upper == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
           upper == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE || upper == MBEDTLS_ERR_X509_INVALID_ALG;
}

Result<void> parse(std::string_view text, Chain& chain) {
    if (text.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) {
        return fail("holds no certificate in PEM");
    }
    const Pem pem(text);
    const int code = mbedtls_x509_crt_parse(&chain.first(), pem.data(), pem.size());
    if (code == 0) return {};
    if (code > 0) return fail("holds a certificate that cannot be read");
    return fail(is_about_kind(code) ? "is of a kind that is not supported; RSA and ECDSA are"
                                    : "is no certificate in PEM, or is damaged");
}

std::int64_t unix_seconds_of(const mbedtls_x509_time& time) {
    const std::chrono::year_month_day day{std::chrono::year{time.year},
                                          std::chrono::month{static_cast<unsigned>(time.mon)},
                                          std::chrono::day{static_cast<unsigned>(time.day)}};
    const auto days = std::chrono::sys_days{day}.time_since_epoch();
    return std::chrono::seconds{days}.count() + time.hour * 3600 + time.min * 60 + time.sec;
}

Result<CertificateFacts> facts_of(const mbedtls_x509_crt& certificate) {
    CertificateFacts facts{.not_after = unix_seconds_of(certificate.valid_to)};
    for (const mbedtls_x509_sequence* at = &certificate.subject_alt_names; at != nullptr;
         at = at->next) {
        constexpr int dns_name = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME;
        if (at->buf.tag != dns_name) continue;
        auto domain =
            service::Domain::parse({reinterpret_cast<const char*>(at->buf.p), at->buf.len});
        if (domain) facts.domains.push_back(*std::move(domain));
    }
    if (facts.domains.empty()) return fail("names no domain (subjectAltName)");
    std::ranges::sort(facts.domains);
    const auto repeated = std::ranges::unique(facts.domains);
    facts.domains.erase(repeated.begin(), repeated.end());
    return facts;
}

Result<void> parse(std::string_view text, Key& key) {
    const Pem pem(text);
    const int code = mbedtls_pk_parse_key(&key.get(), pem.data(), pem.size(), nullptr, 0);
    if (code == 0) return {};
    if (code == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || code == MBEDTLS_ERR_PK_PASSWORD_MISMATCH) {
        return fail("has a key with a password, which nobody could type; take it off");
    }
    return fail(is_about_kind(code) ? "has a key of a kind that is not supported; RSA and ECDSA are"
                                    : "has no key in PEM, or a damaged one");
}

}  // namespace

Result<CertificateFacts> read_chain(std::string_view text) {
    Chain chain;
    if (const auto parsed = parse(text, chain); !parsed) return tl::unexpected(parsed.error());
    return facts_of(chain.first());
}

Result<CertificateFacts> read_pair(std::string_view chain_text, std::string_view key_text) {
    Chain chain;
    if (const auto parsed = parse(chain_text, chain); !parsed) {
        return tl::unexpected(parsed.error());
    }
    Key key;
    if (const auto parsed = parse(key_text, key); !parsed) return tl::unexpected(parsed.error());
    if (mbedtls_pk_check_pair(&chain.first().pk, &key.get()) != 0) {
        return fail("has a key that is not its own");
    }
    return facts_of(chain.first());
}

}  // namespace scrimp::app
