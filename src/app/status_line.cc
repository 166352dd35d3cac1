#include "app/status_line.h"

#include <utility>

#include "app/notify.h"
#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::app {

std::string status_text(std::optional<std::size_t> members, std::size_t applications,
                        const std::string& published) {
    const std::string line =
        (members ? counted(*members, "member") : "looking for our own address") + ", " +
        counted(applications, "application");
    return published.empty() ? line : line + "; " + published;
}

StatusLine::StatusLine(boost::asio::io_context& loop, std::function<std::string()> text)
    : text_(std::move(text)),
      timer_(loop, [this](Instant) { tell(); }),
      supervised_(is_supervised()) {}

void StatusLine::touch() {
    if (!supervised_ || std::exchange(touched_, true)) return;
    timer_.arm(runtime::now() + pause);
}

void StatusLine::stop() {
    supervised_ = false;
    timer_.arm(never);
}

void StatusLine::tell() {
    touched_ = false;
    // What a provider or a peer says may be in it: a line break would begin another message.
    std::string line = runtime::escape_line(text_());
    if (line != told_) notify_supervisor("STATUS=" + line);
    told_ = std::move(line);
    timer_.arm(runtime::now() + told_every);
}

}  // namespace scrimp::app
