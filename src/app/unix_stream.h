// A Unix stream socket with a deadline over everything: for programs that do one thing at a time
// and have no event loop.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace scrimp::app {

/// Owns its descriptor.
class UnixStream {
  public:
    /// `until`: when every read and write that is not done fails.
    UnixStream(int descriptor, Instant until) : descriptor_(descriptor), until_(until) {}
    [[nodiscard]] static Result<UnixStream> connect(const std::string& path, Instant until);
    ~UnixStream();
    UnixStream(UnixStream&& other) noexcept;
    UnixStream& operator=(UnixStream&&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }
    void set_deadline(Instant until) { until_ = until; }

    [[nodiscard]] Result<void> write(std::string_view bytes);
    /// Exactly so many, less only where the stream ends.
    [[nodiscard]] Result<std::string> read(std::size_t bytes);
    /// Up to a newline, which is read and not returned; fails if there is none within the bound.
    [[nodiscard]] Result<std::string> read_line(std::size_t bytes_max);

    /// Says that no more is written, and reads away what still comes until the other end hangs up:
    /// who closes with something unread takes his last words back.
    void finish();

  private:
    [[nodiscard]] Result<void> wait(short events);

    int descriptor_;
    Instant until_;
};

}  // namespace scrimp::app
