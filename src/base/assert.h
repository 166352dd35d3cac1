// An assertion that stays on in release builds. It is for our own bugs only (time going backwards,
// a stream named twice), never for what a peer, a file or an operator can provoke: those are
// Results or counters. The process prints where and what, and aborts; its supervisor restarts it.
#pragma once

namespace scrimp {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace scrimp

#define SCRIMP_ASSERT(expression) \
    ((expression) ? void(0) : ::scrimp::assertion_failed(#expression, __FILE__, __LINE__))
