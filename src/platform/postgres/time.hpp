#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace twinfleet::postgres {

/// A point in time, as fine as PostgreSQL's timestamptz is (postgresql.org/docs/15/datatype-datetime.html).
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// How a time goes into a statement: as microseconds since 1970, behind `time_of_microseconds`. Times before the year
/// 1684 and after 2255 become these bounds, since between them PostgreSQL's arithmetic with double precision is exact.
/// A time comes out of a statement with Row::time().
[[nodiscard]] std::int64_t microseconds(Time time);

/// SQL that makes a timestamptz of the bigint that follows: `time_of_microseconds + "$1::bigint"`.
inline constexpr std::string_view time_of_microseconds = "timestamptz 'epoch' + interval '1 microsecond' * ";

}  // namespace twinfleet::postgres
