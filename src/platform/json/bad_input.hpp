#pragma once

#include <stdexcept>
#include <string>

namespace twinfleet::json {

/// Input that is not what was asked for. `what()` is for a person: what was expected, never what was found.
class BadInput : public std::runtime_error {
public:
    BadInput(std::string field, const std::string& expected) : std::runtime_error(expected), field_(std::move(field)) {}
    /// The path of the field, `ids[3]`; empty for the whole.
    [[nodiscard]] const std::string& field() const noexcept { return field_; }

private:
    std::string field_;
};

}  // namespace twinfleet::json
