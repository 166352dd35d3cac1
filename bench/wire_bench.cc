// The codec on one core, with the payloads of codec_bench.go beside it: bench/run.py prints both
// and their ratio from one run.
#include <benchmark/benchmark.h>

#include "wire/lzw.h"
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
void decode_ping(benchmark::State& state) {
    decode(state, ping);
}
void decode_alive(benchmark::State& state) {
    decode(state, alive);
}
void encode_ping(benchmark::State& state) {
    encode(state, ping);
}
void encode_alive(benchmark::State& state) {
    encode(state, alive);
}

void decode_compound_of_seven(benchmark::State& state) {
    const Envelope envelope = plain();
    const Bytes packet = encode_packet(seven_alives(), envelope, false, no_nonces);
    for (auto _ : state) benchmark::DoNotOptimize(decode_packet(packet, envelope));
}

void compress_compound(benchmark::State& state) {
    const Bytes packet = encode_packet(seven_alives(), plain(), false, no_nonces);
    for (auto _ : state) benchmark::DoNotOptimize(lzw_encode(packet));
}

void decompress_compound(benchmark::State& state) {
    const Bytes packed = lzw_encode(encode_packet(seven_alives(), plain(), false, no_nonces));
    for (auto _ : state) {
        benchmark::DoNotOptimize(lzw_decode(packed, packet_inflated_bytes_max));
    }
}

void seal_compound(benchmark::State& state) {
    Keyring keys;
    if (!keys.add(Bytes(16, std::byte{1}))) state.SkipWithError("the key was refused");
    const Bytes packet = encode_packet(seven_alives(), plain(), false, no_nonces);
    for (auto _ : state) benchmark::DoNotOptimize(keys.seal(packet, {}, no_nonces));
}

BENCHMARK(decode_ping);
BENCHMARK(decode_alive);
BENCHMARK(encode_ping);
BENCHMARK(encode_alive);
BENCHMARK(decode_compound_of_seven);
BENCHMARK(compress_compound);
BENCHMARK(decompress_compound);
BENCHMARK(seal_compound);

}  // namespace
}  // namespace scrimp::wire
