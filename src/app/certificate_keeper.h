// Keeps the certificates at hand while the balancer runs: looks when something in their directory
// changes, and every minute besides, for what inotify does not tell (a link whose target is
// rewritten, a network file system); says in the log what is learned, renewed or wrong, and what
// will soon expire.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/certificate_files.h"
#include "runtime/deadline_timer.h"
#include "runtime/directory_watch.h"

namespace scrimp::app {

/// Which warning a certificate that holds for so long gets: a sentence's end as the line of this
/// step has it, or empty. Three weeks: ACME clients renew a month before the end, so by then a week
/// of tries has failed; a week and a day: for who overlooked it.
[[nodiscard]] std::string expiry_words(std::int64_t seconds_left);

/// "until 2026-02-21, 89 days", "expired 2 days ago".
[[nodiscard]] std::string validity_text(std::int64_t not_after, std::int64_t now);

/// The loop must not run on after the keeper is destroyed.
class CertificateKeeper {
  public:
    using Known = std::shared_ptr<const proxy::Certificates>;

    /// Looks at once. `changed` is called, later, when known() is another one.
    CertificateKeeper(boost::asio::io_context& loop, CertificatePaths paths,
                      std::function<void()> changed);

    /// Never null.
    [[nodiscard]] const Known& known() const { return known_; }
    /// What is wrong, or soon will be, a sentence each.
    [[nodiscard]] std::vector<std::string> faults() const;

  private:
    void look();
    void watch();
    void tell(const proxy::Certificates& before);
    void tell_of_expiry();

    std::string directory_;
    CertificateFiles files_;
    std::function<void()> changed_;
    Known known_;
    std::vector<std::string> watched_;
    /// What was said last of a certificate, by name and fingerprint.
    std::map<std::pair<std::string, std::string>, std::string> told_;
    runtime::DirectoryWatch watch_;
    runtime::DeadlineTimer timer_;
};

}  // namespace scrimp::app
