// ACME challenges (docs/acme.md): an operator's client asks any node, all balancers are told, and
// the proxy of each asks its own.
//
//   POST /v1/challenges/add ─► Challenges ─► member messages ─► HeldChallenges of each balancer
//   proxy ─► the challenge socket ─► GET /.well-known/acme-challenge/TOKEN ─► the answer
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "app/admin_desk.h"
#include "runtime/deadline_timer.h"
#include "runtime/http_server.h"
#include "service/challenges.h"
#include "service/held_challenges.h"

namespace scrimp::app {

/// The loop must not run on after it is destroyed.
class Challenger {
  public:
    using Send = std::function<void(const std::string& member, ByteView payload)>;
    /// `whole`: every balancer holds it. The sentence says which do not, and why.
    using Settled = std::function<void(bool whole, const std::string& sentence)>;

    /// A message that cannot be sent is a message lost: it is repeated. `is_balancer`: serve()
    /// follows.
    Challenger(boost::asio::io_context& loop, const std::string& node_name, bool is_balancer,
               Send send);

    /// Takes what the policy allows, and answers at `socket`, if it is not empty; that it cannot be
    /// made is a warning in the log.
    void serve(const service::ChallengePolicy& policy, const std::string& socket);

    /// The configuration says otherwise now: for what is told from now on.
    void set_policy(const service::ChallengePolicy& policy);

    void handle_event(const swim::MemberEvent& event);
    void handle_message(const service::ChallengeMessage& message);

    /// Tells every balancer; `settled` is called once, perhaps before this returns.
    void add(const service::Challenge& challenge, Settled settled);
    void remove(const std::string& token);
    /// Its socket is a file.
    void close() { door_.reset(); }

  private:
    void answer(const admin::Request& request, const std::shared_ptr<runtime::HttpReply>& reply);
    void pump();
    void perform(const service::ChallengeSettled& settled);

    boost::asio::io_context& loop_;
    std::string self_;
    Send send_;
    service::Challenges told_;
    std::unique_ptr<service::HeldChallenges> held_;  ///< On a balancer.
    std::multimap<std::string, Settled> waiting_;    ///< By token.
    std::unique_ptr<runtime::HttpServer> door_;
    runtime::DeadlineTimer timer_;
};

/// POST /v1/challenges/add with `token` and `answer`, /v1/challenges/remove with `token`. The
/// challenger must outlive the desk.
void add_challenge_pages(AdminDesk& desk, Challenger& challenger);

}  // namespace scrimp::app
