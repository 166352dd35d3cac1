// A routing table as the values that a template of the operator's may name (docs/custom.md).
#pragma once

#include <span>
#include <string_view>

#include <kainjow/mustache.hpp>

#include "proxy/generator.h"

namespace scrimp::proxy {

/// `generation`: what the text shall say that it is.
[[nodiscard]] kainjow::mustache::data custom_model(const service::RoutingTable& table,
                                                   const RenderOptions& options,
                                                   std::string_view generation);

/// Every name that stands in some model.
[[nodiscard]] std::span<const std::string_view> custom_names();
/// Whether it is one of them, or ".", which stands for the value at hand.
[[nodiscard]] bool is_custom_name(std::string_view name);

}  // namespace scrimp::proxy
