// Members that were lost and never said goodbye, remembered beyond their forgetting.
//
// When a network falls apart for long, each side declares the other dead and then forgets it; with
// nobody left to gossip to, the halves would never meet again, as memberlist's do not. So one of
// the lost is called on now and then. Source: Serf's reconnect (serf.go), with its day of patience.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "base/random.h"

namespace scrimp::swim {

class Lost {
  public:
    void note(const std::string& name, const Endpoint& endpoint, Instant now);
    void forget(const std::string& name) { lost_.erase(name); }
    [[nodiscard]] bool empty() const { return lost_.empty(); }
    [[nodiscard]] std::size_t size() const { return lost_.size(); }
    /// One of them by chance; those lost for more than a day are dropped first.
    [[nodiscard]] std::optional<Endpoint> pick(Instant now, Random& random);

  private:
    struct Sight {
        Endpoint endpoint;
        Instant at;
    };
    std::map<std::string, Sight> lost_;
};

}  // namespace scrimp::swim
