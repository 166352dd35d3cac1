// What a routing table costs between the registry and the disk: rendering, finding that nothing has
// changed, finding what has, and judging a text as the helper that runs as root does.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "proxy/generator.h"
#include "proxy/nginx_reading.h"
#include "proxy/rollout.h"

namespace scrimp::proxy {
namespace {

const RenderOptions options{.tls_chain_path = "/etc/ssl/chain.pem",
                            .tls_key_path = "/etc/ssl/key.pem"};

service::RoutingTable table_of(int applications, int backends) {
    service::RoutingTable table{.revision = 1, .routes = {}};
    for (int i = 0; i < applications; ++i) {
        const std::string name = "app" + std::to_string(100000 + i);
        service::Route& route = table.routes.emplace_back(
            service::Route{.application = {.name = *service::Name::parse(name),
                                           .listen_port = 443,
                                           .application_port = 8080,
                                           .protocol = service::Protocol::Http,
                                           .domains = {*service::Domain::parse(name + ".example")}},
                           .upstreams = {}});
        for (int host = 0; host < backends; ++host) {
            service::Upstream upstream;
            upstream.member_name = "backend" + std::to_string(100 + host);
            upstream.endpoint = *parse_ip("10.0.0." + std::to_string(1 + host), 8080);
            route.upstreams.push_back(upstream);
        }
    }
    return table;
}

void render(benchmark::State& state) {
    const auto table = table_of(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
    for (auto _ : state) {
        benchmark::DoNotOptimize(find_generator("nginx")->render(table, options));
    }
}
BENCHMARK(render)->Args({1000, 50})->Args({5000, 1})->Unit(benchmark::kMillisecond);

void judge_a_text(benchmark::State& state) {
    const auto table = table_of(1000, 50);
    const std::string text = find_generator("nginx")->render(table, options)->text;
    for (auto _ : state) {
        if (!check_nginx_rendering(text, options)) std::abort();
    }
}
BENCHMARK(judge_a_text)->Unit(benchmark::kMillisecond);

/// A table that renders to what runs: all that a rollout does then.
void handle_an_unchanged_table(benchmark::State& state) {
    const auto table = table_of(1000, 50);
    RolloutConfig config;
    config.options = options;
    Rollout rollout(*find_generator("nginx"), config, std::nullopt);
    Instant now{std::chrono::seconds{1}};
    for (auto _ : state) {
        now += std::chrono::seconds{10};
        rollout.handle_table(now, table);
        while (rollout.poll_action()) {
        }
    }
}
BENCHMARK(handle_an_unchanged_table)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace scrimp::proxy
