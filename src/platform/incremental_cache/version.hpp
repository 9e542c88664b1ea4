#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>

#include "platform/bson/view.hpp"

namespace twinfleet::incremental_cache {

/// A document's `updated_ts`.
struct Version {
    enum class Kind : std::uint8_t { none, timestamp, date };

    Kind kind = Kind::none;
    /// timestamp: seconds and increment as 64 bits; date: milliseconds since 1970.
    std::int64_t value = 0;

    /// none: missing, or of another type.
    [[nodiscard]] static Version of(bson::View document);
    [[nodiscard]] static Version of(const std::optional<bson::Element>& updated_ts);
    [[nodiscard]] std::optional<std::int64_t> milliseconds() const noexcept;

    bool operator==(const Version&) const = default;
    /// Versions of two kinds cannot be compared, nor can missing ones.
    [[nodiscard]] std::partial_ordering operator<=>(const Version& other) const noexcept {
        if (kind != other.kind || kind == Kind::none) {
            return std::partial_ordering::unordered;
        }
        return value <=> other.value;
    }
};

/// How far the changes have been read, for each of the two types: a range over one never finds the other.
struct Watermark {
    std::optional<bson::Timestamp> timestamp;
    std::optional<std::int64_t> date_ms;
    bool operator==(const Watermark&) const = default;

    /// Never goes back. What is later than `now_ms`, by the store's clock, counts as now: one document from the future
    /// must not hide the changes until then.
    void raise(const Version& seen, std::int64_t now_ms);
    /// Where to read on from: so far behind, for writes that become visible late. What is older than `settled_until_ms`
    /// has become visible and was read, so a watermark that is older than that itself is not left behind: what was
    /// written last, however much, is not read again and again for as long as nobody writes.
    [[nodiscard]] Watermark behind(std::int64_t overlap_ms, std::optional<std::int64_t> settled_until_ms = {}) const;
};

[[nodiscard]] constexpr std::int64_t packed(bson::Timestamp timestamp) noexcept {
    return static_cast<std::int64_t>((std::uint64_t{timestamp.seconds} << 32U) | timestamp.increment);
}
[[nodiscard]] constexpr bson::Timestamp unpacked(std::int64_t value) noexcept {
    const auto bits = static_cast<std::uint64_t>(value);
    return {static_cast<std::uint32_t>(bits >> 32U), static_cast<std::uint32_t>(bits)};
}

}  // namespace twinfleet::incremental_cache
