#include "capabilities/mirroring/memory/runs/run_store_postgres.hpp"

#include <array>

#include <boost/json/serialize.hpp>

#include "capabilities/mirroring/memory/runs/counts_json.hpp"
#include "platform/postgres/array_literal.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr std::array states{RunState::waiting, RunState::running, RunState::done, RunState::failed,
                            RunState::interrupted};

RunState state_of(std::string_view text) {
    for (const RunState state : states) {
        if (text == to_string(state)) {
            return state;
        }
    }
    return RunState::interrupted;
}

std::string json_text(const CountsByEntity& created_with) {
    return boost::json::serialize(created_with_json(created_with));
}

constexpr auto begin_run = R"(
    INSERT INTO fleet_sync.job_runs (job, family, mode, dry_run, state, options)
    VALUES ($1, $2, $3, $4, 'running', $5) RETURNING id)";

constexpr auto note_progress = R"(
    UPDATE fleet_sync.job_runs
    SET read = $2, created = $3, updated = $4, unchanged = $5, skipped = $6, retired = $7, quarantined = $8,
        dangling_references = $9, retirements_held_back = $10, created_with = $11::jsonb,
        heartbeat_at = clock_timestamp()
    WHERE id = $1
    RETURNING cancel_requested_at IS NOT NULL)";

constexpr auto unfinished_run = R"(
    SELECT id FROM fleet_sync.job_runs
    WHERE job = $1 AND family = $2 AND state IN ('waiting', 'running') AND NOT dry_run
        AND heartbeat_at > clock_timestamp() - make_interval(secs => $3)
    ORDER BY id LIMIT 1)";

// A process that died while it waited must not keep others from waiting.
constexpr auto end_dead_waiting_runs = R"(
    UPDATE fleet_sync.job_runs
    SET state = 'interrupted', error = 'its process ended', finished_at = clock_timestamp()
    WHERE job = $1 AND family = $2 AND state = 'waiting'
        AND heartbeat_at <= clock_timestamp() - make_interval(secs => $3))";

constexpr auto announce_run = R"(
    INSERT INTO fleet_sync.job_runs (job, family, mode, dry_run, state, options)
    VALUES ($1, $2, $3, $4, 'waiting', $5)
    ON CONFLICT (job, family) WHERE state = 'waiting' DO NOTHING RETURNING id)";

constexpr auto start_run = R"(
    UPDATE fleet_sync.job_runs
    SET state = 'running', expected = $2, started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
    WHERE id = $1 AND state = 'waiting')";

constexpr auto keep_runs_alive = R"(
    UPDATE fleet_sync.job_runs SET heartbeat_at = clock_timestamp()
    WHERE id = ANY($1::bigint[])
    RETURNING id, cancel_requested_at IS NOT NULL)";

constexpr auto request_cancel_of_run = R"(
    UPDATE fleet_sync.job_runs
    SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
        state = CASE WHEN is_over THEN 'interrupted' ELSE state END,
        finished_at = CASE WHEN is_over THEN clock_timestamp() END
    FROM (SELECT id AS wanted_id, state = 'waiting'
                     OR heartbeat_at <= clock_timestamp() - make_interval(secs => $2) AS is_over
          FROM fleet_sync.job_runs WHERE id = $1 FOR UPDATE) AS wanted
    WHERE id = wanted_id AND state IN ('waiting', 'running'))";

constexpr auto end_dead_runs = R"(
    UPDATE fleet_sync.job_runs
    SET state = 'interrupted', error = 'its process ended', finished_at = clock_timestamp()
    WHERE state IN ('waiting', 'running') AND heartbeat_at <= clock_timestamp() - make_interval(secs => $1))";

constexpr auto finish_run = R"(
    UPDATE fleet_sync.job_runs
    SET read = $2, created = $3, updated = $4, unchanged = $5, skipped = $6, retired = $7, quarantined = $8,
        dangling_references = $9, retirements_held_back = $10, mode = $11, dry_run = $12, state = $13, error = $14,
        duration_seconds = $15, cpu_seconds = $16, lag_seconds = $17, created_with = $18::jsonb,
        finished_at = clock_timestamp()
    WHERE id = $1)";

constexpr auto select_runs = R"(
    SELECT id, job, family, mode, dry_run, state, options, error, read, created, updated, unchanged, skipped, retired,
        quarantined, dangling_references, retirements_held_back, created_with, duration_seconds, cpu_seconds,
        lag_seconds,
        expected, cancel_requested_at IS NOT NULL, extract(epoch FROM started_at), extract(epoch FROM finished_at)
    FROM fleet_sync.job_runs )";

// Newest first; ids grow with time.
constexpr auto prune_runs = R"(
    DELETE FROM fleet_sync.job_runs
    USING (SELECT id, row_number() OVER (PARTITION BY job, family ORDER BY id DESC) AS age FROM fleet_sync.job_runs) AS run
    WHERE job_runs.id = run.id AND run.age > $1::bigint)";

std::vector<RunRecord> read_records(const postgres::Result& rows) {
    std::vector<RunRecord> records;
    records.reserve(rows.size());
    for (postgres::Row row : rows) {
        RunRecord& record = records.emplace_back();
        RunReport& report = record.report;
        record.id = row.number<std::int64_t>();
        report.job = row.text();
        report.family = row.text();
        report.mode = row.text() == to_string(Mode::full) ? Mode::full : Mode::incremental;
        report.dry_run = row.boolean();
        record.state = state_of(row.text());
        record.options = row.text();
        record.error = row.text();
        RunCounts& counts = report.counts;
        for (auto* count :
             {&counts.read, &counts.created, &counts.updated, &counts.unchanged, &counts.skipped, &counts.retired,
              &counts.quarantined, &counts.dangling_references, &counts.retirements_held_back}) {
            *count = row.number<std::uint64_t>();
        }
        counts.created_with = created_with_from_json(row.text());
        report.duration_seconds = row.number<double>();
        report.cpu_seconds = row.number<double>();
        report.lag_seconds = row.number<double>();
        record.expected = row.number<std::uint64_t>();
        record.is_cancel_requested = row.boolean();
        record.started_at = row.time();
        record.finished_at = row.optional_time();
    }
    return records;
}

}  // namespace

std::int64_t PostgresRunStore::begin(const RunReport& report, const std::string& options) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return transaction
            .execute(begin_run, report.job, report.family, to_string(report.mode), report.dry_run, options)
            .only_value<std::int64_t>();
    });
}

RunStore::Announced PostgresRunStore::announce(const RunReport& report, const std::string& options) {
    const std::string& job = report.job;
    const std::string& family = report.family;
    return pool_.transact([&](postgres::Transaction& transaction) -> Announced {
        const auto unfinished = [&] {
            return transaction.execute(unfinished_run, job, family, run_is_dead_after.count());
        };
        if (const auto found = unfinished(); !found.empty()) {
            return {.id = found[0].number<std::int64_t>(), .is_new = false};
        }
        transaction.execute(end_dead_waiting_runs, job, family, run_is_dead_after.count());
        const auto made =
            transaction.execute(announce_run, job, family, to_string(report.mode), report.dry_run, options);
        if (!made.empty()) {
            return {.id = made[0].number<std::int64_t>(), .is_new = true};
        }
        // Somebody else was faster, and may be done already.
        const auto found = unfinished();
        return {.id = found.empty() ? 0 : found[0].number<std::int64_t>(), .is_new = false};
    });
}

bool PostgresRunStore::start(std::int64_t id, std::uint64_t expected) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(start_run, id, expected).affected_rows() == 1;
    });
}

bool PostgresRunStore::progress(std::int64_t id, const RunCounts& counts) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        // Only a person looks at it; after a crash of the server the next one is as good.
        transaction.execute("SET LOCAL synchronous_commit = off");
        const auto rows =
            transaction.execute(note_progress, id, counts.read, counts.created, counts.updated, counts.unchanged,
                                counts.skipped, counts.retired, counts.quarantined, counts.dangling_references,
                                counts.retirements_held_back, json_text(counts.created_with));
        return !rows.empty() && rows[0].boolean();
    });
}

std::vector<std::int64_t> PostgresRunStore::keep_alive(const std::vector<std::int64_t>& ids) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute("SET LOCAL synchronous_commit = off");
        const auto rows = transaction.execute(keep_runs_alive, postgres::array_of(ids));
        std::vector<std::int64_t> cancelled;
        for (postgres::Row row : rows) {
            const auto id = row.number<std::int64_t>();
            if (row.boolean()) {
                cancelled.push_back(id);
            }
        }
        return cancelled;
    });
}

RunStore::Cancel PostgresRunStore::request_cancel(std::int64_t id) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        if (transaction.execute(request_cancel_of_run, id, run_is_dead_after.count()).affected_rows() == 1) {
            return Cancel::requested;
        }
        return transaction.execute("SELECT 1 FROM fleet_sync.job_runs WHERE id = $1", id).empty() ? Cancel::not_found
                                                                                                  : Cancel::has_ended;
    });
}

void PostgresRunStore::finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) {
    const RunCounts& counts = report.counts;
    // Waits for the disk, and with it for everything that the run committed without waiting
    // (PostgresLinkStore::record_outcome()).
    pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(finish_run, id, counts.read, counts.created, counts.updated, counts.unchanged,
                            counts.skipped, counts.retired, counts.quarantined, counts.dangling_references,
                            counts.retirements_held_back, to_string(report.mode), report.dry_run, to_string(state),
                            error, report.duration_seconds, report.cpu_seconds, report.lag_seconds,
                            json_text(counts.created_with));
    });
}

std::vector<RunRecord> PostgresRunStore::list(const RunFilter& filter) {
    // Only the conditions that are asked for, so that each has its index.
    postgres::Parameters parameters;
    std::string sql = select_runs;
    const char* conjunction = "WHERE ";
    const auto require = [&](std::string_view condition, postgres::Parameter value) {
        sql.append(conjunction).append(condition).append(parameters.add(std::move(value)));
        conjunction = " AND ";
    };
    if (!filter.job.empty()) {
        require("job = ", filter.job);
    }
    if (!filter.family.empty()) {
        require("family = ", filter.family);
    }
    if (filter.before_id != 0) {
        require("id < ", filter.before_id);
    }
    sql += " ORDER BY id DESC LIMIT " + parameters.add(postgres::limit(filter.limit));
    return pool_.transact([&](postgres::Transaction& transaction) {
        return read_records(transaction.execute(sql, std::move(parameters).take()));
    });
}

std::vector<RunRecord> PostgresRunStore::latest(const std::vector<JobAndFamily>& of) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        // The newest id of each by one step along the index.
        return read_records(transaction.execute(
            std::string(select_runs) +
                "WHERE id IN (SELECT (SELECT run.id FROM fleet_sync.job_runs AS run WHERE run.job = wanted.job"
                " AND run.family = wanted.family ORDER BY run.id DESC LIMIT 1)"
                " FROM unnest($1::text[], $2::text[]) AS wanted (job, family))",
            postgres::array_of(of, &JobAndFamily::job), postgres::array_of(of, &JobAndFamily::family)));
    });
}

std::optional<RunRecord> PostgresRunStore::find(std::int64_t id) {
    auto records = pool_.transact([&](postgres::Transaction& transaction) {
        return read_records(transaction.execute(std::string(select_runs) + "WHERE id = $1", id));
    });
    return records.empty() ? std::nullopt : std::optional(std::move(records.front()));
}

std::size_t PostgresRunStore::prune(std::size_t keep_of_each) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(prune_runs, postgres::limit(keep_of_each)).affected_rows();
    });
}

std::size_t PostgresRunStore::end_dead() {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(end_dead_runs, run_is_dead_after.count()).affected_rows();
    });
}

}  // namespace twinfleet::mirroring
