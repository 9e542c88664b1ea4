#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "capabilities/mirroring/memory/links/link.hpp"
#include "capabilities/mirroring/memory/rounds/shard.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::mirroring {

/// One full pass of a job for a family, which replicas share by shards.
struct FullRound {
    std::string job;
    std::string family;
    std::int64_t number = 0;
    std::uint32_t shard_count = 1;
    Time began_at{};
    std::optional<Time> finished_at;
    bool operator==(const FullRound&) const = default;
};

enum class ShardState : std::uint8_t { waiting, running, done };

struct FullShard {
    std::uint32_t index = 0;
    ShardState state = ShardState::waiting;
    /// Names the process that has it, or had it last, to a person.
    std::string holder;
    /// How often it was begun: more than once when a holder died.
    int attempts = 0;
    /// Of the attempt that came to the end: read, created, updated, unchanged, retired.
    RunCounts counts;
};

/// Of the lease of one shard: "drivers/full/3-of-8", counting from 1.
[[nodiscard]] std::string shard_lease_name(std::string_view job, const Shard& shard);

/// How far full rounds have come, for all replicas, by the store's clock. Calls that show a lease throw LeaseLost, and
/// change nothing, when it is not the current one. All calls may be repeated.
class FullRoundStore {
public:
    FullRoundStore() = default;
    FullRoundStore(const FullRoundStore&) = delete;
    FullRoundStore& operator=(const FullRoundStore&) = delete;
    virtual ~FullRoundStore() = default;

    /// The round that is under way, with the number of shards that it began with. A new one begins when the last was
    /// finished `interval` ago; for a job that never had one the time counts from the first call. nullopt: not yet.
    [[nodiscard]] virtual std::optional<FullRound> current(std::string_view job, const domain::AppFamily& family,
                                                           std::uint32_t shard_count,
                                                           std::chrono::milliseconds interval) = 0;
    /// In order of their indexes.
    [[nodiscard]] virtual std::vector<FullShard> shards(const FullRound& round) = 0;

    /// False when the shard is done, or the round is not the latest: it is not to be run.
    [[nodiscard]] virtual bool begin(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                     std::string_view holder) = 0;
    /// How many of `wanted` retirements the round has left; they are taken, whether or not they come about. `budget` is
    /// for all shards; that of the first call counts.
    [[nodiscard]] virtual std::size_t grant_retirements(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                                        std::size_t wanted, std::size_t budget) = 0;
    /// True when this was the last shard of the round.
    virtual bool finish(const Lease& lease, const FullRound& round, std::uint32_t shard, const RunCounts& counts) = 0;

    /// The latest round of which every shard is done; what was written before it began has been looked at.
    [[nodiscard]] virtual std::optional<FullRound> last_finished(std::string_view job,
                                                                 const domain::AppFamily& family) = 0;
};

}  // namespace twinfleet::mirroring
