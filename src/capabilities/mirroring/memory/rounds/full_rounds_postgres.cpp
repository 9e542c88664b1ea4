#include "capabilities/mirroring/memory/rounds/full_rounds_postgres.hpp"

#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr int rounds_kept = 10;

constexpr auto round_columns = "round, shard_count, extract(epoch FROM began_at), extract(epoch FROM finished_at)";

/// The row goes on behind `round_columns`.
FullRound read_round(postgres::Row& row, std::string_view job, std::string_view family) {
    FullRound round{.job = std::string(job), .family = std::string(family)};
    round.number = row.number<std::int64_t>();
    round.shard_count = row.number<std::uint32_t>();
    round.began_at = row.time();
    round.finished_at = row.optional_time();
    return round;
}

/// Locks the round: what follows is done by one after the other. False when there is a later one, or it is over.
bool lock_unfinished(postgres::Transaction& transaction, const FullRound& round) {
    return !transaction
                .execute(
                    "SELECT FROM fleet_sync.full_rounds AS round WHERE job = $1 AND family = $2 AND round = $3"
                    " AND finished_at IS NULL FOR UPDATE",
                    round.job, round.family, round.number)
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
    const std::string latest_sql = std::string("SELECT ") + round_columns +
                                   ", finished_at + interval '1 millisecond' * $3::bigint <= clock_timestamp()"
                                   " FROM fleet_sync.full_rounds WHERE job = $1 AND family = $2"
                                   " ORDER BY round DESC LIMIT 1";
    /// The last round that began, and whether it was finished long enough ago; no round: there was none yet.
    struct Latest {
        std::optional<FullRound> round;
        bool is_next_due = true;
    };
    const auto ask = [&](postgres::Transaction& transaction) {
        Latest latest;
        for (postgres::Row row : transaction.execute(latest_sql, job, family.name, interval.count())) {
            latest.round = read_round(row, job, family.name);
            latest.is_next_due = latest.round->finished_at && row.boolean();
        }
        return latest;
    };
    return pool_.transact([&](postgres::Transaction& transaction) -> std::optional<FullRound> {
        Latest latest = ask(transaction);
        if (latest.is_next_due) {
            // One begins it; the others see it then.
            transaction.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('twinfleet round ' || $1 || ' ' || $2, 0))", job,
                family.name);
            latest = ask(transaction);
            if (!latest.round) {
                // The time of the first one counts from here.
                transaction.execute(
                    "INSERT INTO fleet_sync.full_rounds (job, family, round, shard_count, began_at, finished_at)"
                    " VALUES ($1, $2, 0, 0, '-infinity', clock_timestamp())",
                    job, family.name);
                return std::nullopt;
            }
            if (latest.is_next_due) {
                const std::int64_t number = latest.round->number + 1;
                transaction.execute(
                    "INSERT INTO fleet_sync.full_rounds (job, family, round, shard_count, began_at)"
                    " VALUES ($1, $2, $3, $4, clock_timestamp())",
                    job, family.name, number, shard_count);
                transaction.execute(
                    "INSERT INTO fleet_sync.full_shards (job, family, round, shard)"
                    " SELECT $1, $2, $3::bigint, shard FROM generate_series(0, $4::int - 1) AS shard",
                    job, family.name, number, shard_count);
                transaction.execute("DELETE FROM fleet_sync.full_rounds WHERE job = $1 AND family = $2 AND round <= $3",
                                    job, family.name, number - rounds_kept);
                latest = ask(transaction);
            }
        }
        return latest.round->finished_at ? std::nullopt : std::move(latest.round);
    });
}

std::vector<FullShard> PostgresFullRoundStore::shards(const FullRound& round) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        const auto rows = transaction.execute(
            "SELECT shard, state, holder, attempts, read, created, updated, unchanged, retired"
            " FROM fleet_sync.full_shards WHERE job = $1 AND family = $2 AND round = $3 ORDER BY shard",
            round.job, round.family, round.number);
        std::vector<FullShard> shards;
        for (postgres::Row row : rows) {
            FullShard& shard = shards.emplace_back();
            shard.index = row.number<std::uint32_t>();
            shard.state = state_of(row.text());
            shard.holder = row.text();
            shard.attempts = row.number<int>();
            for (std::uint64_t RunCounts::*const count : {&RunCounts::read, &RunCounts::created, &RunCounts::updated,
                                                          &RunCounts::unchanged, &RunCounts::retired}) {
                shard.counts.*count = row.number<std::uint64_t>();
            }
        }
        return shards;
    });
}

bool PostgresFullRoundStore::begin(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                   std::string_view holder) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        require_lease(transaction, lease);
        return lock_unfinished(transaction, round) &&
               transaction
                       .execute(
                           "UPDATE fleet_sync.full_shards SET state = 'running', holder = $5,"
                           " attempts = attempts + 1, began_at = clock_timestamp()"
                           " WHERE job = $1 AND family = $2 AND round = $3 AND shard = $4 AND state <> 'done'",
                           round.job, round.family, round.number, shard, holder)
                       .affected_rows() == 1;
    });
}

std::size_t PostgresFullRoundStore::grant_retirements(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                                      std::size_t wanted, std::size_t budget) {
    return pool_.transact([&](postgres::Transaction& transaction) -> std::size_t {
        require_lease(transaction, lease);
        if (!lock_unfinished(transaction, round)) {
            return 0;
        }
        transaction.execute(
            "UPDATE fleet_sync.full_rounds SET retirement_budget = coalesce(retirement_budget, $4)"
            " WHERE job = $1 AND family = $2 AND round = $3",
            round.job, round.family, round.number, budget);
        const auto granted = transaction.execute(
            "UPDATE fleet_sync.full_shards AS shard SET retirements_granted = retirements_granted + granted FROM"
            " (SELECT greatest(0, least($5::bigint, round.retirement_budget - "
            "coalesce(sum(of_round.retirements_granted), 0)))"
            " AS granted FROM fleet_sync.full_rounds AS round JOIN fleet_sync.full_shards AS of_round"
            " USING (job, family, round) WHERE round.job = $1 AND round.family = $2 AND round.round = $3"
            " GROUP BY round.retirement_budget) AS left_over"
            " WHERE shard.job = $1 AND shard.family = $2 AND shard.round = $3 AND shard.shard = $4 RETURNING granted",
            round.job, round.family, round.number, shard, wanted);
        return granted.only_value<std::size_t>();
    });
}

bool PostgresFullRoundStore::finish(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                    const RunCounts& counts) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        require_lease(transaction, lease);
        // Locked, so that of the last two shards one sees the other.
        if (!lock_unfinished(transaction, round)) {
            return false;
        }
        transaction.execute(
            "UPDATE fleet_sync.full_shards SET state = 'done', finished_at = clock_timestamp(), read = $5, created = "
            "$6,"
            " updated = $7, unchanged = $8, retired = $9"
            " WHERE job = $1 AND family = $2 AND round = $3 AND shard = $4 AND state <> 'done'",
            round.job, round.family, round.number, shard, counts.read, counts.created, counts.updated, counts.unchanged,
            counts.retired);
        return transaction
                   .execute(
                       "UPDATE fleet_sync.full_rounds AS round SET finished_at = clock_timestamp()"
                       " WHERE job = $1 AND family = $2 AND round = $3 AND NOT EXISTS"
                       " (SELECT FROM fleet_sync.full_shards AS shard WHERE shard.job = $1 AND shard.family = $2"
                       " AND shard.round = $3 AND shard.state <> 'done')",
                       round.job, round.family, round.number)
                   .affected_rows() == 1;
    });
}

std::optional<FullRound> PostgresFullRoundStore::last_finished(std::string_view job, const domain::AppFamily& family) {
    return pool_.transact([&](postgres::Transaction& transaction) -> std::optional<FullRound> {
        const auto rows = transaction.execute(
            std::string("SELECT ") + round_columns +
                " FROM fleet_sync.full_rounds WHERE job = $1 AND family = $2 AND finished_at IS NOT NULL AND round > 0"
                " ORDER BY round DESC LIMIT 1",
            job, family.name);
        if (rows.empty()) {
            return std::nullopt;
        }
        postgres::Row row = rows[0];
        return read_round(row, job, family.name);
    });
}

}  // namespace twinfleet::mirroring
