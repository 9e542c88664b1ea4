#include "capabilities/mirroring/memory/verification/verification_store_postgres.hpp"

#include <algorithm>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/postgres/array_literal.hpp"

namespace twinfleet::mirroring {
namespace {

/// Reads all links of the family to find the first one, but once only, and most often while there are none. Entities'
/// names are from the program's own table.
void begin_record(postgres::Transaction& transaction, const std::string& entity, const std::string& family) {
    transaction.execute(
        "INSERT INTO fleet_sync.verified_rounds (entity, family, first_link_at)"
        " SELECT $1, $2, coalesce((SELECT min(created_at) FROM fleet_sync.\"" +
            entity +
            "\" WHERE family = $2), now())"
            " WHERE NOT EXISTS (SELECT FROM fleet_sync.verified_rounds WHERE entity = $1 AND family = $2)"
            " ON CONFLICT (entity, family) DO NOTHING",
        entity, family);
}

}  // namespace

std::optional<VerifyPosition> PostgresVerificationStore::position(const std::string& scope,
                                                                  std::chrono::hours age_max) {
    return pool_.transact([&](postgres::Transaction& transaction) -> std::optional<VerifyPosition> {
        transaction.execute(
            "DELETE FROM fleet_sync.verify_positions WHERE updated_at < now() - interval '1 hour' * $1::bigint",
            age_max.count());
        const auto rows = transaction.execute(
            "SELECT family, entity, phase, checked, differences, extract(epoch FROM began_at), after_id"
            " FROM fleet_sync.verify_positions WHERE scope = fleet_sync.text_digest($1)",
            scope);
        if (rows.empty()) {
            return std::nullopt;
        }
        postgres::Row row = rows[0];
        VerifyPosition position;
        position.family = row.text();
        position.entity = row.text();
        position.phase = row.text() == "source" ? VerifyPhase::source : VerifyPhase::links;
        position.checked = row.number<std::uint64_t>();
        position.differences = row.number<std::uint64_t>();
        position.began_at = row.time();
        position.after = row.optional_id<domain::ParentId>();
        return position;
    });
}

void PostgresVerificationStore::keep_position(const std::string& scope, const VerifyPosition& position) {
    const auto after = position.after ? std::optional(position.after->value()) : std::nullopt;
    pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute(
            "INSERT INTO fleet_sync.verify_positions"
            " (scope, family, entity, phase, after_id, checked, differences, began_at)"
            " VALUES (fleet_sync.text_digest($1), $2, $3, $4, $5, $6, $7, " +
                std::string(postgres::time_of_microseconds) +
                "$8::bigint)"
                " ON CONFLICT (scope) DO UPDATE SET family = excluded.family, entity = excluded.entity,"
                " phase = excluded.phase, after_id = excluded.after_id, checked = excluded.checked,"
                " differences = excluded.differences, began_at = excluded.began_at, updated_at = now()",
            scope, position.family, position.entity, position.phase == VerifyPhase::links ? "links" : "source", after,
            position.checked, position.differences, postgres::microseconds(position.began_at));
    });
}

void PostgresVerificationStore::forget_position(const std::string& scope) {
    pool_.transact([&](postgres::Transaction& transaction) {
        transaction.execute("DELETE FROM fleet_sync.verify_positions WHERE scope = fleet_sync.text_digest($1)", scope);
    });
}

bool PostgresVerificationStore::decide_round(const Entity& entity, const domain::AppFamily& family, std::int64_t round,
                                             Time began_at, std::chrono::milliseconds interval) {
    const std::string name(entity.name);
    return pool_.transact([&](postgres::Transaction& transaction) {
        begin_record(transaction, name, family.name);
        transaction.execute(
            "UPDATE fleet_sync.verified_rounds SET decided_round = $3::bigint, is_verifying ="
            " last_round_began_at IS NULL OR last_round_began_at + interval '1 millisecond' * $5::bigint <= " +
                std::string(postgres::time_of_microseconds) +
                "$4::bigint"
                " WHERE entity = $1 AND family = $2 AND (decided_round IS NULL OR decided_round < $3::bigint)",
            name, family.name, round, postgres::microseconds(began_at), interval.count());
        return transaction
            .execute(
                "SELECT is_verifying AND decided_round = $3::bigint FROM fleet_sync.verified_rounds"
                " WHERE entity = $1 AND family = $2",
                name, family.name, round)
            .only_value<bool>();
    });
}

void PostgresVerificationStore::round_completed(const Entity& entity, const domain::AppFamily& family, Time began_at) {
    const std::string name(entity.name);
    pool_.transact([&](postgres::Transaction& transaction) {
        begin_record(transaction, name, family.name);
        transaction.execute(
            "UPDATE fleet_sync.verified_rounds SET last_round_began_at = greatest(last_round_began_at, " +
                std::string(postgres::time_of_microseconds) + "$3::bigint) WHERE entity = $1 AND family = $2",
            name, family.name, postgres::microseconds(began_at));
    });
}

std::vector<JobAges> PostgresVerificationStore::ages(std::span<const domain::AppFamily> families) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        for (const domain::AppFamily& family : families) {
            for (const Entity& entity : entities()) {
                begin_record(transaction, std::string(entity.name), family.name);
            }
        }
        const auto rows = transaction.execute(
            "SELECT round.entity, round.family,"
            " extract(epoch FROM clock_timestamp() - coalesce(round.last_round_began_at, round.first_link_at)),"
            " extract(epoch FROM clock_timestamp() - coalesce(cursor.updated_at, round.first_link_at))"
            " FROM fleet_sync.verified_rounds AS round LEFT JOIN fleet_sync.job_cursors AS cursor"
            " ON cursor.entity = round.entity AND cursor.family = round.family WHERE round.family = ANY($1::text[])",
            postgres::array_of(families, &domain::AppFamily::name));
        std::vector<JobAges> ages;
        for (postgres::Row row : rows) {
            const auto seconds = [&row] { return std::chrono::duration<double>(std::max(0.0, row.number<double>())); };
            JobAges& of_job = ages.emplace_back();
            of_job.entity = row.text();
            of_job.family = row.text();
            of_job.verified = seconds();
            of_job.cursor = seconds();
        }
        return ages;
    });
}

}  // namespace twinfleet::mirroring
