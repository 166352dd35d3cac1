#include "runtime/log.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "runtime/clock.h"

namespace scrimp::runtime {

namespace {

/// Made at first use and never destroyed: the last line may come from a destructor.
spdlog::logger& logger() {
    static spdlog::logger* const one = [] {
        auto* made =
            new spdlog::logger("scrimplb", std::make_shared<spdlog::sinks::stderr_sink_st>());
        made->set_formatter(std::make_unique<spdlog::pattern_formatter>(
            "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
        made->set_level(spdlog::level::info);
        return made;
    }();
    return *one;
}

void write(spdlog::level::level_enum level, std::string_view line) {
    if (!logger().should_log(level)) return;
    const std::string safe = escape_line(line);
    logger().log(level, spdlog::string_view_t(safe.data(), safe.size()));
}

void append_escaped(std::string& out, unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    switch (byte) {
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 15];
    }
}

}  // namespace

void set_log_level(LogLevel level) {
    constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                spdlog::level::err};
    logger().set_level(levels[static_cast<std::size_t>(level)]);
}

void log_debug(std::string_view line) {
    write(spdlog::level::debug, line);
}
void log_info(std::string_view line) {
    write(spdlog::level::info, line);
}
void log_warning(std::string_view line) {
    write(spdlog::level::warn, line);
}
void log_error(std::string_view line) {
    write(spdlog::level::err, line);
}

std::string escape_line(std::string_view text) {
    std::string out;
    out.reserve(std::min(text.size(), log_line_bytes_max));
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (out.size() >= log_line_bytes_max) {
            out += " (cut)";
            break;
        }
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next =
            i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : std::uint8_t{0};
        if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
            // U+0080 to U+009F: some terminals obey them as they obey ESC.
            append_escaped(out, byte);
            append_escaped(out, next);
            ++i;
        } else if (byte < 0x20 || byte == 0x7f) {
            append_escaped(out, byte);
        } else {
            out += static_cast<char>(byte);
        }
    }
    return out;
}

void LineBudget::info(std::string_view line) {
    if (admit()) log_info(line);
}

void LineBudget::warning(std::string_view line) {
    if (admit()) log_warning(line);
}

bool LineBudget::admit() {
    if (!take(now())) return false;
    if (const std::uint64_t left_out = take_left_out(); left_out != 0) {
        log_warning("too much to tell: " + std::to_string(left_out) + " lines were left out");
    }
    return true;
}

bool LineBudget::take(Instant when) {
    const auto quiet = std::chrono::duration<double>(when - refilled_at_);
    tokens_ = std::min(burst, tokens_ + quiet.count() * lines_per_second);
    refilled_at_ = when;
    if (tokens_ < 1) {
        ++left_out_;
        return false;
    }
    tokens_ -= 1;
    return true;
}

std::uint64_t LineBudget::take_left_out() {
    return std::exchange(left_out_, 0);
}

}  // namespace scrimp::runtime
