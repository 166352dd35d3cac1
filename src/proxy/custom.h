// The custom generator: whatever text a template of the operator's makes of a routing table, for a
// proxy that has no generator here.
//
// The template is Mustache (https://mustache.github.io/mustache.5.html): {{name}}, sections for
// lists and flags, inverted sections, comments, other delimiters. Two things are changed. Values
// are printed as they are, for the text is no HTML: they come from parse() and parse_options(), so
// they are as plain as those that the other generators print. And a name that there is not is an
// error and not nothing: a typing mistake would be found when it hurts.
//
// A text may say its generation, so it is rendered twice: with zeros, to be named, and with the
// name.
//
// Bounded: the template, the values asked for, and the text. Left out: partials, which would be
// further files.
#pragma once

#include "proxy/generator.h"

namespace scrimp::proxy {

inline constexpr std::size_t template_bytes_max = std::size_t{64} << 10;

/// Fails if there is no template, if it is none, or if the text is too long; the sentence begins
/// with the key `template`.
[[nodiscard]] Result<Rendered> render_custom(const service::RoutingTable& table,
                                             const RenderOptions& options);

/// Whether the template makes a text of nothing, and of a table in which everything is said.
[[nodiscard]] Result<void> check_template(const RenderOptions& options);

}  // namespace scrimp::proxy
