// What a backend serves, gathered from the list in the main file and the files of
// application-config-dir while the node runs, and what is wrong with it.
//
// Each file counts with its last good version: one that cannot be read or has a mistake keeps that
// version in force and is named, and one that never was good contributes nothing. A file holds one
// application, a list of them, or {"applications":[…]}. Of two that claim one name the one in force
// keeps it; at first the main file has it, then the files in the order of their paths.
//
// A pure piece: texts in, applications and sentences out. Only files whose text changed are parsed
// again. app/live_config.h reads and watches the directory.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/config_health.h"
#include "base/json.h"
#include "base/result.h"
#include "service/application.h"

namespace scrimp::app {

class Mistakes;

/// One file of application-config-dir, or why it cannot be read.
struct TextFile {
    std::string path;
    Result<std::string> text;
};

/// What one list says.
struct ApplicationList {
    std::vector<service::Application> applications{};
    Checks checks{};
};

/// What came out of all the files. Every line is printable and names its file first.
struct GatheredApplications {
    std::vector<service::Application> applications;  ///< In force; no two of one name.
    Checks checks;                                   ///< Of those.
    std::vector<std::string> mistakes;               ///< All that stand at the moment.
    /// Those that came with the last change, each with what is in force instead.
    std::vector<std::string> news;
    std::vector<std::string> warnings;  ///< What may surprise, and hinders nothing.
};

class ApplicationFiles {
  public:
    /// The main file's own list, each name once.
    void set_list(const std::string& path, std::vector<service::Application> applications,
                  Checks checks = {});
    /// All files of the directory, sorted by path; those that are missing here are gone.
    void set_files(const std::vector<TextFile>& files);
    [[nodiscard]] GatheredApplications gather();

  private:
    struct File {
        std::string path;
        std::optional<std::size_t> seen{};  ///< A hash of what stood there last.
        bool changed = false;               ///< Since the last gather().
        /// Of the last version in order; none: there was none yet.
        std::optional<std::vector<service::Application>> applications{};
        Checks checks{};
        std::vector<std::string> mistakes{};  ///< Of the version that stands there.
    };
    struct Claim {
        const File* file;
        const service::Application* application;
    };

    static void read(File& file, const TextFile& text);
    void tell_mistakes(GatheredApplications& gathered);
    [[nodiscard]] std::map<std::string, Claim> claims() const;

    File main_;
    std::vector<File> files_;                     ///< Sorted by path.
    std::map<std::string, std::string> holders_;  ///< Folded name → path of the file that has it.
    std::set<std::string> refused_;               ///< Claims in vain, as told.
};

/// Adds what is wrong with the objects of `list`, which stands at `key` of `file`, to `mistakes`,
/// and returns the others.
[[nodiscard]] ApplicationList read_application_list(const Json& list, const std::string& file,
                                                    const std::string& key, Mistakes& mistakes);

}  // namespace scrimp::app
