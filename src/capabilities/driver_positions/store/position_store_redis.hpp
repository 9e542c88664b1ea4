#pragma once

#include "capabilities/driver_positions/settings.hpp"
#include "capabilities/driver_positions/store/position_store.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_positions {

/// Keys:
/// - `driver_track:{<tag>}:<bucket>`, HASH of timestamp in ms -> pack(); a bucket has 5 minutes. Expires by itself.
/// - `driver_track_quota:{<tag>}`: until when what was added is paid for, in ms; gone when the whole quota is there
/// again.
/// - `driver_geo:{<family>:<shard>}`, GEO set of tags, and `driver_seen:{<family>:<shard>}`, ZSET of tag -> timestamp
/// in
///   ms, changed together by scripts alone; the shard is the tag's first byte modulo their number. They expire when
///   nobody has written for an hour, as happens to a shard after their number was lowered.
///
/// A batch costs one round trip, a search one, a page of a track a few.
class RedisPositionStore final : public PositionStore {
public:
    /// `redis` must outlive the store.
    RedisPositionStore(const redis::Pool& redis, const PositionSettings& settings);

    [[nodiscard]] AddOutcome add(const Owner& owner, std::span<const Position> positions, platform::Time now) override;
    [[nodiscard]] TrackPage track(std::string_view tag, TimeSpan span, std::size_t limit) override;
    [[nodiscard]] std::vector<LatestPosition> search(std::string_view family, const Circle& circle,
                                                     std::size_t count_max) override;
    [[nodiscard]] std::size_t shards() const override { return settings_.shards; }
    [[nodiscard]] std::size_t remove_older(std::string_view family, std::size_t shard, std::int64_t before_ms,
                                           std::size_t count_max) override;

private:
    const redis::Pool& redis_;
    const PositionSettings settings_;
};

}  // namespace twinfleet::driver_positions
