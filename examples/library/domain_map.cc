// A generator of one's own: keeps a file with a line "DOMAIN ADDRESS:PORT" for each upstream, as a
// member of the cluster that stands beside its load balancers.
//
//   domain_map SEED:PORT OWN-ADDRESS TARGET
//
// A generator is a row: a name, a pure function from a routing table to text, and the commands that
// check and load it. Rollout does the rest as it does for nginx: settle, render, write beside,
// check, swap; here there is nothing to reload.
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <scrimplb/base/machine.h>
#include <scrimplb/proxy/rollout.h>
#include <scrimplb/runtime/clock.h>
#include <scrimplb/runtime/deadline_timer.h>
#include <scrimplb/runtime/gossip_driver.h>
#include <scrimplb/runtime/nonces.h>
#include <scrimplb/runtime/rollout_driver.h>
#include <scrimplb/service/exchange.h>
#include <scrimplb/service/registry.h>

namespace {

using namespace scrimp;

Result<proxy::Rendered> render_domain_map(const service::RoutingTable& table,
                                          const proxy::RenderOptions&) {
    proxy::Rendered rendered;
    for (const service::Route& route : table.routes) {
        for (const service::Domain& domain : route.application.domains) {
            for (const service::Upstream& upstream : route.upstreams) {
                rendered.text += domain.text() + " " + upstream.endpoint.text() + "\n";
            }
        }
    }
    rendered.generation = service::digest_of(rendered.text).text();
    return rendered;
}

const proxy::Generator domain_map{.name = "domain-map",
                                  .render = render_domain_map,
                                  .default_check_command = {},
                                  .default_reload_command = {},
                                  .serves_generation = false};

/// A member that asks like a load balancer and writes a map instead of configuring a proxy.
class Observer {
  public:
    Observer(boost::asio::io_context& loop, runtime::GossipDriver& gossip, swim::Node& node,
             const std::string& target)
        : gossip_(gossip),
          node_(node),
          exchange_(runtime::now(),
                    {.self = node.self().profile->name, .role = service::Role::LoadBalancer},
                    runtime::kernel_seed()),
          rollout_(domain_map, {.options = {}, .target_path = target}, std::nullopt),
          driver_(loop, rollout_,
                  {.ended =
                       [](const proxy::RolloutEnded& end) {
                           std::printf("%s %s\n", std::string(proxy::name_of(end.verdict)).c_str(),
                                       end.detail.c_str());
                       },
                   .noticed =
                       [](const proxy::RolloutNotice& notice) {
                           std::printf("%s\n", notice.text.c_str());
                       },
                   // No proxy, no workers.
                   .count_old_workers = [] { return proxy::OldWorkers{}; }}),
          timer_(loop, [this](Instant now) {
              registry_.handle_deadline(now);
              exchange_.handle_deadline(now);
              pump();
          }) {}

    void hear(Instant now, const swim::Action& action) {
        if (const auto* event = std::get_if<swim::MemberEvent>(&action)) {
            if (event->member.profile->name == node_.self().profile->name) return;
            registry_.handle_event(now, *event);
            exchange_.handle_event(now, *event);
        } else if (const auto* message = std::get_if<swim::UserMessage>(&action)) {
            exchange_.handle_message(now, message->payload);
        }
        pump();
    }

  private:
    void pump() {
        while (const auto action = exchange_.poll_action()) perform(*action);
        while (const auto action = registry_.poll_action()) {
            if (std::holds_alternative<service::TableChanged>(*action)) {
                driver_.handle_table(registry_.table());
            }
        }
        timer_.arm(std::min(registry_.next_deadline(), exchange_.next_deadline()));
    }

    void perform(const service::ExchangeAction& action) {
        // A message that cannot be sent is asked for again later: the exchange sees to it.
        std::visit(Overloaded{[this](const service::BroadcastMessage& message) {
                                  (void)gossip_.broadcast(message.payload);
                              },
                              [this](const service::SendMessage& message) {
                                  (void)gossip_.send_reliable(message.member, message.payload);
                              },
                              [this](const service::ListLearned& list) {
                                  registry_.handle_list(runtime::now(), list.member, list.digest,
                                                        list.text, list.source);
                              },
                              [](const service::ListMissing& list) {
                                  std::printf("no list of %s: %s\n", list.member.c_str(),
                                              list.reason.c_str());
                              }},
                   action);
    }

    runtime::GossipDriver& gossip_;
    swim::Node& node_;
    service::Registry registry_;
    service::Exchange exchange_;
    proxy::Rollout rollout_;
    runtime::RolloutDriver driver_;
    runtime::DeadlineTimer timer_;
};

int fail_with(const std::string& sentence) {
    std::fprintf(stderr, "domain_map: %s\n", sentence.c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return fail_with("usage: domain_map SEED:PORT OWN-ADDRESS TARGET");
    const Result<Endpoint> seed = parse_endpoint(argv[1]);
    if (!seed) return fail_with(seed.error().message);
    const Result<Endpoint> own = parse_ip(argv[2]);
    if (!own) return fail_with(own.error().message);

    boost::asio::io_context loop;
    auto driver = runtime::GossipDriver::open(loop, *own);
    if (!driver) return fail_with(driver.error().message);
    runtime::GossipDriver& gossip = **driver;
    const auto metadata = service::encode_metadata(service::Role::LoadBalancer, {});
    if (!metadata) return fail_with(metadata.error().message);
    swim::Node node(runtime::now(), swim::lan_profile(),
                    {.name = "domain-map-" + std::to_string(gossip.bound().port),
                     .advertised = gossip.bound(),
                     .metadata = metadata->bytes},
                    runtime::kernel_nonces(), runtime::kernel_seed());
    Observer observer(loop, gossip, node, argv[3]);
    int status = 0;
    gossip.start(node, [&](Instant now, const swim::Action& action) {
        observer.hear(now, action);
        const auto* const join = std::get_if<swim::JoinFinished>(&action);
        const bool alone = join != nullptr && join->reached == 0;
        if (alone) status = fail_with(join->last_error);
        if (alone || std::holds_alternative<swim::LeaveFinished>(action)) loop.stop();
    });

    boost::asio::signal_set stop(loop, SIGINT, SIGTERM);
    stop.async_wait([&](const boost::system::error_code&, int) { gossip.leave(); });
    if (const auto begun = gossip.join(std::array{*seed}); !begun) {
        return fail_with(begun.error().message);
    }
    loop.run();
    return status;
}
