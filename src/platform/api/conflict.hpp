#pragma once

#include <stdexcept>
#include <string>

namespace twinfleet::api {

/// Thrown for input that is well formed but contradicts what is stored: 409 `conflict`. `what()` is for a person and
/// says what was expected, never what was found.
class Conflict : public std::runtime_error {
public:
    Conflict(std::string field, const std::string& expected) : std::runtime_error(expected), field_(std::move(field)) {}
    /// The field of the body that contradicts.
    [[nodiscard]] const std::string& field() const noexcept { return field_; }

private:
    std::string field_;
};

}  // namespace twinfleet::api
