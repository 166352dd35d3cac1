#include "runtime/rare_code.h"

#include <cstdint>

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/clock.h"

namespace scrimp::runtime {
namespace {

/// Of the program, or of one of its libraries.
int let_go_of_code(dl_phdr_info* object, std::size_t /*size*/, void* /*data*/) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = object->dlpi_phdr[i];
        const bool is_code = part.p_type == PT_LOAD && (part.p_flags & PF_X) != 0;
        if (!is_code || (part.p_flags & PF_W) != 0) continue;
        const std::uintptr_t first = (object->dlpi_addr + part.p_vaddr) / page * page;
        const std::uintptr_t end = object->dlpi_addr + part.p_vaddr + part.p_memsz;
        // A kernel that does not want to keeps what it has.
        (void)madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

RareCode::RareCode(boost::asio::io_context& loop)
    : timer_(loop, [](Instant) { dl_iterate_phdr(let_go_of_code, nullptr); }) {
    touch();
}

void RareCode::touch() {
    timer_.arm(now() + rare_code_kept);
}

}  // namespace scrimp::runtime
