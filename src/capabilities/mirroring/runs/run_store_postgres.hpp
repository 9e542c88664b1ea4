#pragma once

#include "capabilities/mirroring/runs/run_store.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// `fleet_sync.job_runs`. progress() and finish() of a run that was pruned meanwhile do nothing.
class PostgresRunStore final : public RunStore {
public:
    explicit PostgresRunStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::int64_t begin(const RunReport& report, const std::string& options) override;
    void progress(std::int64_t id, const RunCounts& counts) override;
    void finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) override;
    [[nodiscard]] std::vector<RunRecord> list(const std::string& job, std::size_t limit) override;
    [[nodiscard]] std::optional<RunRecord> find(std::int64_t id) override;
    std::size_t prune(std::size_t keep_of_each) override;

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
