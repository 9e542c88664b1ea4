#include "capabilities/mirroring/memory/rounds/full_rounds_postgres.hpp"

#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"
#include "capabilities/mirroring/memory/schema/values_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr int rounds_kept = 10;

constexpr auto round_columns = "round, shard_count, extract(epoch FROM began_at), extract(epoch FROM finished_at)";

FullRound round_of(const pqxx::row& row, std::string job, std::string family) {
    stored::Columns columns(row);
    FullRound round{.job = std::move(job), .family = std::move(family)};
    round.number = columns.number<std::int64_t>();
    round.shard_count = columns.number<std::uint32_t>();
    round.began_at = columns.time();
    round.finished_at = columns.optional_time();
    return round;
}

/// Locks the round: what follows is done by one after the other. False when there is a later one, or it is over.
bool lock_unfinished(pqxx::work& transaction, const FullRound& round) {
    return !transaction
                .exec_params(
                    "SELECT FROM fleet_sync.full_rounds AS round WHERE job = $1 AND family = $2 AND round = $3"
                    " AND finished_at IS NULL FOR UPDATE",
                    stored::text(round.job), stored::text(round.family), round.number)
                .empty();
}

ShardState state_of(std::string_view text) {
    if (text == "done") {
        return ShardState::done;
    }
    return text == "running" ? ShardState::running : ShardState::waiting;
}

}  // namespace

std::optional<FullRound> PostgresFullRoundStore::current(std::string_view job, const domain::AppFamily& family,
                                                         std::uint32_t shard_count,
                                                         std::chrono::milliseconds interval) {
    const std::string job_text(job);
    const std::string latest_sql = std::string("SELECT ") + round_columns +
                                   ", finished_at + interval '1 millisecond' * $3::bigint <= clock_timestamp()"
                                   " FROM fleet_sync.full_rounds WHERE job = $1 AND family = $2"
                                   " ORDER BY round DESC LIMIT 1";
    const auto ask = [&](pqxx::work& transaction) {
        return transaction.exec_params(latest_sql, stored::text(job_text), stored::text(family.name), interval.count());
    };
    const auto is_due = [](const pqxx::result& latest) {
        return latest.empty() || (!latest[0][3].is_null() && latest[0][4].as<bool>());
    };
    return pool_.transact([&](pqxx::work& transaction) -> std::optional<FullRound> {
        auto latest = ask(transaction);
        if (is_due(latest)) {
            // One begins it; the others see it then.
            transaction.exec_params(
                "SELECT pg_advisory_xact_lock(hashtextextended('twinfleet round ' || $1 || ' ' || $2, 0))",
                stored::text(job_text), stored::text(family.name));
            latest = ask(transaction);
            if (latest.empty()) {
                // The time of the first one counts from here.
                transaction.exec_params(
                    "INSERT INTO fleet_sync.full_rounds (job, family, round, shard_count, began_at, finished_at)"
                    " VALUES ($1, $2, 0, 0, '-infinity', clock_timestamp())",
                    stored::text(job_text), stored::text(family.name));
                return std::nullopt;
            }
            if (is_due(latest)) {
                const auto number = latest[0][0].as<std::int64_t>() + 1;
                transaction.exec_params(
                    "INSERT INTO fleet_sync.full_rounds (job, family, round, shard_count, began_at)"
                    " VALUES ($1, $2, $3, $4, clock_timestamp())",
                    stored::text(job_text), stored::text(family.name), number, shard_count);
                transaction.exec_params(
                    "INSERT INTO fleet_sync.full_shards (job, family, round, shard)"
                    " SELECT $1, $2, $3::bigint, shard FROM generate_series(0, $4::int - 1) AS shard",
                    stored::text(job_text), stored::text(family.name), number, shard_count);
                transaction.exec_params(
                    "DELETE FROM fleet_sync.full_rounds WHERE job = $1 AND family = $2 AND round <= $3",
                    stored::text(job_text), stored::text(family.name), number - rounds_kept);
                latest = ask(transaction);
            }
        }
        if (!latest[0][3].is_null()) {
            return std::nullopt;
        }
        return round_of(latest[0], job_text, family.name);
    });
}

std::vector<FullShard> PostgresFullRoundStore::shards(const FullRound& round) {
    return pool_.transact([&](pqxx::work& transaction) {
        const auto rows = transaction.exec_params(
            "SELECT shard, state, holder, attempts, read, created, updated, unchanged, retired"
            " FROM fleet_sync.full_shards WHERE job = $1 AND family = $2 AND round = $3 ORDER BY shard",
            stored::text(round.job), stored::text(round.family), round.number);
        std::vector<FullShard> shards;
        for (auto row = rows.begin(); row != rows.end(); ++row) {
            stored::Columns columns(row);
            FullShard& shard = shards.emplace_back();
            shard.index = columns.number<std::uint32_t>();
            shard.state = state_of(columns.text());
            shard.holder = columns.text();
            shard.attempts = columns.number<int>();
            for (std::uint64_t RunCounts::*const count : {&RunCounts::read, &RunCounts::created, &RunCounts::updated,
                                                          &RunCounts::unchanged, &RunCounts::retired}) {
                shard.counts.*count = columns.number<std::uint64_t>();
            }
        }
        return shards;
    });
}

bool PostgresFullRoundStore::begin(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                   std::string_view holder) {
    return pool_.transact([&](pqxx::work& transaction) {
        require_lease(transaction, lease);
        const std::string holder_text(holder);
        return lock_unfinished(transaction, round) &&
               transaction
                       .exec_params(
                           "UPDATE fleet_sync.full_shards SET state = 'running', holder = $5,"
                           " attempts = attempts + 1, began_at = clock_timestamp()"
                           " WHERE job = $1 AND family = $2 AND round = $3 AND shard = $4 AND state <> 'done'",
                           stored::text(round.job), stored::text(round.family), round.number, shard,
                           stored::text(holder_text))
                       .affected_rows() == 1;
    });
}

std::size_t PostgresFullRoundStore::grant_retirements(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                                      std::size_t wanted, std::size_t budget) {
    return pool_.transact([&](pqxx::work& transaction) -> std::size_t {
        require_lease(transaction, lease);
        if (!lock_unfinished(transaction, round)) {
            return 0;
        }
        transaction.exec_params(
            "UPDATE fleet_sync.full_rounds SET retirement_budget = coalesce(retirement_budget, $4)"
            " WHERE job = $1 AND family = $2 AND round = $3",
            stored::text(round.job), stored::text(round.family), round.number, budget);
        const auto granted = transaction.exec_params1(
            "UPDATE fleet_sync.full_shards AS shard SET retirements_granted = retirements_granted + granted FROM"
            " (SELECT greatest(0, least($5::bigint, round.retirement_budget - "
            "coalesce(sum(of_round.retirements_granted), 0)))"
            " AS granted FROM fleet_sync.full_rounds AS round JOIN fleet_sync.full_shards AS of_round"
            " USING (job, family, round) WHERE round.job = $1 AND round.family = $2 AND round.round = $3"
            " GROUP BY round.retirement_budget) AS left_over"
            " WHERE shard.job = $1 AND shard.family = $2 AND shard.round = $3 AND shard.shard = $4 RETURNING granted",
            stored::text(round.job), stored::text(round.family), round.number, shard, wanted);
        return granted[0].as<std::size_t>();
    });
}

bool PostgresFullRoundStore::finish(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                    const RunCounts& counts) {
    return pool_.transact([&](pqxx::work& transaction) {
        require_lease(transaction, lease);
        // Locked, so that of the last two shards one sees the other.
        if (!lock_unfinished(transaction, round)) {
            return false;
        }
        transaction.exec_params(
            "UPDATE fleet_sync.full_shards SET state = 'done', finished_at = clock_timestamp(), read = $5, created = "
            "$6,"
            " updated = $7, unchanged = $8, retired = $9"
            " WHERE job = $1 AND family = $2 AND round = $3 AND shard = $4 AND state <> 'done'",
            stored::text(round.job), stored::text(round.family), round.number, shard, counts.read, counts.created,
            counts.updated, counts.unchanged, counts.retired);
        return transaction
                   .exec_params(
                       "UPDATE fleet_sync.full_rounds AS round SET finished_at = clock_timestamp()"
                       " WHERE job = $1 AND family = $2 AND round = $3 AND NOT EXISTS"
                       " (SELECT FROM fleet_sync.full_shards AS shard WHERE shard.job = $1 AND shard.family = $2"
                       " AND shard.round = $3 AND shard.state <> 'done')",
                       stored::text(round.job), stored::text(round.family), round.number)
                   .affected_rows() == 1;
    });
}

std::optional<FullRound> PostgresFullRoundStore::last_finished(std::string_view job, const domain::AppFamily& family) {
    const std::string job_text(job);
    return pool_.transact([&](pqxx::work& transaction) -> std::optional<FullRound> {
        const auto rows = transaction.exec_params(
            std::string("SELECT ") + round_columns +
                " FROM fleet_sync.full_rounds WHERE job = $1 AND family = $2 AND finished_at IS NOT NULL AND round > 0"
                " ORDER BY round DESC LIMIT 1",
            stored::text(job_text), stored::text(family.name));
        if (rows.empty()) {
            return std::nullopt;
        }
        return round_of(rows[0], job_text, family.name);
    });
}

}  // namespace twinfleet::mirroring
