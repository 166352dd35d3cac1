// The configuration while the node runs: SIGHUP reads all of it again, and a changed
// application-config-dir its files.
//
// Live are the applications with their checks, application-config-dir itself, drain-timeout,
// drain-wait, log-level, supported-protocols, supported-listen-ports, what config_rotation.h reads,
// and of gossip-config what seals: keyring-file, verify-incoming and verify-outgoing. The keyring
// file is followed too, and a fault in it leaves the keys before. What else differs is named as
// needing a restart and stays as it was. A main file with a mistake changes nothing at all; a file
// of the directory with one keeps its previous version in force (app/application_files.h). A
// directory that cannot be read is not an empty one: what was read from it stays in force. So
// nothing that goes wrong here takes away an application; only a file that is gone or says
// something else does, down to none at all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/config.h"
#include "runtime/directory_watch.h"

namespace scrimp::app {

class LiveConfig {
  public:
    /// `initial` as load_config() returned it. `changed` is called on the loop, from reload() too,
    /// whenever something live has changed; it gets the whole configuration in force, to apply it.
    /// Only the log level is applied already. Must live as long as the loop runs.
    LiveConfig(boost::asio::io_context& loop, Config initial,
               std::function<void(const Config&)> changed);

    /// Reads the main file and the directory again; what came of it is in the log.
    void reload();
    /// Watches and calls no more.
    void stop();
    /// What is in force: of the file at start what needs a restart, of the newest the rest.
    [[nodiscard]] const Config& config() const { return config_; }
    /// Why not all that the files say is in force, as they stood when they were last looked at; a
    /// sentence each, and not many.
    [[nodiscard]] std::vector<std::string> faults() const;

  private:
    void watch_directory();
    /// Fails if nothing of it was adopted.
    [[nodiscard]] Result<void> read_main_file();
    void watch_keyring();
    void reread_keyring();
    void rescan();
    void rescan_soon();
    /// Fails if `next` must not be adopted.
    [[nodiscard]] Result<void> read_directory(Config& next);
    /// Likewise; `wanted` is what the file now says of that which needs a restart.
    [[nodiscard]] Result<void> adopt(Config next, const Json& wanted);

    boost::asio::io_context& loop_;
    Config config_;
    std::function<void(const Config&)> changed_;
    runtime::DirectoryWatch watch_;
    runtime::DirectoryWatch keyring_watch_;  ///< Of the directory it lies in.
    // Told, and not yet mended.
    std::string main_fault_;
    std::string rescan_fault_;
    std::string directory_fault_;
    std::string keyring_fault_;
    std::vector<std::string> file_faults_;  ///< Of the directory, one at a time.
    bool stopped_ = false;
};

}  // namespace scrimp::app
