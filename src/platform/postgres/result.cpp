#include "platform/postgres/result.hpp"

#include <algorithm>
#include <stdexcept>

namespace twinfleet::postgres {

Time Row::time() {
    constexpr int decimals_max = 6;
    const std::string_view value = text();
    if (value == "-Infinity") {
        return Time::min();
    }
    if (value == "Infinity") {
        return Time::max();
    }
    const auto point = std::min(value.find('.'), value.size());
    std::int64_t seconds = 0;
    const auto whole = std::from_chars(value.data(), value.data() + point, seconds);
    if (whole.ec != std::errc() || whole.ptr != value.data() + point) {
        refuse_value("time");
    }
    std::int64_t microseconds = 0;
    if (point < value.size()) {
        const std::string_view decimals = value.substr(point + 1, decimals_max);
        const auto fraction = std::from_chars(decimals.data(), decimals.data() + decimals.size(), microseconds);
        if (fraction.ec != std::errc() || fraction.ptr != decimals.data() + decimals.size()) {
            refuse_value("time");
        }
        for (std::size_t digits = decimals.size(); digits < decimals_max; ++digits) {
            microseconds *= 10;
        }
    }
    // "-0.5": the sign is lost with the zero.
    const std::int64_t sign = value.starts_with('-') ? -1 : 1;
    return Time(std::chrono::seconds(seconds) + std::chrono::microseconds(sign * microseconds));
}

void Row::refuse_value(const char* expected) {
    throw std::logic_error(std::string("a column from PostgreSQL does not hold a ") + expected);
}

void Row::refuse_column() {
    throw std::logic_error("a row from PostgreSQL has no more columns");
}

void Result::require_one_row() const {
    if (rows_ != 1) {
        throw std::logic_error("PostgreSQL answered with " + std::to_string(rows_) + " rows instead of one");
    }
}

}  // namespace twinfleet::postgres
