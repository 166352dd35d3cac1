#include "wire/lzw.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace scrimp::wire {

namespace {

constexpr unsigned literal_width = 8;
constexpr unsigned width_first = literal_width + 1;
constexpr unsigned width_max = 12;
constexpr unsigned clear_code = 1u << literal_width;
constexpr unsigned end_code = clear_code + 1;
constexpr unsigned code_max = (1u << width_max) - 1;

/// Codes from least to most significant bit.
class BitReader {
  public:
    explicit BitReader(ByteView bytes) : bytes_(bytes) {}

    std::optional<unsigned> read(unsigned width) {
        while (held_ < width) {
            if (at_ == bytes_.size()) return std::nullopt;
            bits_ |= std::to_integer<std::uint32_t>(bytes_[at_++]) << held_;
            held_ += 8;
        }
        const unsigned code = bits_ & ((1u << width) - 1);
        bits_ >>= width;
        held_ -= width;
        return code;
    }

  private:
    ByteView bytes_;
    std::size_t at_ = 0;
    std::uint32_t bits_ = 0;
    unsigned held_ = 0;
};

class BitWriter {
  public:
    explicit BitWriter(Bytes& out) : out_(out) {}

    void write(unsigned code, unsigned width) {
        bits_ |= std::uint32_t{code} << held_;
        held_ += width;
        while (held_ >= 8) {
            append_u8(out_, static_cast<std::uint8_t>(bits_));
            bits_ >>= 8;
            held_ -= 8;
        }
    }
    void finish() {
        if (held_ > 0) append_u8(out_, static_cast<std::uint8_t>(bits_));
    }

  private:
    Bytes& out_;
    std::uint32_t bits_ = 0;
    unsigned held_ = 0;
};

/// Where in the output the expansion of a code stands.
struct Place {
    std::uint32_t start;
    std::uint32_t length;
};

class Decoder {
  public:
    Decoder(ByteView compressed, std::size_t output_bytes_max)
        : in_(compressed),
          output_bytes_max_(
              std::min<std::size_t>(output_bytes_max, std::numeric_limits<std::uint32_t>::max())) {}

    Result<Bytes, LzwError> run() {
        for (;;) {
            const auto code = in_.read(width_);
            if (!code) return tl::unexpected(LzwError::NoEnd);
            if (*code == end_code) return std::move(out_);
            if (*code == clear_code) {
                width_ = width_first;
                next_ = end_code;
                last_.reset();
                continue;
            }
            if (*code > next_) return tl::unexpected(LzwError::InvalidCode);
            const Place place{static_cast<std::uint32_t>(out_.size()), length_of(*code)};
            if (place.length > output_bytes_max_ - out_.size())
                return tl::unexpected(LzwError::TooLarge);
            // The entry this code completes: what came before and this expansion's first byte,
            // which is about to follow it in the output. It may be the very code in hand.
            if (last_) places_[next_] = {last_->start, last_->length + 1};
            expand(*code, place.length);
            advance(place);
        }
    }

  private:
    std::uint32_t length_of(unsigned code) const {
        if (code < clear_code) return 1;
        if (code == next_ && last_) return last_->length + 1;
        return places_[code].length;
    }

    void expand(unsigned code, std::uint32_t length) {
        if (code < clear_code) {
            out_.push_back(static_cast<std::byte>(code));
            return;
        }
        // The last byte apart: it is the first of this very expansion when the code is the one
        // just completed.
        const std::size_t from = places_[code].start;
        const std::size_t to = out_.size();
        out_.resize(to + length);
        std::copy_n(out_.data() + from, length - 1, out_.data() + to);
        out_.back() = out_[from + length - 1];
    }

    /// Takes the next code number; a full table freezes.
    void advance(Place place) {
        last_ = place;
        ++next_;
        if (next_ < (1u << width_)) return;
        if (width_ < width_max) {
            ++width_;
        } else {
            last_.reset();
            --next_;
        }
    }

    BitReader in_;
    std::size_t output_bytes_max_;
    Bytes out_;
    std::array<Place, code_max + 1> places_{};
    unsigned width_ = width_first;
    unsigned next_ = end_code;  ///< The code that the next expansion completes.
    std::optional<Place> last_;
};

/// (prefix code, byte) -> code, by open addressing. The table is as small as the input allows: a
/// packet of 1,400 bytes must not pay for clearing 64 kB.
class Dictionary {
  public:
    explicit Dictionary(std::size_t input_size)
        : slots_(std::bit_ceil(2 * std::clamp<std::size_t>(input_size, 8, code_max + 1)), 0) {}

    /// The code of `key`, or nothing; then insert(key, …) may follow at once.
    std::optional<unsigned> find(std::uint32_t key) {
        slot_ = (key * 0x9e37'79b1u >> 8) & (slots_.size() - 1);  // Fibonacci hashing.
        for (; slots_[slot_] != 0; slot_ = (slot_ + 1) & (slots_.size() - 1))
            if (slots_[slot_] >> width_max == key) return slots_[slot_] & code_max;
        return std::nullopt;
    }
    /// Where the find() before ended.
    void insert(std::uint32_t key, unsigned code) { slots_[slot_] = key << width_max | code; }
    void clear() { std::ranges::fill(slots_, 0u); }

  private:
    std::vector<std::uint32_t> slots_;  ///< key << 12 | code; 0: free (code is never 0).
    std::size_t slot_ = 0;
};

class Encoder {
  public:
    explicit Encoder(ByteView plain) : plain_(plain), dictionary_(plain.size()), bits_(out_) {}

    std::optional<Bytes> run(std::size_t output_bytes_max) {
        bits_.write(clear_code, width_);
        if (!plain_.empty()) {
            auto code = std::to_integer<unsigned>(plain_[0]);
            for (const std::byte byte : plain_.subspan(1)) {
                code = step(code, std::to_integer<unsigned>(byte));
                if (out_.size() > output_bytes_max) return std::nullopt;
            }
            bits_.write(code, width_);
            (void)take_code();
        }
        bits_.write(end_code, width_);
        bits_.finish();
        if (out_.size() > output_bytes_max) return std::nullopt;
        return std::move(out_);
    }

  private:
    unsigned step(unsigned code, unsigned byte) {
        const std::uint32_t key = code << 8 | byte;
        if (const auto longer = dictionary_.find(key)) return *longer;
        bits_.write(code, width_);
        if (take_code()) dictionary_.insert(key, last_);
        return byte;
    }

    /// Counts the code that the decoder makes at this point. False where the last one would be
    /// taken: instead everything is cleared.
    bool take_code() {
        ++last_;
        if (last_ == 1u << width_) ++width_;
        if (last_ < code_max) return true;
        bits_.write(clear_code, width_);
        width_ = width_first;
        last_ = end_code;
        dictionary_.clear();
        return false;
    }

    ByteView plain_;
    Dictionary dictionary_;
    Bytes out_;
    BitWriter bits_;
    unsigned width_ = width_first;
    unsigned last_ = end_code;
};

}  // namespace

Result<Bytes, LzwError> lzw_decode(ByteView compressed, std::size_t output_bytes_max) {
    return Decoder(compressed, output_bytes_max).run();
}

Bytes lzw_encode(ByteView plain) {
    return *Encoder(plain).run(std::numeric_limits<std::size_t>::max());
}

std::optional<Bytes> lzw_encode_within(ByteView plain, std::size_t output_bytes_max) {
    return Encoder(plain).run(output_bytes_max);
}

}  // namespace scrimp::wire
