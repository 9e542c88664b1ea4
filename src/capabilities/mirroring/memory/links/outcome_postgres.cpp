// What a batch came to, in one transaction.
#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "capabilities/mirroring/memory/erasures/erasure_store_postgres.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/memory/links/cursor_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_statements_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"

namespace twinfleet::mirroring {

using namespace link_statements;

namespace {

constexpr auto without_waiting_for_the_disk = "SET LOCAL synchronous_commit = off; ";

/// Somebody else has written some of the children, and what is to be done about that takes another statement. It would
/// lock links that come before those locked already, so the transaction is rolled back and begun anew.
class SomebodyElseWrote : public std::exception {};

constexpr auto updated_us_of = [](const SyncedLink* link) {
    return link->source_updated_ts ? std::optional(postgres::microseconds(*link->source_updated_ts)) : std::nullopt;
};

/// Links that stand as they were reserved, which are nearly all of a first pass: a third of the values of
/// mark_synced(). Returns how many of them did stand so; the others are left as they are, and not locked.
std::size_t mark_inserted(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
                          std::span<const SyncedLink* const> links) {
    std::string sql = "UPDATE " + table_of(entity) +
                      " AS link SET state = 'linked', synced_at = now(), source_hash = synced.source_hash,"
                      " source_updated_ts = ";
    sql.append(postgres::time_of_microseconds)
        .append(
            "synced.source_updated_us"
            // State and token are columns to be joined by, as well: with conditions of their own the planner would
            // expect hardly any link to be left, and compare all of them with the whole batch.
            " FROM (SELECT $1::text AS family, 'reserved' AS state, NULL::bigint AS write_token, *"
            " FROM unnest($2::text[], $3::bytea[], $4::bigint[])"
            " AS value (parent_id, source_hash, source_updated_us) OFFSET 0) AS synced"
            " WHERE link.family = synced.family AND link.parent_id = synced.parent_id AND link.state = synced.state"
            " AND link.write_token IS NOT DISTINCT FROM synced.write_token");
    return transaction
        .execute(sql, family.name, ids_of(links, &SyncedLink::parent_id),
                 postgres::array_of(links, &SyncedLink::source_hash), postgres::array_of(links, updated_us_of))
        .affected_rows();
}

/// Returns of how many of these links the caller had the say.
std::size_t mark_synced(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
                        SyncedLinks which, std::span<const SyncedLink* const> links) {
    // A row without a token that is `reserved` is that of an insert without one.
    const std::string is_own = "link.write_token IS NOT DISTINCT FROM synced.write_token";
    std::string sql = "WITH marked AS (UPDATE " + table_of(entity) +
                      " AS link SET state = 'linked', parent_park_id = synced.parent_park_id,"
                      " child_park_id = synced.child_park_id,"
                      " source_hash = CASE WHEN " +
                      is_own + " THEN synced.source_hash END, write_token = CASE WHEN " + is_own +
                      " THEN NULL ELSE link.write_token END, source_updated_ts = ";
    sql.append(postgres::time_of_microseconds)
        .append(
            "synced.source_updated_us, synced_at = now()"
            " FROM (SELECT $1::text AS family, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bytea[], "
            "$6::bigint[], $7::bigint[])"
            " AS value (parent_id, parent_park_id, child_park_id, source_hash, source_updated_us, write_token)"
            " OFFSET 0) AS synced"
            " WHERE link.family = synced.family AND link.parent_id = synced.parent_id"
            " AND (link.state = 'reserved' OR link.write_token = synced.write_token)");
    if (which == SyncedLinks::reserved_only) {
        sql += " AND link.state = 'reserved'";
    }
    sql += " RETURNING link.write_token) SELECT count(*) FROM marked WHERE write_token IS NULL";
    return transaction
        .execute(sql, family.name, ids_of(links, &SyncedLink::parent_id), ids_of(links, &SyncedLink::parent_park_id),
                 ids_of(links, &SyncedLink::child_park_id), postgres::array_of(links, &SyncedLink::source_hash),
                 postgres::array_of(links, updated_us_of), postgres::array_of(links, &SyncedLink::write_token))
        .only_value<std::size_t>();
}

/// What record_outcome() promises of drivers whom the caller has placed without having the say. A write that is open
/// gets a token that nobody has: it stays open, and its writer does not find his own. A link with the caller's own hash
/// is one that he has recorded before, or of which somebody else has placed the same. Nor does a retirement that is
/// under way find its token: the next full pass finishes it.
void distrust(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
              std::span<const SyncedLink* const> links, std::vector<Backfill>& backfills) {
    const std::string sql =
        "UPDATE " + table_of(entity) +
        " AS link SET source_hash = NULL,"
        " write_token = CASE WHEN link.write_token IS NOT NULL THEN nextval('fleet_sync.write_tokens') END"
        " FROM (SELECT $1::text AS family, *"
        " FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bigint[])"
        " AS value (parent_id, parent_park_id, source_hash, write_token) OFFSET 0) AS synced"
        " WHERE link.family = synced.family AND link.parent_id = synced.parent_id"
        " AND CASE WHEN link.write_token IS NOT NULL THEN link.write_token IS DISTINCT FROM synced.write_token"
        " ELSE link.source_hash IS NOT NULL AND link.source_hash IS DISTINCT FROM synced.source_hash END"
        " RETURNING link.parent_park_id, synced.parent_park_id";
    const auto rows = transaction.execute(
        sql, family.name, ids_of(links, &SyncedLink::parent_id), ids_of(links, &SyncedLink::parent_park_id),
        postgres::array_of(links, &SyncedLink::source_hash), postgres::array_of(links, &SyncedLink::write_token));
    for (postgres::Row row : rows) {
        // He may have moved, and either of them may know.
        backfills.push_back({std::string(entity.name), domain::ParentParkId(row.text())});
        backfills.push_back({std::string(entity.name), domain::ParentParkId(row.text())});
    }
}

void mark_retired(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
                  SyncedLinks which, std::span<const RetiredLink* const> links) {
    std::string sql = "UPDATE " + table_of(entity) +
                      " AS link SET state = 'retired', source_hash = NULL, write_token = NULL, synced_at = now()"
                      " FROM (SELECT $1::text AS family, * FROM unnest($2::text[], $3::bigint[])"
                      " AS value (parent_id, write_token) OFFSET 0) AS retired"
                      " WHERE link.family = retired.family AND link.parent_id = retired.parent_id"
                      " AND link.write_token = retired.write_token";
    if (which == SyncedLinks::reserved_only) {
        sql += " AND link.state = 'reserved'";
    }
    transaction.execute(sql, family.name, ids_of(links, &RetiredLink::parent_id),
                        postgres::array_of(links, &RetiredLink::write_token));
}

/// Locks the links in order, for several statements that lock some of them each.
void lock_links(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
                std::span<const SyncedLink* const> synced, std::span<const RetiredLink* const> retired) {
    std::vector<domain::ParentId> ids;
    ids.reserve(synced.size() + retired.size());
    for (const SyncedLink* link : synced) {
        ids.push_back(link->parent_id);
    }
    for (const RetiredLink* link : retired) {
        ids.push_back(link->parent_id);
    }
    const std::string sql = std::string("SELECT count(*) FROM (SELECT 1 FROM ") + asked_links + " JOIN " +
                            table_of(entity) + " AS link ON " + is_asked + " FOR UPDATE OF link) AS locked";
    const auto asked = in_order_of_locks(std::span<const domain::ParentId>(ids));
    in_parts(std::span(asked), [&](std::span<const domain::ParentId* const> part) {
        transaction.execute(sql, family.name, id_array(part));
    });
}

/// Throws SomebodyElseWrote at most at the first try.
void record_links(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
                  SyncedLinks which, std::span<const SyncedLink* const> synced,
                  std::span<const RetiredLink* const> retired, bool is_first_try, std::vector<Backfill>& backfills) {
    if (!is_first_try || (!synced.empty() && !retired.empty())) {
        lock_links(transaction, entity, family, synced, retired);
    }
    // One statement for all of them: two would lock in two runs.
    const bool are_as_reserved =
        is_first_try && std::ranges::all_of(synced, [](const SyncedLink* link) { return link->is_as_reserved; });
    in_parts(synced, [&](std::span<const SyncedLink* const> part) {
        const std::size_t own = are_as_reserved ? mark_inserted(transaction, entity, family, part)
                                                : mark_synced(transaction, entity, family, which, part);
        if (own == part.size() || !(are_as_reserved || entity.has_driver_profile)) {
            return;
        }
        if (is_first_try) {
            throw SomebodyElseWrote();
        }
        distrust(transaction, entity, family, part, backfills);
    });
    in_parts(retired,
             [&](std::span<const RetiredLink* const> part) { mark_retired(transaction, entity, family, which, part); });
}

const auto park_of = [](const Backfill& backfill) -> const std::string& { return backfill.parent_park_id.value(); };

void end_backfills(postgres::Transaction& transaction, const std::string& entity, const std::string& family,
                   const std::vector<Backfill>& backfills) {
    transaction.execute(
        "DELETE FROM fleet_sync.backfills AS pending USING unnest($3::text[], $4::bigint[])"
        " AS done (parent_park_id, generation) WHERE pending.entity = $1 AND pending.family = $2"
        " AND pending.parent_park_id = done.parent_park_id AND pending.generation = done.generation",
        entity, family, postgres::array_of(backfills, park_of), postgres::array_of(backfills, &Backfill::generation));
}

void request_backfills(postgres::Transaction& transaction, const std::string& family,
                       const std::vector<Backfill>& backfills) {
    transaction.execute(
        "INSERT INTO fleet_sync.backfills (entity, family, parent_park_id)"
        " SELECT entity, $1, parent_park_id FROM unnest($2::text[], $3::text[])"
        " WITH ORDINALITY AS requested (entity, parent_park_id, place) GROUP BY entity, parent_park_id ORDER BY "
        "min(place)"
        " ON CONFLICT (entity, family, parent_park_id) DO UPDATE SET generation = excluded.generation",
        family, postgres::array_of(backfills, &Backfill::entity), postgres::array_of(backfills, park_of));
}

}  // namespace

// Under a lease, the end of the transaction does not wait for the disk. If the database crashes in the fraction of a
// second before that is made up for, the outcomes recorded since are lost, each of them whole and the last ones first,
// as the log of PostgreSQL is written in order. Nothing is broken by that, because a batch and the cursor behind it are
// lost together:
// - Links are `reserved` again, or without a hash, and their children are done again, with the ids that reserve() made
//   durable.
// - The cursor, the backfills and the quarantine are as before the batch: an incremental pass meets the same parents.
// - A hash that is not there any more only costs a look at the child. No old hash comes back: begin_write(), which took
//   it away before the child was touched, has waited for the disk.
// Every later reserve(), begin_write() and RunStore::finish() waits for the disk and takes all earlier outcomes along,
// so what a run has reported as done is durable. Without a lease somebody is told that a child exists, with no such end
// of a run: it waits.
void PostgresLinkStore::record_outcome(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                       SyncedLinks which, const BatchOutcome& outcome) {
    if (lease == nullptr && outcome.empty()) {
        return;
    }
    const std::string entity_name(entity.name);
    const std::string& family_name = family.name;
    const auto synced = in_order_of_locks(std::span(outcome.synced), Counts::last);
    const auto retired = in_order_of_locks(std::span(outcome.retired), Counts::last);
    const auto record = [&](postgres::Transaction& transaction, bool is_first_try) {
        begin(transaction, lease,
              lease == nullptr ? std::string(by_index) : std::string(by_index) + without_waiting_for_the_disk);
        auto backfills = outcome.backfills_requested;
        record_links(transaction, entity, family, which, synced, retired, is_first_try, backfills);
        if (!outcome.quarantined.empty()) {
            put_aside(transaction, entity_name, family_name, outcome.quarantined);
        }
        if (!outcome.released.empty()) {
            release_from_quarantine(transaction, entity_name, family_name, outcome.released);
        }
        if (!outcome.foreign_edits.empty()) {
            keep_foreign_edits(transaction, entity_name, family_name, outcome.foreign_edits);
        }
        if (!outcome.erasures_requested.empty()) {
            request_erasures(transaction, entity, outcome.erasures_requested, erasure_by_parent);
        }
        if (!outcome.backfills_done.empty()) {
            end_backfills(transaction, entity_name, family_name, outcome.backfills_done);
        }
        if (!backfills.empty()) {
            request_backfills(transaction, family_name, backfills);
        }
        if (outcome.cursor) {
            move_cursor(transaction, entity_name, family_name, *outcome.cursor);
        }
        if (outcome.caught_up_at) {
            note_caught_up(transaction, entity_name, family_name, *outcome.caught_up_at);
        }
    };
    try {
        pool_.transact([&](postgres::Transaction& transaction) { record(transaction, true); });
    } catch (const SomebodyElseWrote&) {
        pool_.transact([&](postgres::Transaction& transaction) { record(transaction, false); });
    }
}

}  // namespace twinfleet::mirroring
