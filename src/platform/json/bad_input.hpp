#pragma once

#include <stdexcept>
#include <string>

#include "platform/json/shown.hpp"

namespace twinfleet::json {

/// Thrown for input that is not what was asked for. `what()` is for a person and says what was expected, never what was
/// found.
class BadInput : public std::runtime_error {
public:
    BadInput(const std::string& field, const std::string& expected)
        : std::runtime_error(expected), field_(shown(field)) {}
    /// The path of the field, such as `ids[3]`; empty for the input as a whole. The client may have chosen it, so it is
    /// what shown() leaves of it.
    [[nodiscard]] const std::string& field() const noexcept { return field_; }

private:
    std::string field_;
};

}  // namespace twinfleet::json
