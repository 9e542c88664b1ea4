#include "capabilities/mirroring/runs/run_store_postgres.hpp"

#include <array>

#include "capabilities/mirroring/schema/values_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::array states{RunState::running, RunState::done, RunState::failed, RunState::interrupted};

constexpr const char* to_text(RunState state) {
    switch (state) {
        case RunState::running:
            return "running";
        case RunState::done:
            return "done";
        case RunState::failed:
            return "failed";
        case RunState::interrupted:
            break;
    }
    return "interrupted";
}

RunState state_of(std::string_view text) {
    for (const RunState state : states) {
        if (text == to_text(state)) {
            return state;
        }
    }
    return RunState::interrupted;
}

constexpr auto begin_run = R"(
    INSERT INTO fleet_sync.job_runs (job, family, mode, dry_run, state, options)
    VALUES ($1, $2, $3, $4, 'running', $5) RETURNING id)";

constexpr auto note_progress = R"(
    UPDATE fleet_sync.job_runs
    SET read = $2, created = $3, updated = $4, unchanged = $5, skipped = $6, retired = $7, quarantined = $8,
        dangling_references = $9, retirements_held_back = $10
    WHERE id = $1)";

constexpr auto finish_run = R"(
    UPDATE fleet_sync.job_runs
    SET read = $2, created = $3, updated = $4, unchanged = $5, skipped = $6, retired = $7, quarantined = $8,
        dangling_references = $9, retirements_held_back = $10, mode = $11, dry_run = $12, state = $13, error = $14,
        duration_seconds = $15, cpu_seconds = $16, lag_seconds = $17, finished_at = clock_timestamp()
    WHERE id = $1)";

constexpr auto select_runs = R"(
    SELECT id, job, family, mode, dry_run, state, options, error, read, created, updated, unchanged, skipped, retired,
        quarantined, dangling_references, retirements_held_back, duration_seconds, cpu_seconds, lag_seconds,
        extract(epoch FROM started_at), extract(epoch FROM finished_at)
    FROM fleet_sync.job_runs )";

// Newest first; ids grow with time.
constexpr auto prune_runs = R"(
    DELETE FROM fleet_sync.job_runs
    USING (SELECT id, row_number() OVER (PARTITION BY job, family ORDER BY id DESC) AS age FROM fleet_sync.job_runs) AS run
    WHERE job_runs.id = run.id AND run.age > $1::bigint)";

std::vector<RunRecord> read_records(const pqxx::result& rows) {
    std::vector<RunRecord> records;
    records.reserve(rows.size());
    for (auto row = rows.begin(); row != rows.end(); ++row) {
        stored::Columns columns(row);
        RunRecord& record = records.emplace_back();
        RunReport& report = record.report;
        record.id = columns.number<std::int64_t>();
        report.job = columns.text();
        report.family = columns.text();
        report.mode = columns.text() == to_string(Mode::full) ? Mode::full : Mode::incremental;
        report.dry_run = columns.boolean();
        record.state = state_of(columns.text());
        record.options = columns.text();
        record.error = columns.text();
        RunCounts& counts = report.counts;
        for (auto* count :
             {&counts.read, &counts.created, &counts.updated, &counts.unchanged, &counts.skipped, &counts.retired,
              &counts.quarantined, &counts.dangling_references, &counts.retirements_held_back}) {
            *count = columns.number<std::uint64_t>();
        }
        report.duration_seconds = columns.number<double>();
        report.cpu_seconds = columns.number<double>();
        report.lag_seconds = columns.number<double>();
        record.started_at = columns.time();
        record.finished_at = columns.optional_time();
    }
    return records;
}

}  // namespace

std::int64_t PostgresRunStore::begin(const RunReport& report, const std::string& options) {
    return pool_.transact([&](pqxx::work& transaction) {
        return transaction
            .exec_params1(begin_run, stored::text(report.job), stored::text(report.family), to_string(report.mode),
                          report.dry_run, stored::text(options))[0]
            .as<std::int64_t>();
    });
}

void PostgresRunStore::progress(std::int64_t id, const RunCounts& counts) {
    pool_.transact([&](pqxx::work& transaction) {
        // Only a person looks at it; after a crash of the server the next one is as good.
        transaction.exec("SET LOCAL synchronous_commit = off");
        transaction.exec_params(note_progress, id, counts.read, counts.created, counts.updated, counts.unchanged,
                                counts.skipped, counts.retired, counts.quarantined, counts.dangling_references,
                                counts.retirements_held_back);
    });
}

void PostgresRunStore::finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) {
    const RunCounts& counts = report.counts;
    // Waits for the disk, and with it for everything that the run committed without waiting
    // (PostgresLinkStore::commit()).
    pool_.transact([&](pqxx::work& transaction) {
        transaction.exec_params(finish_run, id, counts.read, counts.created, counts.updated, counts.unchanged,
                                counts.skipped, counts.retired, counts.quarantined, counts.dangling_references,
                                counts.retirements_held_back, to_string(report.mode), report.dry_run, to_text(state),
                                stored::text(error), report.duration_seconds, report.cpu_seconds, report.lag_seconds);
    });
}

std::vector<RunRecord> PostgresRunStore::list(const std::string& job, std::size_t limit) {
    return pool_.transact([&](pqxx::work& transaction) {
        return read_records(
            transaction.exec_params(std::string(select_runs) + "WHERE $1 = '' OR job = $1 ORDER BY id DESC LIMIT $2",
                                    stored::text(job), stored::limit(limit)));
    });
}

std::optional<RunRecord> PostgresRunStore::find(std::int64_t id) {
    auto records = pool_.transact([&](pqxx::work& transaction) {
        return read_records(transaction.exec_params(std::string(select_runs) + "WHERE id = $1", id));
    });
    return records.empty() ? std::nullopt : std::optional(std::move(records.front()));
}

std::size_t PostgresRunStore::prune(std::size_t keep_of_each) {
    return pool_.transact([&](pqxx::work& transaction) {
        return std::size_t{transaction.exec_params(prune_runs, stored::limit(keep_of_each)).affected_rows()};
    });
}

}  // namespace twinfleet::mirroring
