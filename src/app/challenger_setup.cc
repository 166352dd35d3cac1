#include "app/challenger_setup.h"

#include <utility>

#include "app/admin_socket.h"
#include "app/config_challenges.h"

namespace scrimp::app {

std::unique_ptr<Challenger> make_challenger(boost::asio::io_context& loop, const Config& config,
                                            Challenger::Send send) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    auto challenger =
        std::make_unique<Challenger>(loop, config.node_name, config.load_balancer, std::move(send));
    if (config.load_balancer) {
        challenger->serve(challenge_policy(given.challenges, given.admission),
                          challenge_socket_of(config));
    }
    return challenger;
}

void apply_challenges(Challenger& challenger, const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    challenger.set_policy(challenge_policy(given.challenges, given.admission));
}

std::string challenge_socket_of(const Config& config) {
    const LoadBalancerConfig& given = config.load_balancer_config;
    return challenge_socket_of(given.challenges, given.admission, admin_socket_of(config));
}

}  // namespace scrimp::app
