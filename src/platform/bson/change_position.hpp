#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/bson/view.hpp"

/// How far a reader that follows the changes of a collection has read. Every write of a document sets its field
/// `updated_ts`, to a BSON Timestamp or to a BSON Date. MongoDB never compares values of two types in a query
/// (mongodb.com/docs/manual/reference/bson-type-comparison-order), so a reader asks for each type by itself and
/// remembers the greatest value of each.
///
/// All arithmetic here stops at the ends of what a type can hold instead of overflowing, so that one document with an
/// absurd `updated_ts` does not hide others.
namespace twinfleet::bson {

inline constexpr std::string_view updated_ts_field = "updated_ts";

/// A Timestamp as 64 bits, with the seconds in the upper half, and back.
[[nodiscard]] constexpr std::int64_t packed(Timestamp timestamp) noexcept {
    return static_cast<std::int64_t>((std::uint64_t{timestamp.seconds} << 32U) | timestamp.increment);
}
[[nodiscard]] constexpr Timestamp unpacked(std::int64_t value) noexcept {
    const auto bits = static_cast<std::uint64_t>(value);
    return {static_cast<std::uint32_t>(bits >> 32U), static_cast<std::uint32_t>(bits)};
}

/// The last Timestamp with an increment of 0 that is not later than `time_ms`, in milliseconds since 1970. Times before
/// 1970 give the first Timestamp, times beyond the last second that a Timestamp can hold give that second.
[[nodiscard]] Timestamp timestamp_of(std::int64_t time_ms) noexcept;

/// When a document was changed, as its `updated_ts` says.
struct ChangeTime {
    enum class Kind : std::uint8_t {
        none,  ///< the field is missing, or of a type that no change is found by
        timestamp,
        date,
    };

    Kind kind = Kind::none;
    /// For a Timestamp its packed() value, for a Date the milliseconds since 1970.
    std::int64_t value = 0;

    [[nodiscard]] static constexpr ChangeTime of(Timestamp timestamp) noexcept {
        return {Kind::timestamp, packed(timestamp)};
    }
    [[nodiscard]] static constexpr ChangeTime of_date(std::int64_t date_ms) noexcept { return {Kind::date, date_ms}; }
    /// The time that the field `updated_ts` holds; its key does not matter.
    [[nodiscard]] static ChangeTime of(const Element& updated_ts) noexcept {
        switch (updated_ts.type) {
            case Type::timestamp:
                return of(updated_ts.timestamp());
            case Type::date:
                return of_date(updated_ts.date_ms());
            default:
                return {};
        }
    }
    [[nodiscard]] static ChangeTime of(const std::optional<Element>& updated_ts) noexcept {
        return updated_ts ? of(*updated_ts) : ChangeTime();
    }
    /// The same, looking for the field in the document. Throws Malformed as View does.
    [[nodiscard]] static ChangeTime of(View document) { return of(document.find(updated_ts_field)); }

    /// The time in milliseconds since 1970, rounded down to the second for a Timestamp; nullopt when there is none.
    [[nodiscard]] std::optional<std::int64_t> milliseconds() const noexcept;
    /// This time, but not a later one than `limit_ms` (milliseconds since 1970).
    [[nodiscard]] ChangeTime not_after(std::int64_t limit_ms) const noexcept;

    bool operator==(const ChangeTime&) const = default;
    /// Times of two kinds cannot be compared, nor can missing ones: they are unordered.
    [[nodiscard]] std::partial_ordering operator<=>(const ChangeTime& other) const noexcept {
        if (kind != other.kind || kind == Kind::none) {
            return std::partial_ordering::unordered;
        }
        if (kind == Kind::timestamp) {
            return static_cast<std::uint64_t>(value) <=> static_cast<std::uint64_t>(other.value);
        }
        return value <=> other.value;
    }
};

/// The greatest `updated_ts` of each type that has been read. When a type has no value, nothing of that type has been
/// read.
struct ChangePosition {
    std::optional<Timestamp> timestamp;
    /// Milliseconds since 1970.
    std::optional<std::int64_t> date_ms;

    bool operator==(const ChangePosition&) const = default;

    /// Moves on to the time `change`, never back. A document without a time moves nothing.
    void advance(const ChangeTime& change) noexcept {
        if (change.kind == ChangeTime::Kind::timestamp) {
            advance_timestamp(unpacked(change.value));
        } else if (change.kind == ChangeTime::Kind::date) {
            advance_date(change.value);
        }
    }
    /// Moves on to the later one of both positions, for each type by itself.
    void advance(const ChangePosition& other) noexcept {
        if (other.timestamp) {
            advance_timestamp(*other.timestamp);
        }
        if (other.date_ms) {
            advance_date(*other.date_ms);
        }
    }

    /// Whether the time `change` is at this position or before it. A missing time is not.
    [[nodiscard]] bool covers(const ChangeTime& change) const noexcept;

    /// This position, but not a later one than `limit_ms` (milliseconds since 1970): behind that time, writes may still
    /// appear.
    [[nodiscard]] ChangePosition not_after(std::int64_t limit_ms) const noexcept;

    /// The last position before this one. While changes are read in order, everything up to there has been read; at the
    /// position itself, further changes with the same time may follow. When this position is the least value of a type,
    /// the result has no value of that type.
    [[nodiscard]] ChangePosition just_before() const noexcept;

    /// Where to read on from, inclusive, so that writes are found that become visible up to `overlap_ms` (not negative)
    /// after their `updated_ts`: this position, moved back by that time, a Timestamp to a whole second.
    ///
    /// Everything older than `settled_until_ms` (milliseconds since 1970) has become visible and was read. So the
    /// result is not moved back behind that time, unless the position itself is older. Otherwise the writes before a
    /// long quiet time would be read again and again.
    [[nodiscard]] ChangePosition behind(std::int64_t overlap_ms,
                                        std::optional<std::int64_t> settled_until_ms = {}) const noexcept;

private:
    void advance_timestamp(Timestamp reached) noexcept {
        timestamp = timestamp ? std::max(*timestamp, reached) : reached;
    }
    void advance_date(std::int64_t reached_ms) noexcept {
        date_ms = date_ms ? std::max(*date_ms, reached_ms) : reached_ms;
    }
};

}  // namespace twinfleet::bson
