#pragma once

#include "capabilities/driver_positions/settings.hpp"
#include "capabilities/driver_positions/store/position_store.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_positions {

/// Tracks and latest positions in Redis. `<tag>` is a driver's redis_tag().
///
/// - `driver_track:{<tag>}:<bucket>`: HASH of timestamp in ms -> pack(). A bucket holds 5 minutes of a track and is
///   numbered from 1970 on. It expires track_retention after its end, as that was when the bucket began.
/// - `driver_track_index:{<tag>}`: ZSET of the numbers of the buckets that there are, each scored by itself. Those that
///   have expired go when one is added, one time in eight.
/// - `driver_track_quota:{<tag>}`: how much of his quota a driver has used. Each new position costs
///   1/track_positions_per_s of time, and this is the time in ms up to which the positions so far are paid for. It
///   expires a minute after that time, at which the whole quota is there again.
/// - `driver_geo:{<family>:<shard>}`: GEO set of tags, where each driver is now
/// - `driver_seen:{<family>:<shard>}`: ZSET of tag -> timestamp in ms of that position, at most the time at which it
/// came
/// - `driver_ahead:{<family>:<shard>}`: HASH of tag -> timestamp in ms as the app reported it, of those that were ahead
///   of that time
///
/// The last three are changed together, by scripts alone. The shard is the first byte of the tag modulo the number of
/// shards. A shard expires when nobody has written to it for an hour, as happens to some after their number was
/// lowered.
///
/// A batch costs one round trip, many of them together (add_each()) one as well, and a search one. A page of a track
/// costs one for the index, and one more for each up to 32 buckets: two or three where a driver sent positions all the
/// time. It asks for no bucket that never was.
class RedisPositionStore final : public PositionStore {
public:
    /// `redis` must outlive this object. Throws std::invalid_argument when there are no shards.
    RedisPositionStore(const redis::Pool& redis, const PositionSettings& settings);

    [[nodiscard]] AddOutcome add(const Owner& owner, std::span<const Position> positions, platform::Time now) override;
    [[nodiscard]] std::vector<platform::Outcome<AddOutcome>> add_each(std::span<const Addition> additions,
                                                                      platform::Time now) override;
    [[nodiscard]] TrackPage track(std::string_view tag, TimeSpan span, std::size_t limit) override;
    [[nodiscard]] std::vector<LatestPosition> search(std::string_view family, const Circle& circle,
                                                     std::size_t count_max) override;
    [[nodiscard]] std::size_t shards() const override { return settings_.shards; }
    [[nodiscard]] std::size_t remove_older(std::string_view family, std::size_t shard, std::int64_t before_ms,
                                           std::size_t count_max) override;
    [[nodiscard]] std::size_t erase(const Owner& owner) override;

private:
    const redis::Pool& redis_;
    const PositionSettings settings_;
};

}  // namespace twinfleet::driver_positions
