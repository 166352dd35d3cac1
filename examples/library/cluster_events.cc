// Joins a cluster and prints what happens in it, a line an event, until SIGINT or SIGTERM:
//
//   cluster_events SEED:PORT OWN-ADDRESS
//
// OWN-ADDRESS is where the members of the cluster reach this host; the port is any that is free.
//
// The three parts of every program on this library: a machine that decides (swim::Node), a driver
// that carries its packets and streams (runtime::GossipDriver), and an event loop that is yours.
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <scrimplb/base/machine.h>
#include <scrimplb/base/printable.h>
#include <scrimplb/runtime/clock.h>
#include <scrimplb/runtime/gossip_driver.h>
#include <scrimplb/runtime/nonces.h>
#include <scrimplb/swim/node.h>

namespace {

using namespace scrimp;

int fail_with(const std::string& sentence) {
    std::fprintf(stderr, "cluster_events: %s\n", sentence.c_str());
    return 1;
}

void print(const swim::MemberEvent& event) {
    const swim::Profile& member = *event.member.profile;
    // A name is whatever a peer says it is: escaped, it cannot play tricks with a terminal.
    std::printf("%s %s %s\n", std::string(swim::name_of(event.change)).c_str(),
                printable(member.name, 255).c_str(), member.endpoint.text().c_str());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return fail_with("usage: cluster_events SEED:PORT OWN-ADDRESS");
    const Result<Endpoint> seed = parse_endpoint(argv[1]);
    if (!seed) return fail_with(seed.error().message);
    const Result<Endpoint> own = parse_ip(argv[2]);
    if (!own) return fail_with(own.error().message);

    boost::asio::io_context loop;
    auto driver = runtime::GossipDriver::open(loop, *own);
    if (!driver) return fail_with(driver.error().message);
    runtime::GossipDriver& gossip = **driver;

    swim::Node node(runtime::now(), swim::lan_profile(),
                    {.name = "events-" + std::to_string(gossip.bound().port),
                     .advertised = gossip.bound(),
                     .metadata = {}},
                    runtime::kernel_nonces(), runtime::kernel_seed());
    int status = 0;
    gossip.start(node, [&](Instant, const swim::Action& action) {
        std::visit(Overloaded{[&](const swim::MemberEvent& event) {
                                  if (event.member.profile->name != node.self().profile->name) {
                                      print(event);
                                  }
                              },
                              [&](const swim::JoinFinished& join) {
                                  if (join.reached > 0) return;
                                  status = fail_with(join.last_error);
                                  loop.stop();
                              },
                              [&](const swim::LeaveFinished&) { loop.stop(); },
                              [](const auto&) {}},
                   action);
    });

    boost::asio::signal_set stop(loop, SIGINT, SIGTERM);
    stop.async_wait([&](const boost::system::error_code&, int) { gossip.leave(); });
    if (const auto begun = gossip.join(std::array{*seed}); !begun) {
        return fail_with(begun.error().message);
    }
    loop.run();
    return status;
}
