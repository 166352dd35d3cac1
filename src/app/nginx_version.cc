#include "app/nginx_version.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <boost/asio/io_context.hpp>

#include "runtime/command.h"

namespace scrimp::app {
namespace {

/// It prints a line; a machine that takes longer has other sorrows.
constexpr Duration answer_longest = std::chrono::seconds{2};

/// A part of a version, so that the next one has its three digits.
constexpr std::uint32_t part_max = 999;

}  // namespace

std::optional<std::uint32_t> parse_nginx_version(std::string_view text) {
    constexpr std::string_view before = "nginx/";
    const std::size_t found = text.find(before);
    if (found == std::string_view::npos) return std::nullopt;
    text.remove_prefix(found + before.size());
    std::array<std::uint32_t, 3> parts{};
    for (std::uint32_t& part : parts) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
        if (error != std::errc() || part > part_max) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.starts_with('.')) text.remove_prefix(1);
    }
    return parts[0] * 1'000'000 + parts[1] * 1'000 + parts[2];
}

std::optional<std::uint32_t> ask_nginx_version(const proxy::Command& check_command) {
    const auto option = std::ranges::find(check_command, "--nginx");
    const bool is_named = option != check_command.end() && option + 1 != check_command.end();
    const std::string program = is_named ? *(option + 1) : "nginx";
    boost::asio::io_context loop{1};
    std::optional<std::uint32_t> version;
    const runtime::Command command(loop, {program, "-v"}, answer_longest,
                                   [&](const Result<std::string>& said) {
                                       if (said) version = parse_nginx_version(*said);
                                       loop.stop();
                                   });
    loop.run();
    return version;
}

}  // namespace scrimp::app
