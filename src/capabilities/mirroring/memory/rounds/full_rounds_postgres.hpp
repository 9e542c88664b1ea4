#pragma once

#include "capabilities/mirroring/memory/rounds/full_rounds.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// Full rounds in the tables `fleet_sync.full_rounds` and `fleet_sync.full_shards`. Errors as of postgres::Pool.
class PostgresFullRoundStore final : public FullRoundStore {
public:
    explicit PostgresFullRoundStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::optional<FullRound> current(std::string_view job, const domain::AppFamily& family,
                                                   std::uint32_t shard_count,
                                                   std::chrono::milliseconds interval) override;
    [[nodiscard]] std::vector<FullShard> shards(const FullRound& round) override;
    [[nodiscard]] bool begin(const Lease& lease, const FullRound& round, std::uint32_t shard,
                             std::string_view holder) override;
    [[nodiscard]] std::size_t grant_retirements(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                                std::size_t wanted, std::size_t budget) override;
    bool finish(const Lease& lease, const FullRound& round, std::uint32_t shard, const RunCounts& counts) override;
    [[nodiscard]] std::optional<FullRound> last_finished(std::string_view job,
                                                         const domain::AppFamily& family) override;

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
