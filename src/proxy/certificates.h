// The certificates that a proxy can show its clients, and which of them a domain gets.
//
// Each is known by what its files say: the names that it is for, until when it holds, and a
// fingerprint, so that a text which names it changes when it does. Which one a domain gets is
// decided here and not by the proxies: the one that names the domain, before one that covers it by
// a wildcard; of several the one that holds longest, since a renewal may come under another name;
// else the fallback, whatever it is for.
//
// Left out on purpose: keys, which nothing here ever sees, and the common name, which no browser of
// this decade looks at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/application.h"

namespace scrimp::proxy {

/// Digits of a fingerprint.
inline constexpr std::size_t certificate_digits = 16;

struct Certificate {
    std::string name;            ///< Of its files: [A-Za-z0-9._-]. Empty: the fallback.
    std::string chain_path;      ///< PEM: the certificate first.
    std::string key_path;        ///< May be the same file.
    std::string fingerprint;     ///< Of the chain's file: certificate_digits hexadecimal digits.
    std::int64_t not_after = 0;  ///< In Unix seconds.
    std::vector<service::Domain> domains{};  ///< Sorted, unique.
    friend bool operator==(const Certificate&, const Certificate&) = default;
};

class Certificates {
  public:
    Certificates() = default;
    /// No two of one name. `fallback`: what its files say, if they can be read.
    explicit Certificates(std::vector<Certificate> all,
                          std::optional<Certificate> fallback = std::nullopt);

    /// Sorted: what holds longest first, then by name.
    [[nodiscard]] const std::vector<Certificate>& all() const { return all_; }
    [[nodiscard]] const std::optional<Certificate>& fallback() const { return fallback_; }
    /// By its place in all(); nothing: the fallback is for it. A wildcard is covered by the same
    /// wildcard only.
    [[nodiscard]] std::optional<std::size_t> find(const service::Domain& domain) const;
    /// Every name that one of all() is for, with the one that it gets.
    [[nodiscard]] const std::map<service::Domain, std::size_t>& names() const { return names_; }

    friend bool operator==(const Certificates& a, const Certificates& b) {
        return a.all_ == b.all_ && a.fallback_ == b.fallback_;
    }

  private:
    std::vector<Certificate> all_;
    std::optional<Certificate> fallback_;
    std::map<service::Domain, std::size_t> names_;
};

/// Whether a client that asks for `name` is content with a certificate for `pattern`: they are
/// equal, or the pattern's `*` stands for the first label.
[[nodiscard]] bool covers(const service::Domain& pattern, const service::Domain& name);

}  // namespace scrimp::proxy
