// Who may announce what, as the balancer's operator says it: by rules for nodes, and by permits
// that nodes present. Both have to say yes; what nobody has configured says yes to all.
//
// Of the rules the first that names the node, by its name and its address, decides alone; a node
// that none names announces nothing. A permit that is presented is held against the keys, if there
// are any, and grants what it says; who presents none is refused only if permits are required.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/network.h"
#include "service/grant.h"
#include "service/permit.h"

namespace scrimp::service {

struct AdmissionRule {
    std::vector<std::string> nodes{};  ///< Patterns of names; empty: every node.
    std::vector<Network> networks{};   ///< Of the nodes' addresses; empty: every one.
    Grant grant{};
    friend bool operator==(const AdmissionRule&, const AdmissionRule&) = default;
};

struct AdmissionConfig {
    std::vector<AdmissionRule> rules{};  ///< Empty: every node may announce everything.
    std::vector<PermitKey> permit_keys{};
    bool require_permit = false;
    friend bool operator==(const AdmissionConfig&, const AdmissionConfig&) = default;
};

/// What one node may announce at one moment. Valid as long as the Admission that made it.
class Gate {
  public:
    /// Why it may announce nothing at all; nothing if it may announce something.
    [[nodiscard]] const std::optional<std::string>& closed() const { return closed_; }
    /// Why it may not announce this application.
    [[nodiscard]] std::optional<std::string> refusal(const Application& application) const;
    /// When its permit ends, in Unix seconds.
    [[nodiscard]] std::optional<std::int64_t> expires() const;

  private:
    friend class Admission;
    std::optional<std::string> closed_{};
    const Grant* rule_ = nullptr;
    std::shared_ptr<const Permit> permit_{};
};

class Admission {
  public:
    explicit Admission(AdmissionConfig config) : config_(std::move(config)) {}

    [[nodiscard]] const AdmissionConfig& config() const { return config_; }
    /// `name`: as it came. `permit`: as it was announced; empty: none. A reason does not change
    /// while its cause stays.
    [[nodiscard]] Gate gate_for(const std::string& name, const Endpoint& address,
                                const std::string& permit, std::int64_t unix_seconds);

  private:
    using Verified = Result<std::shared_ptr<const Permit>>;
    [[nodiscard]] const Verified& verify(const std::string& permit);

    AdmissionConfig config_;
    /// By the text: a table is made often, and a signature costs more than all else of a member.
    std::map<std::string, Verified> verified_;
};

}  // namespace scrimp::service
