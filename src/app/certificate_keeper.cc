#include "app/certificate_keeper.h"

#include <algorithm>
#include <cstdlib>

#include "admin/json_writer.h"
#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::app {
namespace {

constexpr std::int64_t day_seconds = 24 * 3600;

/// Two hundred files' states are a fifth of a millisecond.
constexpr Duration look_interval = std::chrono::minutes{1};

/// At the start or after a change of many, one line tells of the rest.
constexpr std::size_t told_max = 20;

/// In a sentence.
constexpr std::size_t domains_told_max = 3;

std::string label_of(const proxy::Certificate& certificate) {
    return certificate.name.empty() ? "certificate of tls-chain-location"
                                    : "certificate " + certificate.name;
}

std::vector<const proxy::Certificate*> all_of(const proxy::Certificates& known) {
    std::vector<const proxy::Certificate*> all;
    if (known.fallback()) all.push_back(&*known.fallback());
    for (const proxy::Certificate& each : known.all()) all.push_back(&each);
    return all;
}

std::string domains_of(const proxy::Certificate& certificate) {
    std::vector<std::string> names;
    for (const service::Domain& domain : certificate.domains) names.push_back(domain.text());
    return shortened_list(names, domains_told_max);
}

}  // namespace

std::string expiry_words(std::int64_t seconds_left) {
    if (seconds_left <= 0) return "has expired: clients refuse it";
    for (const int days : {1, 7, 21}) {
        if (seconds_left <= days * day_seconds) {
            return "expires within " + counted(static_cast<std::size_t>(days), "day") +
                   "; has its renewal failed?";
        }
    }
    return "";
}

std::string validity_text(std::int64_t not_after, std::int64_t now) {
    const std::string date = admin::rfc3339(not_after).substr(0, sizeof "2026-02-21" - 1);
    const std::int64_t days = std::abs(not_after - now) / day_seconds;
    const std::string many = counted(static_cast<std::size_t>(days), "day");
    return not_after > now ? "until " + date + ", " + many : "expired " + many + " ago";
}

CertificateKeeper::CertificateKeeper(boost::asio::io_context& loop, CertificatePaths paths,
                                     std::function<void()> changed)
    : directory_(paths.directory),
      files_(std::move(paths)),
      changed_(std::move(changed)),
      known_(std::make_shared<proxy::Certificates>()),
      watch_(loop,
             [this] {
                 const Known before = known_;
                 look();
                 if (known_ != before) changed_();
             }),
      timer_(loop, [this](Instant now) {
          timer_.arm(now + look_interval);
          const Known before = known_;
          look();
          if (known_ != before) changed_();
      }) {
    if (!directory_.empty()) watch();
    look();
    timer_.arm(runtime::now() + look_interval);
}

/// What is watched first is looked at after, so that no change falls between the two.
void CertificateKeeper::watch() {
    if (const auto watched = watch_.watch(directory_, watched_); !watched) {
        runtime::log_warning("certificate-directory: " + watched.error().message +
                             "; it is looked at every minute");
    }
}

void CertificateKeeper::look() {
    files_.refresh(runtime::unix_seconds());
    if (!directory_.empty() && files_.directories() != watched_) {
        watched_ = files_.directories();
        watch();
        files_.refresh(runtime::unix_seconds());
    }
    for (const std::string& line : files_.news()) runtime::log_warning("certificate " + line);
    if (files_.certificates() != *known_) {
        const Known before = std::exchange(
            known_, std::make_shared<const proxy::Certificates>(files_.certificates()));
        tell(*before);
    }
    tell_of_expiry();
}

void CertificateKeeper::tell(const proxy::Certificates& before) {
    std::map<std::string, const proxy::Certificate*> gone;
    for (const proxy::Certificate* each : all_of(before)) gone.emplace(each->name, each);
    std::vector<std::string> lines;
    for (const proxy::Certificate* each : all_of(*known_)) {
        const auto old = gone.find(each->name);
        const bool is_new = old == gone.end();
        if (is_new || old->second->fingerprint != each->fingerprint) {
            lines.push_back(label_of(*each) + (is_new ? " for " : " is renewed: for ") +
                            domains_of(*each) + ", " +
                            validity_text(each->not_after, runtime::unix_seconds()));
        }
        if (!is_new) gone.erase(old);
    }
    for (const auto& [name, each] : gone) lines.push_back(label_of(*each) + " is gone");
    for (std::size_t i = 0; i < std::min(lines.size(), told_max); ++i) {
        runtime::log_info(lines[i]);
    }
    if (lines.size() > told_max) {
        runtime::log_info(counted(lines.size() - told_max, "further certificate") + " of the kind");
    }
}

void CertificateKeeper::tell_of_expiry() {
    const std::int64_t now = runtime::unix_seconds();
    std::map<std::pair<std::string, std::string>, std::string> told;
    for (const proxy::Certificate* each : all_of(*known_)) {
        std::string words = expiry_words(each->not_after - now);
        if (words.empty()) continue;
        const std::pair key(each->name, each->fingerprint);
        const auto last = told_.find(key);
        if (last == told_.end() || last->second != words) {
            runtime::log_warning(label_of(*each) + " (" + domains_of(*each) + ") " + words);
        }
        told.emplace(key, std::move(words));
    }
    told_ = std::move(told);
}

std::vector<std::string> CertificateKeeper::faults() const {
    std::vector<std::string> faults = files_.faults();
    for (const proxy::Certificate* each : all_of(*known_)) {
        const std::string words = expiry_words(each->not_after - runtime::unix_seconds());
        if (!words.empty()) faults.push_back(label_of(*each) + " " + words);
    }
    return faults;
}

}  // namespace scrimp::app
