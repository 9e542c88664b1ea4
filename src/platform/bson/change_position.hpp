#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/bson/view.hpp"

/// How far somebody has read who follows the changes of a collection. Every write of a document sets its field
/// `updated_ts`, to a BSON Timestamp or to a BSON Date. MongoDB never compares values of two types in a query
/// (mongodb.com/docs/manual/reference/bson-type-comparison-order), so a reader asks for each type by itself and
/// remembers the greatest value of each.
///
/// All arithmetic here stays at the ends of what a type can hold instead of running over: whoever writes an absurd
/// `updated_ts` must not hide what others write.
namespace twinfleet::bson {

inline constexpr std::string_view updated_ts_field = "updated_ts";

/// A Timestamp as 64 bits, seconds first.
[[nodiscard]] constexpr std::int64_t packed(Timestamp timestamp) noexcept {
    return static_cast<std::int64_t>((std::uint64_t{timestamp.seconds} << 32U) | timestamp.increment);
}
[[nodiscard]] constexpr Timestamp unpacked(std::int64_t value) noexcept {
    const auto bits = static_cast<std::uint64_t>(value);
    return {static_cast<std::uint32_t>(bits >> 32U), static_cast<std::uint32_t>(bits)};
}

/// The last Timestamp with an increment of 0 that is not later than `time_ms`, in milliseconds since 1970: times before
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
    /// timestamp: packed(); date: milliseconds since 1970.
    std::int64_t value = 0;

    [[nodiscard]] static constexpr ChangeTime of(Timestamp timestamp) noexcept {
        return {Kind::timestamp, packed(timestamp)};
    }
    [[nodiscard]] static constexpr ChangeTime of_date(std::int64_t date_ms) noexcept { return {Kind::date, date_ms}; }
    /// `updated_ts` itself; the key does not count.
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
    /// Looks for the field in the document. Throws Malformed as View does.
    [[nodiscard]] static ChangeTime of(View document) { return of(document.find(updated_ts_field)); }

    /// Milliseconds since 1970, rounded down to the second for a Timestamp; nullopt for none.
    [[nodiscard]] std::optional<std::int64_t> milliseconds() const noexcept;
    /// The same time, or that of `limit_ms` (milliseconds since 1970) when it is later.
    [[nodiscard]] ChangeTime not_after(std::int64_t limit_ms) const noexcept;

    bool operator==(const ChangeTime&) const = default;
    /// Times of two kinds cannot be compared, nor can missing ones.
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

/// The greatest `updated_ts` of each type that has been read. A type without a value: nothing of it has been read.
struct ChangePosition {
    std::optional<Timestamp> timestamp;
    /// Milliseconds since 1970.
    std::optional<std::int64_t> date_ms;

    bool operator==(const ChangePosition&) const = default;

    /// Moves on to `change`, never back. A change without a time moves nothing.
    void advance(const ChangeTime& change) noexcept {
        if (change.kind == ChangeTime::Kind::timestamp) {
            advance_timestamp(unpacked(change.value));
        } else if (change.kind == ChangeTime::Kind::date) {
            advance_date(change.value);
        }
    }
    /// Moves on to the later one of both positions, each type for itself.
    void advance(const ChangePosition& other) noexcept {
        if (other.timestamp) {
            advance_timestamp(*other.timestamp);
        }
        if (other.date_ms) {
            advance_date(*other.date_ms);
        }
    }

    /// Whether the change is at this position or before it. A change without a time is at no position.
    [[nodiscard]] bool covers(const ChangeTime& change) const noexcept;

    /// This position, or that of `limit_ms` (milliseconds since 1970) where it is later: behind that, writes may still
    /// appear.
    [[nodiscard]] ChangePosition not_after(std::int64_t limit_ms) const noexcept;

    /// The last position that does not cover this one. While changes are read in order, that much is complete: others
    /// of the very value that was read last may be still to come. Before the least value of a type nothing has been
    /// read.
    [[nodiscard]] ChangePosition just_before() const noexcept;

    /// Where to read on from, inclusive, so that writes that become visible up to `overlap_ms` (not negative) after
    /// their `updated_ts` are found: this position moved back by so much, Timestamps to whole seconds.
    ///
    /// What is older than `settled_until_ms` (milliseconds since 1970) has become visible and was read, so the result
    /// is not moved back behind that, unless the position itself is older: otherwise the writes before a long quiet
    /// time would be read again and again.
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
