// What an application asks, beside the directives that it became: a comment before its upstream, so
// that a text can be read back (nginx_reading.h) without a second reader for every directive.
//
// It is the application as it would be announced, in lines that nginx can pass over: one of 4096
// bytes would be an error to it, comment or not. Plain applications have none.
#pragma once

#include <string_view>

#include "base/result.h"
#include "proxy/text.h"
#include "service/application.h"

namespace scrimp::proxy {

/// What a line of a note begins with.
inline constexpr std::string_view nginx_note_mark = "#: ";

void write_note(Text& text, const service::Application& application);

/// `note`: the lines of one, without marks and newlines.
[[nodiscard]] Result<service::Application> read_note(std::string_view note);

}  // namespace scrimp::proxy
