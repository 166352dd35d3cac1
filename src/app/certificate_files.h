// The certificates of certificate-directory, and copies of them that the proxy reads.
//
// Three layouts are known, each where it lies in the directory:
//   certbot   live/NAME/fullchain.pem and privkey.pem, or NAME/… if the directory is `live` itself
//   lego      certificates/NAME.crt and NAME.key, or NAME.crt and NAME.key
//   flat      NAME.pem and NAME.key
//
// A renewal replaces two files, one after the other, and whoever reloads the proxy between the two
// has one that refuses to. So the proxy is never pointed at them: a pair that matches is copied
// into one file of ours, `state-dir/certificates/NAME-FINGERPRINT.pem` (chain and key, mode 0600),
// which is never changed again. What does not match yet, or is broken, leaves the copy before in
// force, also after a restart; and a generation of yesterday names files that are still there. A
// copy is removed when its certificate has expired and another one is in force.
//
// Bounded: pairs, and the bytes of each file. Cost: a look at each file's state; only what changed
// is read, under a millisecond a pair. Keys are wiped from memory; no message quotes a file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proxy/certificates.h"

namespace scrimp::app {

/// Some 130 kB of the proxy's memory each.
inline constexpr std::size_t certificates_max = 1000;

struct CertificatePaths {
    std::string directory;  ///< certificate-directory; empty: only the fallback.
    std::string copies;     ///< A directory of ours, made if it is not there.
    std::string fallback_chain;
    std::string fallback_key;
};

class CertificateFiles {
  public:
    explicit CertificateFiles(CertificatePaths paths);

    /// Looks at everything anew; `now` in Unix seconds.
    void refresh(std::int64_t now);

    [[nodiscard]] const proxy::Certificates& certificates() const { return certificates_; }
    /// What is wrong at the moment, a sentence each; printable.
    [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
    /// Those of faults() that came with the last refresh.
    [[nodiscard]] const std::vector<std::string>& news() const { return news_; }
    /// Directories below the first in which files of pairs lie, or would.
    [[nodiscard]] std::vector<std::string> directories() const;

  private:
    /// Of a file, to see that it changed; all zero of one that is not there.
    using FileState = std::array<std::int64_t, 4>;
    struct Source {
        std::string chain;
        std::string key;
        std::array<FileState, 2> seen{};
        std::optional<proxy::Certificate> good{};  ///< The last that matched.
        std::string fault{};
        bool present = false;
    };

    [[nodiscard]] static FileState state_of(const std::string& path);
    void find_sources();
    void find_in(const std::string& directory);
    void add(const std::string& name, const std::string& chain, const std::string& key);
    void read(const std::string& name, Source& source);
    [[nodiscard]] Result<proxy::Certificate> take(const std::string& name, const Source& source);
    void read_fallback();
    void load_copies();
    void remove_expired(std::int64_t now);

    CertificatePaths paths_;
    std::map<std::string, Source> sources_;  ///< By name.
    /// Copies that were there at the start, or were made since, by file name.
    std::map<std::string, proxy::Certificate> copies_;
    std::array<FileState, 2> fallback_seen_{};
    std::optional<proxy::Certificate> fallback_;
    std::string copies_fault_;
    std::vector<std::string> found_faults_;  ///< Of the latest search.
    std::vector<std::string> faults_;
    std::vector<std::string> news_;
    proxy::Certificates certificates_;
};

}  // namespace scrimp::app
