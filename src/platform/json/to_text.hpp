#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace twinfleet::json {

/// Appends the number with as few digits as are needed to read the same number again: 10, 0.0000001, 1e+300. A value
/// that JSON has no number for (RFC 8259, section 6) becomes null.
void append_number(std::string& json, double number);

/// The value as JSON text for a person to read. boost::json::serialize would write 10.0 as 1E1.
[[nodiscard]] std::string to_text(const boost::json::value& value);

/// The same, but every number that is held as a double has exactly `decimals` decimals (2.000), so that columns of
/// numbers are aligned. Numbers that are held as integers have none.
[[nodiscard]] std::string to_text(const boost::json::value& value, int decimals);

/// Adds a member at the end of `object`, which is the text of a JSON object. `value` is JSON text as well and is taken
/// as it is. This is for values that a store keeps as JSON, and for those that have a notation of their own, such as
/// MongoDB's Extended JSON.
void append_member(std::string& object, std::string_view name, std::string_view value);

}  // namespace twinfleet::json
