#include "sim/trace.h"

#include <algorithm>
#include <bit>
#include <iomanip>

#include "base/machine.h"

namespace scrimp::sim {
namespace {

std::string describe(const wire::Message& message) {
    const auto number = [](std::uint32_t value) { return std::to_string(value); };
    return std::visit(Overloaded{
                          [&](const wire::Ping& ping) {
                              return "ping " + ping.node + " #" + number(ping.seq_no);
                          },
                          [&](const wire::IndirectPing& ping) {
                              return "indirect-ping " + ping.node + " #" + number(ping.seq_no);
                          },
                          [&](const wire::Ack& ack) { return "ack #" + number(ack.seq_no); },
                          [&](const wire::Nack& nack) { return "nack #" + number(nack.seq_no); },
                          [&](const wire::Suspect& suspect) {
                              return "suspect " + suspect.node + " i" +
                                     number(suspect.incarnation) + " by " + suspect.from;
                          },
                          [&](const wire::Alive& alive) {
                              return "alive " + alive.node + " i" + number(alive.incarnation);
                          },
                          [&](const wire::Dead& dead) {
                              return "dead " + dead.node + " i" + number(dead.incarnation) +
                                     " by " + dead.from;
                          },
                          [&](const wire::User& user) {
                              return "user " + std::to_string(user.payload.size()) + " bytes";
                          },
                      },
                      message);
}

}  // namespace

void Trace::mix(std::uint64_t word) {
    hash_ = (std::rotl(hash_, 29) ^ word) * 0x9e3779b97f4a7c15;
}

void Trace::mix(ByteView bytes) {
    mix(bytes.size());
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        std::uint64_t word = 0;
        const std::size_t end = std::min(at + 8, bytes.size());
        for (std::size_t i = at; i < end; ++i)
            word = word << 8 | std::to_integer<unsigned>(bytes[i]);
        mix(word);
    }
}

void Trace::line(Instant now, std::string_view who, std::string_view what, std::string_view more) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now - start_).count();
    *text_ << std::setw(12) << micros << " us  " << who << "  " << what;
    if (!more.empty()) *text_ << "  " << more;
    *text_ << '\n';
}

void Trace::add(Instant now, std::string_view who, std::string_view what, ByteView bytes) {
    ++events_;
    mix(static_cast<std::uint64_t>(now.time_since_epoch().count()));
    mix(view_of(who));
    mix(view_of(what));
    mix(bytes);
    if (text_ == nullptr) return;
    line(now, who, what, bytes.empty() ? "" : "(" + std::to_string(bytes.size()) + " bytes)");
}

void Trace::add_packet(Instant now, std::string_view who, std::string_view what, ByteView packet,
                       const wire::Envelope& envelope) {
    std::ostream* const text = std::exchange(text_, nullptr);
    add(now, who, what, packet);
    text_ = text;
    if (text_ == nullptr) return;
    std::string messages;
    for (const wire::Message& message : wire::decode_packet(packet, envelope).messages) {
        messages += (messages.empty() ? "[" : ", ") + describe(message);
    }
    line(now, who, what, messages.empty() ? "[nothing readable]" : messages + "]");
}

}  // namespace scrimp::sim
