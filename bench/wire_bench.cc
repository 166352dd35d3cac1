// The codec on one core. memberlist_test.go does the same in Go, and bench/run.py prints both.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>

#include "wire/compression.h"
#include "wire/packet.h"

namespace scrimp::wire {
namespace {

Alive alive_of(int i) {
    return Alive{.incarnation = 300,
                 .node = "backend-" + std::to_string(i) + ".example.com",
                 .address = *parse_hex("0a000001"),
                 .port = 9999,
                 .meta = Bytes(100, std::byte{0x5a}),
                 .versions = *parse_hex("010502000000")};
}

const Message ping = Ping{.seq_no = 4242,
                          .node = "backend-1.example.com",
                          .source = {*parse_hex("0a000001"), 9999, "balancer-1.example.com"}};
const Message ack = Ack{.seq_no = 4242, .payload = std::nullopt};
const Message suspect =
    Suspect{.incarnation = 300, .node = "backend-1.example.com", .from = "balancer-1.example.com"};
const Message alive = alive_of(1);

std::vector<Bytes> seven_alives() {
    std::vector<Bytes> encoded;
    for (int i = 0; i < 7; ++i) encoded.push_back(encode_message(alive_of(i)));
    return encoded;
}

Envelope plain() {
    Envelope envelope;
    envelope.compress = false;
    return envelope;
}

Bytes compound_of_seven() {
    Bytes compound;
    append_compound(compound, seven_alives());
    return compound;
}

Envelope sealed() {
    Envelope envelope = plain();
    if (!envelope.keys.add(Bytes(16, std::byte{1}))) std::abort();
    return envelope;
}

void no_nonces(std::span<std::byte> out) {
    std::ranges::fill(out, std::byte{7});
}

void decode(benchmark::State& state, const Message& message) {
    const Bytes bytes = encode_message(message);
    for (auto _ : state) benchmark::DoNotOptimize(decode_message(bytes));
}
void encode(benchmark::State& state, const Message& message) {
    for (auto _ : state) benchmark::DoNotOptimize(encode_message(message));
}

void decode_compound_of_seven(benchmark::State& state) {
    const Envelope envelope = plain();
    const Bytes packet = compound_of_seven();
    for (auto _ : state) benchmark::DoNotOptimize(decode_packet(packet, envelope));
}

void encode_compound_of_seven(benchmark::State& state) {
    const Envelope envelope = plain();
    std::vector<Message> messages;
    for (int i = 0; i < 7; ++i) messages.push_back(alive_of(i));
    std::vector<Bytes> parts(messages.size());
    for (auto _ : state) {
        std::ranges::transform(messages, parts.begin(), encode_message);
        benchmark::DoNotOptimize(encode_packet(parts, envelope, false, no_nonces));
    }
}

void compress_compound(benchmark::State& state) {
    const Bytes compound = compound_of_seven();
    for (auto _ : state) benchmark::DoNotOptimize(compress(compound));
}

void decompress_compound(benchmark::State& state) {
    const Bytes packed = compress(compound_of_seven());
    const ByteView body = ByteView(packed).subspan(1);
    for (auto _ : state) benchmark::DoNotOptimize(decompress(body, packet_inflated_bytes_max));
}

void seal_compound(benchmark::State& state) {
    const Envelope envelope = sealed();
    const Bytes compound = compound_of_seven();
    for (auto _ : state) benchmark::DoNotOptimize(envelope.keys.seal(compound, {}, no_nonces));
}

void open_compound(benchmark::State& state) {
    const Envelope envelope = sealed();
    const Bytes packet = envelope.keys.seal(compound_of_seven(), {}, no_nonces);
    for (auto _ : state) benchmark::DoNotOptimize(envelope.keys.open(packet, {}));
}

BENCHMARK_CAPTURE(decode, ping, ping);
BENCHMARK_CAPTURE(decode, ack, ack);
BENCHMARK_CAPTURE(decode, suspect, suspect);
BENCHMARK_CAPTURE(decode, alive, alive);
BENCHMARK_CAPTURE(encode, ping, ping);
BENCHMARK_CAPTURE(encode, ack, ack);
BENCHMARK_CAPTURE(encode, suspect, suspect);
BENCHMARK_CAPTURE(encode, alive, alive);
BENCHMARK(decode_compound_of_seven);
BENCHMARK(encode_compound_of_seven);
BENCHMARK(compress_compound);
BENCHMARK(decompress_compound);
BENCHMARK(seal_compound);
BENCHMARK(open_compound);

}  // namespace
}  // namespace scrimp::wire
