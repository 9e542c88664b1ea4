#pragma once

#include <cstddef>
#include <string>

#include "capabilities/mirroring/policy/difference.hpp"

namespace twinfleet::mirroring {

/// A value of more bytes than this, in BSON, is recorded by its size alone.
inline constexpr std::size_t recorded_value_bytes_max = std::size_t{16} << 10;
/// When the values in the record of one child have this many bytes, further values are recorded by their size alone.
inline constexpr std::size_t recorded_values_bytes_max = std::size_t{64} << 10;
/// Fields beyond this number are only counted.
inline constexpr std::size_t recorded_fields_max = 200;

/// How a child differed from what it should hold, and what it became, as one JSON object:
///
///     {"color": {"was": "red", "became": "white"}, "note": {"was": {"$numberInt": "1"}}, "photo": {"was_bytes": 70}}
///
/// Values are canonical Extended JSON v2. `was` or `became` is missing where the field was absent or becomes absent.
/// Instead of a value that is too long, or that PostgreSQL's jsonb cannot hold (a text with a NUL byte, a text that is
/// not UTF-8, a value nested too deeply), `was_bytes` or `became_bytes` gives its size in BSON. Fields beyond
/// recorded_fields_max are counted as {"": {"fields": their number}}.
[[nodiscard]] std::string changes_json(const Difference& difference);

}  // namespace twinfleet::mirroring
