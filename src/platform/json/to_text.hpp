#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace twinfleet::json {

/// Appends the number with as few digits as make it read as the same one: 10, 0.0000001, 1e+300. What is no number in
/// JSON (RFC 8259, section 6) becomes null.
void append_number(std::string& json, double number);

/// The value as JSON text. Other than boost::json::serialize, which writes 10.0 as 1E1, for a person to read.
[[nodiscard]] std::string to_text(const boost::json::value& value);

}  // namespace twinfleet::json
