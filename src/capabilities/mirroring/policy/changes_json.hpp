#pragma once

#include <cstddef>
#include <string>

#include "capabilities/mirroring/policy/difference.hpp"

namespace twinfleet::mirroring {

/// A longer value is told by its size alone.
inline constexpr std::size_t recorded_value_bytes_max = std::size_t{16} << 10;
/// Once the record of a child holds so much, further values are told by their size alone.
inline constexpr std::size_t recorded_values_bytes_max = std::size_t{64} << 10;
/// Further fields are only counted.
inline constexpr std::size_t recorded_fields_max = 200;

/// A child that differs and what it becomes, as one JSON object:
///
///     {"color": {"was": "red", "became": "white"}, "note": {"was": {"$numberInt": "1"}}, "photo": {"was_bytes":
///     70000}}
///
/// Values are canonical Extended JSON v2. `was` or `became` is missing where the field was, or becomes, absent. A value
/// that is too long, or that PostgreSQL's jsonb cannot hold (a NUL in a text, text that is not UTF-8, nested too
/// deeply), is `was_bytes` or `became_bytes`: its size in BSON. Further fields are {"": {"fields": how many}}.
[[nodiscard]] std::string changes_json(const Difference& difference);

}  // namespace twinfleet::mirroring
