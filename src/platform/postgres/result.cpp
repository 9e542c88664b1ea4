#include "platform/postgres/result.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace twinfleet::postgres {
namespace {

constexpr int decimals_of_time = 6;
/// Of PostgreSQL's last year, 294276.
constexpr int digits_of_seconds_max = 13;
/// The last second that a Time can hold, some decades earlier.
constexpr std::int64_t seconds_max = Time::max().time_since_epoch().count() / 1'000'000 - 1;

/// Faster than std::from_chars, which shows where thousands of links with three times each are read.
struct Digits {
    const char* next;
    const char* end;

    /// Appends up to `count_max` digits to the number; returns how many there were.
    int read(std::int64_t& number, int count_max) {
        int count = 0;
        while (count < count_max && next != end && *next >= '0' && *next <= '9') {
            number = 10 * number + (*next - '0');
            ++next;
            ++count;
        }
        return count;
    }
};

}  // namespace

Time Row::time() {
    const std::string_view value = text();
    Digits digits{value.data(), value.data() + value.size()};
    const bool is_negative = value.starts_with('-');
    digits.next += is_negative ? 1 : 0;
    if (std::string_view(digits.next, digits.end) == "Infinity") {
        return is_negative ? Time::min() : Time::max();
    }
    std::int64_t seconds = 0;
    const bool is_time = digits.read(seconds, digits_of_seconds_max) > 0;
    std::int64_t microseconds = std::min(seconds, seconds_max);
    int decimals = 0;
    if (digits.next != digits.end && *digits.next == '.') {
        ++digits.next;
        decimals = digits.read(microseconds, decimals_of_time);
    }
    for (; decimals < decimals_of_time; ++decimals) {
        microseconds *= 10;
    }
    if (!is_time || digits.next != digits.end) {
        refuse_value("time");
    }
    return Time(std::chrono::microseconds(is_negative ? -microseconds : microseconds));
}

Time Row::sent_time() {
    // Microseconds since 2000, in the order of the network; the ends of the range are the infinities
    // (timestamptz_send() in PostgreSQL's sources).
    constexpr std::int64_t microseconds_before_2000 = 946'684'800'000'000;
    const auto bytes = optional_bytes<sizeof(std::int64_t)>();
    if (!bytes) {
        refuse_value("time");
    }
    std::uint64_t bits = 0;
    for (const std::uint8_t byte : *bytes) {
        bits = bits << 8U | byte;
    }
    const auto since_2000 = static_cast<std::int64_t>(bits);
    if (since_2000 == std::numeric_limits<std::int64_t>::min()) {
        return Time::min();
    }
    if (since_2000 > Time::max().time_since_epoch().count() - microseconds_before_2000) {
        return Time::max();
    }
    return Time(std::chrono::microseconds(since_2000 + microseconds_before_2000));
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
