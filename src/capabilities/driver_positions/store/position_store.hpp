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
#include "platform/errors/outcome.hpp"

namespace twinfleet::driver_positions {

/// The driver to whom positions belong.
struct Owner {
    /// His driver_sessions::redis_tag().
    std::string tag;
    std::string family;
};

/// Positions that are to be put into a driver's track.
struct Addition {
    Owner owner;
    std::span<const Position> positions;
};

/// The latest position of a driver, as a search finds it.
struct LatestPosition {
    std::string tag;
    /// Within a metre of the point that the app reported.
    GeoPoint point;
    /// Since 1970, UTC. At most the time at which the position came, however far ahead of it the phone's clock was.
    std::int64_t timestamp_ms = 0;
    /// From the centre of the search.
    double distance_m = 0;
};

struct Circle {
    GeoPoint centre;
    double radius_m = 0;
};

/// Batches of one driver that come within this time may have overtaken each other on their way.
inline constexpr std::chrono::milliseconds overtaking_max{5'000};

/// What became of a batch.
struct AddOutcome {
    enum class Kind : std::uint8_t {
        stored,
        /// The store has no memory left. Some of the positions may be stored all the same.
        store_full,
        /// The driver has used up what he may add to his track. None of the positions was added to it.
        quota_used_up,
    };
    Kind kind = Kind::stored;
    /// How many of the timestamps were new to the track.
    std::size_t added = 0;
    /// With `quota_used_up`: how long until the driver may add to his track again.
    std::chrono::milliseconds retry_after{0};

    bool operator==(const AddOutcome&) const = default;
};

/// Tracks, and where every driver is now. Every function is idempotent, throws platform::StoreUnavailable while the
/// store is away, and is safe to use from any thread and from several replicas at once.
class PositionStore {
public:
    PositionStore() = default;
    PositionStore(const PositionStore&) = delete;
    PositionStore& operator=(const PositionStore&) = delete;
    virtual ~PositionStore() = default;

    /// Puts the positions into the owner's track. The newest of them also becomes the position that search() finds, if
    /// it is newer than the one known so far: that one never goes back in time, however batches race. A position that
    /// is ahead of `now` counts as one of `now`, so it hides nothing that comes later, whether or not the phone's clock
    /// has been put right meanwhile. Only of two that are both ahead and come within overtaking_max of each other the
    /// one with the later timestamp counts.
    [[nodiscard]] virtual AddOutcome add(const Owner& owner, std::span<const Position> positions,
                                         platform::Time now) = 0;
    /// As add(), for the batches of many requests, which a store may take together; one by one where it is not said
    /// otherwise. In the order of `additions`, which is also the one in which those of one driver are added. Does not
    /// throw while the store is away: the outcomes say so.
    [[nodiscard]] virtual std::vector<platform::Outcome<AddOutcome>> add_each(std::span<const Addition> additions,
                                                                              platform::Time now);
    /// The first `limit` positions of the span. Work and memory are bounded by the span and the limit.
    [[nodiscard]] virtual TrackPage track(std::string_view tag, TimeSpan span, std::size_t limit) = 0;

    /// The `count_max` drivers of a family who are nearest to the centre of the circle and within it, nearest first;
    /// those at the same distance are ordered by their tags. Each driver is found once. Old positions are among them
    /// until remove_older() has taken them away. Around a centre at or beyond searchable_lat_max nobody is found.
    [[nodiscard]] virtual std::vector<LatestPosition> search(std::string_view family, const Circle& circle,
                                                             std::size_t count_max) = 0;
    /// Into how many parts the positions that search() looks at are divided. remove_older() works on one part at a
    /// time.
    [[nodiscard]] virtual std::size_t shards() const = 0;
    /// Takes up to `count_max` positions that are older than `before_ms` out of one shard, so that search() does not
    /// find them any more. Returns how many it took; 0 means that there are no more.
    [[nodiscard]] virtual std::size_t remove_older(std::string_view family, std::size_t shard, std::int64_t before_ms,
                                                   std::size_t count_max) = 0;

    /// Removes everything that is known of the owner: his track, and where he was last. Returns how many positions his
    /// track had. What is added at the same time may stay.
    [[nodiscard]] virtual std::size_t erase(const Owner& owner) = 0;
};

}  // namespace twinfleet::driver_positions
