#include "sim/gate.h"

#include <algorithm>
#include <bit>

namespace scrimp::sim {
namespace {

// What a Linux socket keeps while nobody reads: twice net.core.rmem_max (212992), which is what the
// driver gets when it asks for more.
constexpr std::size_t held_bytes_max = 425'984;

/// What a datagram takes of that: itself, its headers and the kernel's bookkeeping in a block of a
/// power of two, and the description of the block; 768 bytes at least, 2304 for a full packet.
std::size_t kernel_bytes(const PacketArrived& packet) {
    constexpr std::size_t headers = 64;
    constexpr std::size_t bookkeeping = 320;
    constexpr std::size_t block_min = 512;
    constexpr std::size_t description = 256;
    return std::max(block_min, std::bit_ceil(packet.payload.size() + headers + bookkeeping)) +
           description;
}

template <class T>
std::optional<T> take_first(std::deque<T>& queue) {
    if (queue.empty()) return std::nullopt;
    T first = std::move(queue.front());
    queue.pop_front();
    return first;
}

}  // namespace

void Gate::hold(Delivery delivery) {
    if (const auto* packet = std::get_if<PacketArrived>(&delivery)) {
        const std::size_t bytes = kernel_bytes(*packet);
        if (held_bytes_ + bytes > held_bytes_max) return;
        held_bytes_ += bytes;
    }
    held_.push_back(std::move(delivery));
}

std::optional<Delivery> Gate::take_held() {
    auto first = take_first(held_);
    if (!first) return first;
    if (const auto* packet = std::get_if<PacketArrived>(&*first)) {
        held_bytes_ -= kernel_bytes(*packet);
    }
    return first;
}

std::optional<swim::Action> Gate::take_stuck() {
    return take_first(stuck_);
}

bool is_call(const swim::Action& action) {
    return std::holds_alternative<swim::SendPacket>(action) ||
           std::holds_alternative<swim::DialStream>(action) ||
           std::holds_alternative<swim::WriteStream>(action) ||
           std::holds_alternative<swim::CloseStream>(action);
}

}  // namespace scrimp::sim
