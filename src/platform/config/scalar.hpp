#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/config/document.hpp"

/// Tells what a scalar of a YAML file is, by the core schema (YAML 1.2.2, section 10.3). Of numbers, only the forms are
/// taken that YAML 1.1 reads as the same number.
namespace twinfleet::config::detail {

// These functions return nullopt when the text is no value of their type.

[[nodiscard]] std::optional<bool> as_boolean(std::string_view text);
/// A decimal number without leading zeros.
[[nodiscard]] std::optional<std::int64_t> as_integer(std::string_view text);
/// A decimal number, which may have a fraction and an exponent, and is finite.
[[nodiscard]] std::optional<double> as_real(std::string_view text);

/// Whether the type of the node follows from its text.
[[nodiscard]] bool is_typed(const Node& node);
/// Whether the node is a text. A plain scalar that YAML would take for something else is not.
[[nodiscard]] bool is_text(const Node& node);
/// What a message says was found: `the number 5`, `a list`. Of a secret only the type is told.
[[nodiscard]] std::string describe(const Node& node, bool secret = false);

}  // namespace twinfleet::config::detail
