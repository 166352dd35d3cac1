#include "tests/bounds/counted_memory.h"

#include <malloc.h>
#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

std::size_t held = 0;
std::size_t most = 0;

void* take(std::size_t size) {
    void* const memory = std::malloc(std::max<std::size_t>(size, 1));
    if (memory == nullptr) throw std::bad_alloc();
    held += malloc_usable_size(memory);
    most = std::max(most, held);
    return memory;
}

void give_back(void* memory) {
    if (memory == nullptr) return;
    held -= malloc_usable_size(memory);
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
    return take(size);
}
void* operator new[](std::size_t size) {
    return take(size);
}
void operator delete(void* memory) noexcept {
    give_back(memory);
}
void operator delete[](void* memory) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    give_back(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    give_back(memory);
}

namespace scrimp::bounds {

std::size_t held_now() {
    return held;
}

Peak::Peak() : before_(held) {
    most = held;
}

std::size_t Peak::bytes() const {
    return most - before_;
}

}  // namespace scrimp::bounds
