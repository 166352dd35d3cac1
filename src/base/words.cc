#include "base/words.h"

namespace scrimp {

std::string counted(std::size_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string rough_text(Duration duration) {
    using namespace std::chrono;
    if (duration < seconds{2})
        return std::to_string(duration_cast<milliseconds>(duration).count()) + " ms";
    if (duration < minutes{2})
        return std::to_string(duration_cast<seconds>(duration).count()) + " s";
    if (duration < hours{2})
        return std::to_string(duration_cast<minutes>(duration).count()) + " min";
    return std::to_string(duration_cast<hours>(duration).count()) + " h";
}

}  // namespace scrimp
