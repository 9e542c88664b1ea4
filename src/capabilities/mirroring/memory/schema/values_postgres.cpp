#include "capabilities/mirroring/memory/schema/values_postgres.hpp"

#include <algorithm>
#include <limits>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::stored {
namespace {

constexpr std::int64_t microseconds_max = 9'000'000'000'000'000;

int hex_digit(char digit) {
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

}  // namespace

const std::string& text(const std::string& value) {
    if (value.find('\0') != std::string::npos) {
        throw platform::StoreRefused("PostgreSQL", 0, "a text with a NUL byte cannot be stored");
    }
    return value;
}

std::string microseconds(Time time) {
    return std::to_string(
        std::clamp<std::int64_t>(time.time_since_epoch().count(), -microseconds_max, microseconds_max));
}

std::string limit(std::size_t rows) {
    return std::to_string(std::min<std::size_t>(rows, std::numeric_limits<std::int64_t>::max()));
}

Time Columns::time() {
    const std::string_view value = text();
    const auto point = std::min(value.find('.'), value.size());
    std::int64_t seconds = 0;
    std::int64_t decimals = 0;
    std::from_chars(value.data(), value.data() + point, seconds);
    if (point < value.size()) {
        std::from_chars(value.data() + point + 1, value.data() + value.size(), decimals);
    }
    // "-0.5": the sign is lost with the zero.
    const std::int64_t sign = value.starts_with('-') ? -1 : 1;
    return Time(std::chrono::seconds(seconds) + std::chrono::microseconds(sign * decimals));
}

std::optional<SourceHash> Columns::hash() {
    const std::string_view value = text();
    SourceHash hash;
    if (value.size() != 2 * hash.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < hash.size(); ++i) {
        hash[i] = static_cast<std::uint8_t>(hex_digit(value[2 * i]) << 4 | hex_digit(value[2 * i + 1]));
    }
    return hash;
}

}  // namespace twinfleet::mirroring::stored
