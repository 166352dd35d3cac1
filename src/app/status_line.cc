#include "app/status_line.h"

#include <utility>

#include "app/notify.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::app {

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
