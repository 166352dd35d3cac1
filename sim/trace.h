// What happened in a run, as one number and, on request, as text.
//
// Every delivery, action and intervention is mixed into a hash: two runs with the same seed must
// end with the same number, on every compiler. With a stream given, each is also a line a person
// can read, which is how a failing storm is understood.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "wire/packet.h"

namespace scrimp::sim {

class Trace {
  public:
    /// `text` may be null; it must outlive the trace.
    explicit Trace(Instant start, std::ostream* text = nullptr) : start_(start), text_(text) {}

    void add(Instant now, std::string_view who, std::string_view what, ByteView bytes = {});
    /// As add, with the messages of a packet spelt out in the text.
    void add_packet(Instant now, std::string_view who, std::string_view what, ByteView packet,
                    const wire::Envelope& envelope);

    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }

  private:
    void mix(std::uint64_t word);
    void mix(ByteView bytes);
    void line(Instant now, std::string_view who, std::string_view what, std::string_view more);

    Instant start_;
    std::ostream* text_;
    std::uint64_t hash_ = 0xcbf29ce484222325;  ///< FNV's offset basis: any odd start would do.
    std::uint64_t events_ = 0;
};

}  // namespace scrimp::sim
