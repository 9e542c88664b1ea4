#pragma once

#include <stdexcept>
#include <string>

namespace twinfleet::json {

/// Thrown for input that is not what was asked for. `what()` is for a person and says what was expected, never what was
/// found.
class BadInput : public std::runtime_error {
public:
    BadInput(std::string field, const std::string& expected) : std::runtime_error(expected), field_(std::move(field)) {}
    /// The path of the field, such as `ids[3]`; empty for the input as a whole.
    [[nodiscard]] const std::string& field() const noexcept { return field_; }

private:
    std::string field_;
};

}  // namespace twinfleet::json
