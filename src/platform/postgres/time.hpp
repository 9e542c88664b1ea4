#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace twinfleet::postgres {

/// A point in time, as fine as PostgreSQL's timestamptz is (postgresql.org/docs/15/datatype-datetime.html).
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// A time as a parameter of a statement: microseconds since 1970, which the statement turns into a timestamptz by
/// `time_of_microseconds`. Times before the year 1684 or after 2255 become the nearest of these bounds, because only
/// between them is PostgreSQL's arithmetic with double precision exact. Row::time() reads a time from a result.
[[nodiscard]] std::int64_t microseconds(Time time);

/// SQL that makes a timestamptz of the bigint that is put behind it: `time_of_microseconds + "$1::bigint"`.
inline constexpr std::string_view time_of_microseconds = "timestamptz 'epoch' + interval '1 microsecond' * ";

}  // namespace twinfleet::postgres
