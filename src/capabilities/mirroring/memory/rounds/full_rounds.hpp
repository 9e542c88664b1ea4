#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "capabilities/mirroring/memory/link.hpp"
#include "capabilities/mirroring/memory/rounds/shard.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::mirroring {

/// One full pass of a job for a family, which the replicas share by shards. Rounds of a job and family are numbered;
/// `number` grows.
struct FullRound {
    std::string job;
    std::string family;
    std::int64_t number = 0;
    std::uint32_t shard_count = 1;
    Time began_at{};
    std::optional<Time> finished_at;
    bool operator==(const FullRound&) const = default;
};

/// How far a shard of a round has come.
enum class ShardState : std::uint8_t { waiting, running, done };

/// One shard of a round.
struct FullShard {
    std::uint32_t index = 0;
    ShardState state = ShardState::waiting;
    /// Tells a person which process runs the shard, or ran it last.
    std::string holder;
    /// How often the shard was begun: more than once when a process ended before the shard was done.
    int attempts = 0;
    /// What the attempt that came to its end did: read, created, updated, unchanged, retired.
    RunCounts counts;
};

/// The name that the lease of one shard has as its job: "drivers/full/3-of-8", counting from 1.
[[nodiscard]] std::string shard_lease_name(std::string_view job, const Shard& shard);

/// How far full rounds have come, for all replicas, by the clock of the store. A call that shows a lease throws
/// LeaseLost and changes nothing when the lease is not the current one. Every call may be repeated. Safe to use from
/// any thread.
class FullRoundStore {
public:
    FullRoundStore() = default;
    FullRoundStore(const FullRoundStore&) = delete;
    FullRoundStore& operator=(const FullRoundStore&) = delete;
    virtual ~FullRoundStore() = default;

    /// The round that is under way, with the number of shards that it began with. A new round, with `shard_count`
    /// shards, begins when the last one was finished `interval` ago; for a job that never had a round, the time counts
    /// from the first call. nullopt when no round is under way and it is not time for a new one.
    [[nodiscard]] virtual std::optional<FullRound> current(std::string_view job, const domain::AppFamily& family,
                                                           std::uint32_t shard_count,
                                                           std::chrono::milliseconds interval) = 0;
    /// The shards of the round, in order of index.
    [[nodiscard]] virtual std::vector<FullShard> shards(const FullRound& round) = 0;

    /// Notes that the holder of the lease begins the shard. Returns false when it is not to be run, because it is done
    /// or the round is not the latest one.
    [[nodiscard]] virtual bool begin(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                     std::string_view holder) = 0;
    /// Returns how many of `wanted` children the shard may retire: all, or what is left of the round's budget. They
    /// count as retired from then on, whether or not they are. `budget` is the number of children that all shards of
    /// the round may retire together; the one of the first call counts.
    [[nodiscard]] virtual std::size_t grant_retirements(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                                        std::size_t wanted, std::size_t budget) = 0;
    /// Notes that the shard is done, and what it did. Returns true when it was the last shard of the round.
    virtual bool finish(const Lease& lease, const FullRound& round, std::uint32_t shard, const RunCounts& counts) = 0;

    /// The latest round whose shards are all done. Whatever was written before it began has been looked at.
    [[nodiscard]] virtual std::optional<FullRound> last_finished(std::string_view job,
                                                                 const domain::AppFamily& family) = 0;
};

}  // namespace twinfleet::mirroring
