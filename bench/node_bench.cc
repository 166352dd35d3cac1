// A packet through a whole Node of a cluster of 10, 100 and 1,000: decoded, judged, and what the
// node does about it taken out. memberlist_test.go is the same work in Go.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "swim/node.h"

namespace scrimp::swim {
namespace {

constexpr std::uint32_t first_incarnation = 1 << 24;
/// As many acks carry away the news of a thousand members.
constexpr int pings_till_quiet = 5000;

void no_nonces(std::span<std::byte> out) {
    std::ranges::fill(out, std::byte{7});
}

Endpoint address_of(int i) {
    Endpoint endpoint = *parse_endpoint("10.0.0.0:9999");
    endpoint.ip[14] = static_cast<std::uint8_t>(i >> 8);
    endpoint.ip[15] = static_cast<std::uint8_t>(i);
    return endpoint;
}

std::string name_of(int i) {
    return "backend-" + std::to_string(i) + ".example.com";
}

wire::Alive alive_of(int i, std::uint32_t incarnation) {
    return {.incarnation = incarnation,
            .node = name_of(i),
            .address = address_of(i).ip_bytes(),
            .port = 9999,
            .meta = Bytes(100, std::byte{0x5a}),
            .versions = *parse_hex("010502000000")};
}

/// A message whose incarnation is written anew for every use.
class Numbered {
  public:
    explicit Numbered(const wire::Message& message) : bytes_(wire::encode_message(message)) {
        constexpr std::string_view key = "Incarnation\xce";
        at_ = text_of(bytes_).find(key) + key.size();
    }
    ByteView with(std::uint32_t incarnation) {
        for (std::size_t i = 0; i < 4; ++i)
            bytes_[at_ + i] = static_cast<std::byte>(incarnation >> (24 - 8 * i));
        return bytes_;
    }

  private:
    Bytes bytes_;
    std::size_t at_ = 0;
};

/// A node that knows so many members, and a clock that stands still.
class Subject {
  public:
    explicit Subject(std::int64_t members)
        : node_(now_, lan_profile(), {name_, address_of(0xff01), {}, 0}, no_nonces, 7) {
        for (int i = 0; i < members; ++i) hear(wire::encode_message(alive_of(i, 300)));
    }
    void hear(ByteView packet) {
        node_.handle_packet(now_, from_, packet);
        while (auto action = node_.poll_action()) benchmark::DoNotOptimize(action);
    }
    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    std::string name_ = "balancer-1.example.com";
    Endpoint from_ = address_of(1);
    Instant now_{std::chrono::seconds{1000}};
    Node node_;
};

std::vector<Numbered> numbered_alives(std::int64_t members) {
    std::vector<Numbered> all;
    for (int i = 0; i < members; ++i) all.emplace_back(alive_of(i, first_incarnation));
    return all;
}

void node_ping(benchmark::State& state) {
    Subject subject(state.range(0));
    const Bytes packet =
        wire::encode_message(wire::Ping{.seq_no = 4242,
                                        .node = subject.name(),
                                        .source = {address_of(1).ip_bytes(), 9999, name_of(1)}});
    for (int i = 0; i < pings_till_quiet; ++i) subject.hear(packet);
    for (auto _ : state) subject.hear(packet);
}

void node_alive_known(benchmark::State& state) {
    Subject subject(state.range(0));
    std::vector<Bytes> packets;
    for (int i = 0; i < 7; ++i) packets.push_back(wire::encode_message(alive_of(i, 300)));
    std::size_t i = 0;
    for (auto _ : state) subject.hear(packets[i++ % packets.size()]);
}

void node_alive_new(benchmark::State& state) {
    Subject subject(state.range(0));
    std::vector<Numbered> alives = numbered_alives(state.range(0));
    std::uint32_t i = 0;
    for (auto _ : state) {
        subject.hear(alives[i % alives.size()].with(first_incarnation + i));
        ++i;
    }
}

void node_suspect_and_refuted(benchmark::State& state) {
    Subject subject(state.range(0));
    std::vector<Numbered> alives = numbered_alives(state.range(0));
    std::vector<Numbered> suspects;
    for (int i = 0; i < state.range(0); ++i)
        suspects.emplace_back(wire::Suspect{first_incarnation, name_of(i), subject.name() + "2"});
    std::uint32_t i = 0;
    for (auto _ : state) {
        const std::uint32_t incarnation = first_incarnation + i;
        subject.hear(suspects[i % suspects.size()].with(incarnation));
        subject.hear(alives[i % alives.size()].with(incarnation + 1));
        ++i;
    }
}

BENCHMARK(node_ping)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(node_alive_known)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(node_alive_new)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(node_suspect_and_refuted)->Arg(10)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace scrimp::swim
