#include "app/certificate_files.h"

#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "app/certificate_pair.h"
#include "base/printable.h"
#include "proxy/fingerprint.h"
#include "runtime/files.h"

namespace scrimp::app {
namespace {

namespace fs = std::filesystem;

/// A chain of four with RSA keys of 4096 bits is 9 kB.
constexpr std::size_t chain_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t key_bytes_max = std::size_t{16} * 1024;

/// The longest domain, and what a tool appends to it; with our ending it is still a file's name.
constexpr std::size_t certificate_name_bytes_max = 220;

/// Renewals that wait for their expiry beside those in force, and then some.
constexpr std::size_t copies_max = 8 * certificates_max;

constexpr std::string_view copy_ending = ".pem";

bool is_certificate_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= certificate_name_bytes_max && name.front() != '.' &&
           std::ranges::all_of(name, fits);
}

bool is_file(const std::string& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

/// A key or what contains one, gone from memory with its scope.
class Secret {
  public:
    explicit Secret(std::string text) : text_(std::move(text)) {}
    ~Secret() { explicit_bzero(text_.data(), text_.size()); }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

Result<std::string> read_whole(const std::string& path, std::size_t bytes_max) {
    auto read = runtime::read_file(path, bytes_max);
    if (!read) return tl::unexpected(read.error());
    if (!*read) return fail(path + " is not there");
    return **std::move(read);
}

proxy::Certificate described(std::string name, CertificateFacts facts, std::string_view chain) {
    return {.name = std::move(name),
            .chain_path = {},
            .key_path = {},
            .fingerprint = proxy::fingerprint(chain).substr(0, proxy::certificate_digits),
            .not_after = facts.not_after,
            .domains = std::move(facts.domains)};
}

}  // namespace

CertificateFiles::CertificateFiles(CertificatePaths paths) : paths_(std::move(paths)) {
    if (!paths_.directory.empty()) load_copies();
}

CertificateFiles::FileState CertificateFiles::state_of(const std::string& path) {
    struct stat found{};
    if (stat(path.c_str(), &found) != 0) return {};
    return {static_cast<std::int64_t>(found.st_ino), found.st_size,
            found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec,
            found.st_ctim.tv_sec * 1'000'000'000 + found.st_ctim.tv_nsec};
}

/// NAME-FINGERPRINT.pem, of which the proxy was told when the pair was good.
void CertificateFiles::load_copies() {
    std::error_code error;
    const bool made = fs::create_directories(paths_.copies, error);
    if (made) fs::permissions(paths_.copies, fs::perms::owner_all, error);
    if (error) {
        copies_fault_ = "cannot make " + paths_.copies + ": " + error.message();
        return;
    }
    constexpr std::size_t ending_bytes = 1 + proxy::certificate_digits + copy_ending.size();
    for (fs::directory_iterator at(paths_.copies, error), end; !error && at != end;
         at.increment(error)) {
        const std::string file = at->path().filename().string();
        if (copies_.size() == copies_max) return;
        if (!file.ends_with(copy_ending) || file.size() <= ending_bytes) continue;
        auto text = read_whole(at->path().string(), chain_bytes_max + key_bytes_max + 1);
        if (!text) continue;
        const Secret both(*std::move(text));
        auto facts = read_pair(both.text(), both.text());
        if (!facts) continue;
        const std::size_t name_bytes = file.size() - ending_bytes;
        proxy::Certificate copy = described(file.substr(0, name_bytes), *std::move(facts), "");
        copy.fingerprint = file.substr(name_bytes + 1, proxy::certificate_digits);
        copy.chain_path = copy.key_path = at->path().string();
        copies_.emplace(file, std::move(copy));
    }
}

std::vector<std::string> CertificateFiles::directories() const {
    std::vector<std::string> all;
    if (paths_.directory.empty()) return all;
    for (const char* layout : {"/live", "/certificates"}) all.push_back(paths_.directory + layout);
    std::set<std::string> parents;
    for (const auto& [name, source] : sources_) {
        parents.insert(fs::path(source.chain).parent_path().string());
    }
    all.insert(all.end(), parents.begin(), parents.end());
    return all;
}

void CertificateFiles::add(const std::string& name, const std::string& chain,
                           const std::string& key) {
    if (!is_certificate_name(name)) {
        found_faults_.push_back(chain +
                                ": left out: a name is of letters, digits, '.', '_' and '-'");
        return;
    }
    const auto found = sources_.find(name);
    if (found == sources_.end()) {
        if (sources_.size() == certificates_max) {
            found_faults_.push_back(chain + ": left out: there are more than " +
                                    std::to_string(certificates_max) + " certificates");
            return;
        }
        sources_.emplace(name, Source{.chain = chain, .key = key, .present = true});
        return;
    }
    Source& source = found->second;
    if (source.present) {
        found_faults_.push_back(chain + ": left out: " + source.chain + " has the same name");
        return;
    }
    source.present = true;
    if (std::exchange(source.chain, chain) != chain) source.seen = {};
    source.key = key;
}

void CertificateFiles::find_in(const std::string& directory) {
    std::error_code error;
    std::set<std::string> names;  // In one order, whatever the disk's.
    for (fs::directory_iterator at(directory, error), end; !error && at != end;
         at.increment(error)) {
        names.insert(at->path().filename().string());
        // Two files for each certificate, and others between them.
        if (names.size() > 8 * certificates_max) {
            found_faults_.push_back(directory + ": has too many files; the rest is not looked at");
            break;
        }
    }
    for (const std::string& file : names) {
        const std::string path = directory + "/" + file;
        if (is_file(path + "/fullchain.pem")) {
            add(file, path + "/fullchain.pem", path + "/privkey.pem");
        } else if (file.ends_with(".issuer.crt")) {
            continue;  // Of lego, which has the issuer's in the chain, too.
        } else if (file.ends_with(".crt") || file.ends_with(".pem")) {
            const std::string stem = file.substr(0, file.size() - 4);
            const std::string key = directory + "/" + stem + ".key";
            if (is_file(key)) add(stem, path, key);
        }
    }
}

void CertificateFiles::find_sources() {
    found_faults_.clear();
    if (!copies_fault_.empty()) found_faults_.push_back(copies_fault_);
    for (auto& [name, source] : sources_) source.present = false;
    std::error_code error;
    fs::directory_iterator(paths_.directory, error);
    if (error) {
        // A directory that cannot be read for a moment takes no certificate away.
        found_faults_.push_back("certificate-directory " + paths_.directory +
                                " cannot be read: " + error.message());
        for (auto& [name, source] : sources_) source.present = true;
        return;
    }
    find_in(paths_.directory);
    find_in(paths_.directory + "/live");
    find_in(paths_.directory + "/certificates");
    std::erase_if(sources_, [](const auto& each) { return !each.second.present; });
}

Result<proxy::Certificate> CertificateFiles::take(const std::string& name, const Source& source) {
    const auto chain = read_whole(source.chain, chain_bytes_max);
    if (!chain) return fail(chain.error().message);
    auto key_text = read_whole(source.key, key_bytes_max);
    if (!key_text) return fail(key_text.error().message);
    const Secret key(*std::move(key_text));
    auto facts = read_pair(*chain, key.text());
    if (!facts) return fail(source.chain + " " + facts.error().message);
    proxy::Certificate made = described(name, *std::move(facts), *chain);
    const std::string file = name + "-" + made.fingerprint + std::string(copy_ending);
    made.chain_path = made.key_path = paths_.copies + "/" + file;
    if (!copies_.contains(file) || !is_file(made.chain_path)) {
        const Secret both(*chain + "\n" + key.text());
        const auto written = runtime::replace_private_file(made.chain_path, both.text());
        if (!written) return fail("no copy for the proxy: " + written.error().message);
    }
    copies_.insert_or_assign(file, made);
    return made;
}

void CertificateFiles::read(const std::string& name, Source& source) {
    const std::array<FileState, 2> now{state_of(source.chain), state_of(source.key)};
    const bool unchanged = now == source.seen && source.fault.empty();
    if (unchanged && source.good) return;
    source.seen = now;
    auto taken = take(name, source);
    if (taken) {
        source.good = *std::move(taken);
        source.fault.clear();
        return;
    }
    if (!source.good) {  // The one that was in force before a restart.
        for (const auto& [file, copy] : copies_) {
            const bool later = !source.good || source.good->not_after < copy.not_after;
            if (copy.name == name && later) source.good = copy;
        }
    }
    source.fault = taken.error().message +
                   (source.good ? "; the one before stays in force" : "; it is not used");
}

/// The proxy reads these files themselves, at every reload: only what they say is learned here.
void CertificateFiles::read_fallback() {
    const std::array<FileState, 2> now{state_of(paths_.fallback_chain),
                                       state_of(paths_.fallback_key)};
    if (now == fallback_seen_) return;
    fallback_seen_ = now;
    const auto chain = read_whole(paths_.fallback_chain, chain_bytes_max);
    if (!chain) return;
    auto key_text = read_whole(paths_.fallback_key, key_bytes_max);
    // A key that we may not read says nothing against the chain.
    const Secret key(key_text ? *std::move(key_text) : std::string());
    auto facts = key.text().empty() ? read_chain(*chain) : read_pair(*chain, key.text());
    if (!facts) return;
    fallback_ = described("", *std::move(facts), *chain);
    fallback_->chain_path = paths_.fallback_chain;
    fallback_->key_path = paths_.fallback_key;
}

void CertificateFiles::remove_expired(std::int64_t now) {
    std::set<std::string_view> in_force;
    for (const proxy::Certificate& each : certificates_.all()) in_force.insert(each.chain_path);
    std::error_code ignored;
    std::erase_if(copies_, [&](const auto& each) {
        const proxy::Certificate& copy = each.second;
        if (copy.not_after >= now || in_force.contains(copy.chain_path)) return false;
        fs::remove(copy.chain_path, ignored);
        return true;
    });
}

void CertificateFiles::refresh(std::int64_t now) {
    std::vector<std::string> faults;
    if (!paths_.directory.empty()) {
        find_sources();
        faults = found_faults_;
    }
    std::vector<proxy::Certificate> all;
    for (auto& [name, source] : sources_) {
        read(name, source);
        if (source.good) all.push_back(*source.good);
        if (!source.fault.empty()) faults.push_back(source.fault);
    }
    read_fallback();
    certificates_ = proxy::Certificates(std::move(all), fallback_);
    remove_expired(now);
    for (std::string& fault : faults) fault = printable(fault, fault.size() * 4);
    news_.clear();
    std::ranges::copy_if(faults, std::back_inserter(news_), [this](const std::string& fault) {
        return std::ranges::find(faults_, fault) == faults_.end();
    });
    faults_ = std::move(faults);
}

}  // namespace scrimp::app
