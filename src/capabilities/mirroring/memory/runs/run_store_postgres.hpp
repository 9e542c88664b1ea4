#pragma once

#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// The records of runs in the table `fleet_sync.job_runs`. progress() and finish() do nothing for a run whose record
/// was pruned meanwhile. Errors as of postgres::Pool.
class PostgresRunStore final : public RunStore {
public:
    explicit PostgresRunStore(postgres::Pool& pool) : pool_(pool) {}

    [[nodiscard]] std::int64_t begin(const RunReport& report, const std::string& options) override;
    [[nodiscard]] Announced announce(const RunReport& report, const std::string& options) override;
    [[nodiscard]] bool start(std::int64_t id, std::uint64_t expected) override;
    bool progress(std::int64_t id, const RunCounts& counts) override;
    [[nodiscard]] std::vector<std::int64_t> keep_alive(const std::vector<std::int64_t>& ids) override;
    void finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) override;
    [[nodiscard]] Cancel request_cancel(std::int64_t id) override;
    [[nodiscard]] std::vector<RunRecord> list(const RunFilter& filter) override;
    [[nodiscard]] std::vector<RunRecord> latest(const std::vector<JobAndFamily>& of) override;
    [[nodiscard]] std::optional<RunRecord> find(std::int64_t id) override;
    std::size_t prune(std::size_t keep_of_each) override;
    std::size_t end_dead() override;

private:
    postgres::Pool& pool_;
};

}  // namespace twinfleet::mirroring
