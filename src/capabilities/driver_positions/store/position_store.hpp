#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/driver_positions/position.hpp"
#include "capabilities/driver_positions/tracks/track.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::driver_positions {

/// Whose positions.
struct Owner {
    /// driver_sessions::redis_tag().
    std::string tag;
    std::string family;
};

/// The newest position of a driver.
struct LatestPosition {
    std::string tag;
    /// Within a metre of what the app said.
    GeoPoint point;
    std::int64_t timestamp_ms = 0;
    double distance_m = 0;
};

struct Circle {
    GeoPoint centre;
    double radius_m = 0;
};

/// What became of a batch.
struct AddOutcome {
    enum class Kind : std::uint8_t {
        stored,
        /// Some of them may be stored.
        store_full,
        /// The driver has used up what he may add to his track; nothing is stored in it.
        quota_used_up,
    };
    Kind kind = Kind::stored;
    /// How many of the timestamps were new to the track.
    std::size_t added = 0;
    /// Until he may add again.
    std::chrono::milliseconds retry_after{0};

    bool operator==(const AddOutcome&) const = default;
};

/// Tracks, and where everybody is now. Everything here is idempotent, throws platform::StoreUnavailable, and is safe to
/// use from any thread and from several replicas at once.
class PositionStore {
public:
    PositionStore() = default;
    PositionStore(const PositionStore&) = delete;
    PositionStore& operator=(const PositionStore&) = delete;
    virtual ~PositionStore() = default;

    /// Puts them into the track and the newest of them, if it is newer than what is known, where search() finds it:
    /// that never goes back in time, however batches race.
    [[nodiscard]] virtual AddOutcome add(const Owner& owner, std::span<const Position> positions,
                                         platform::Time now) = 0;
    /// The first `limit` of the span. Work and memory are bounded by the span and the limit.
    [[nodiscard]] virtual TrackPage track(std::string_view tag, TimeSpan span, std::size_t limit) = 0;

    /// The `count_max` nearest drivers of a family in the circle, nearest first, of one distance by tag, each once;
    /// old ones are among them until they are removed. A centre at or beyond searchable_lat_max has nobody near.
    [[nodiscard]] virtual std::vector<LatestPosition> search(std::string_view family, const Circle& circle,
                                                             std::size_t count_max) = 0;
    /// What search() looks at is divided into so many parts, for remove_older().
    [[nodiscard]] virtual std::size_t shards() const = 0;
    /// Takes up to `count_max` of a shard's latest positions from before that time out of search(); how many it took,
    /// 0 when there are no more.
    [[nodiscard]] virtual std::size_t remove_older(std::string_view family, std::size_t shard, std::int64_t before_ms,
                                                   std::size_t count_max) = 0;
};

}  // namespace twinfleet::driver_positions
