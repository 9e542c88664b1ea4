// Batches are columns: one array parameter for each, taken apart by unnest() in one statement, so a batch of a thousand
// links costs as many round trips as a single one.
//
// Writers of several rows lock them in the order of the parent ids, so two of them wait for each other instead of in a
// circle.
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"

#include <algorithm>

#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "capabilities/mirroring/memory/schema/values_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

/// Bounds the size of one statement.
constexpr std::size_t rows_per_statement_max = 10'000;

/// Batches are looked up by index, whatever the planner thinks of the table: of one that has just been filled it knows
/// nothing, and a middling one it would read as a whole rather than a thousand rows by index. It also gives the order
/// of locks.
constexpr auto by_index =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off; ";

/// `asked (family, parent_id)`, of the parameters $1 and $2. A condition `family = $1` would seem to be a selective one
/// until the table has statistics, and all links of the family would be read for it; OFFSET 0 keeps the planner from
/// making one.
constexpr auto asked_links =
    "(SELECT $1::text AS family, * FROM unnest($2::text[]) AS id (parent_id) OFFSET 0) AS asked";
constexpr auto is_asked = "link.family = asked.family AND link.parent_id = asked.parent_id";

constexpr auto without_waiting_for_the_disk = "SET LOCAL synchronous_commit = off; ";

// clang-format off
constexpr auto link_columns =
    "link.parent_id, link.parent_park_id, link.child_id, link.child_park_id, link.state,"
    " encode(link.source_hash, 'hex'), extract(epoch FROM link.source_updated_ts),"
    " extract(epoch FROM link.created_at), extract(epoch FROM link.synced_at)";
// clang-format on

/// Entities' names are from the program's own table.
std::string table_of(const Entity& entity) {
    return "fleet_sync.\"" + std::string(entity.name) + "\"";
}

const auto value_of = [](const auto& id) -> const std::string& { return id.value(); };

template <typename Id>
std::string id_array(std::span<const Id> ids) {
    return stored::text_array(ids, value_of);
}

std::string id_array(std::span<const domain::ParentId* const> ids) {
    return stored::text_array(ids, [](const domain::ParentId* id) -> const std::string& { return id->value(); });
}

Link read_link(stored::Columns& columns) {
    // Braces: evaluated in the order of the columns.
    return Link{.parent_id = domain::ParentId(columns.text()),
                .parent_park_id = domain::ParentParkId(columns.text()),
                .child_id = domain::ChildId(columns.text()),
                .child_park_id = domain::ChildParkId(columns.text()),
                .state = link_state_of(columns.text()),
                .source_hash = columns.hash(),
                .source_updated_ts = columns.optional_time(),
                .created_at = columns.time(),
                .synced_at = columns.time()};
}

void append_links(const pqxx::result& rows, std::vector<Link>& links) {
    links.reserve(links.size() + rows.size());
    for (auto row = rows.begin(); row != rows.end(); ++row) {
        stored::Columns columns(row);
        links.push_back(read_link(columns));
    }
}

void append_links(const pqxx::result& rows, std::vector<LinkStore::FamilyLink>& links) {
    links.reserve(links.size() + rows.size());
    for (auto row = rows.begin(); row != rows.end(); ++row) {
        stored::Columns columns(row);
        std::string family(columns.text());
        links.push_back({std::move(family), read_link(columns)});
    }
}

void begin(pqxx::work& transaction, const Lease* lease, const std::string& settings) {
    if (lease != nullptr) {
        require_lease(transaction, *lease, settings);
    } else {
        transaction.exec(settings);
    }
}

template <typename Item, typename Work>
void in_parts(std::span<Item> items, Work&& work) {
    for (std::size_t start = 0; start < items.size(); start += rows_per_statement_max) {
        work(items.subspan(start, std::min(rows_per_statement_max, items.size() - start)));
    }
}

const auto parent_of = [](const auto* item) -> const domain::ParentId& { return item->parent_id; };

/// Each once, in the order in which rows are locked.
std::vector<const domain::ParentId*> in_order_of_locks(std::span<const domain::ParentId> ids) {
    std::vector<const domain::ParentId*> ordered;
    ordered.reserve(ids.size());
    for (const auto& id : ids) {
        ordered.push_back(&id);
    }
    const auto id_of = [](const domain::ParentId* id) -> const domain::ParentId& { return *id; };
    std::ranges::sort(ordered, {}, id_of);
    const auto are_the_same = [](const domain::ParentId* left, const domain::ParentId* right) {
        return *left == *right;
    };
    ordered.erase(std::unique(ordered.begin(), ordered.end(), are_the_same), ordered.end());
    return ordered;
}

/// Which of several items with the same parent counts.
enum class Counts : std::uint8_t { first, last };

template <typename Item>
std::vector<const Item*> in_order_of_locks(std::span<const Item> items, Counts counts) {
    std::vector<const Item*> ordered;
    ordered.reserve(items.size());
    for (const Item& item : items) {
        ordered.push_back(&item);
    }
    if (counts == Counts::last) {
        std::ranges::reverse(ordered);
    }
    std::ranges::stable_sort(ordered, {}, parent_of);
    const auto are_of_one_parent = [](const Item* left, const Item* right) {
        return parent_of(left) == parent_of(right);
    };
    ordered.erase(std::unique(ordered.begin(), ordered.end(), are_of_one_parent), ordered.end());
    return ordered;
}

std::size_t insert_reserved(pqxx::work& transaction, const Entity& entity, const domain::AppFamily& family,
                            std::span<const NewLink* const> links, Time& created_at) {
    const auto column = [&](auto member) {
        return stored::text_array(
            links, [&](const NewLink* link) -> const std::string& { return std::invoke(member, link).value(); });
    };
    const auto made = transaction.exec_params1(
        "WITH made AS (INSERT INTO " + table_of(entity) +
            " (family, parent_id, parent_park_id, child_id, child_park_id, state)"
            " SELECT $1, parent_id, parent_park_id, child_id, child_park_id, 'reserved'"
            " FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])"
            " AS wanted (parent_id, parent_park_id, child_id, child_park_id)"
            " ON CONFLICT (family, parent_id) DO NOTHING RETURNING 1)"
            " SELECT count(*), extract(epoch FROM now()) FROM made",
        stored::text(family.name), column(&NewLink::parent_id), column(&NewLink::parent_park_id),
        column(&NewLink::child_id), column(&NewLink::child_park_id));
    stored::Columns columns(made);
    const auto count = columns.number<std::size_t>();
    created_at = columns.time();
    return count;
}

void mark_synced(pqxx::work& transaction, const Entity& entity, const domain::AppFamily& family, SyncedLinks which,
                 std::span<const SyncedLink* const> links) {
    const auto column = [&](auto member) {
        return stored::text_array(
            links, [&](const SyncedLink* link) -> const std::string& { return std::invoke(member, link).value(); });
    };
    postgres::ArrayLiteral hashes(links.size());
    postgres::ArrayLiteral times(links.size());
    postgres::ArrayLiteral tokens(links.size());
    for (const SyncedLink* link : links) {
        if (link->write_token) {
            tokens.add(std::to_string(*link->write_token));
        } else {
            tokens.add_null();
        }
        if (link->source_hash) {
            hashes.add_bytea(*link->source_hash);
        } else {
            hashes.add_null();
        }
        if (link->source_updated_ts) {
            times.add(stored::microseconds(*link->source_updated_ts));
        } else {
            times.add_null();
        }
    }
    // A row without a token that is `reserved` is that of an insert without one.
    const std::string is_own = "link.write_token IS NOT DISTINCT FROM synced.write_token";
    std::string sql = "UPDATE " + table_of(entity) +
                      " AS link SET state = 'linked', parent_park_id = synced.parent_park_id,"
                      " child_park_id = synced.child_park_id,"
                      " source_hash = CASE WHEN " +
                      is_own + " THEN synced.source_hash END, write_token = CASE WHEN " + is_own +
                      " THEN NULL ELSE link.write_token END, source_updated_ts = ";
    sql.append(stored::time_of_microseconds)
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
    transaction.exec_params(sql, stored::text(family.name), column(&SyncedLink::parent_id),
                            column(&SyncedLink::parent_park_id), column(&SyncedLink::child_park_id),
                            std::move(hashes).take(), std::move(times).take(), std::move(tokens).take());
}

void mark_retired(pqxx::work& transaction, const Entity& entity, const domain::AppFamily& family, SyncedLinks which,
                  std::span<const RetiredLink* const> links) {
    std::string sql = "UPDATE " + table_of(entity) +
                      " AS link SET state = 'retired', source_hash = NULL, write_token = NULL, synced_at = now()"
                      " FROM (SELECT $1::text AS family, * FROM unnest($2::text[], $3::bigint[])"
                      " AS value (parent_id, write_token) OFFSET 0) AS retired"
                      " WHERE link.family = retired.family AND link.parent_id = retired.parent_id"
                      " AND link.write_token = retired.write_token";
    if (which == SyncedLinks::reserved_only) {
        sql += " AND link.state = 'reserved'";
    }
    transaction.exec_params(
        sql, stored::text(family.name),
        stored::text_array(links,
                           [](const RetiredLink* link) -> const std::string& { return link->parent_id.value(); }),
        stored::text_array(links, [](const RetiredLink* link) { return std::to_string(link->write_token); }));
}

void put_aside(pqxx::work& transaction, const std::string& entity, const std::string& family,
               const std::vector<Quarantined>& parents) {
    // DISTINCT ON: one statement cannot touch an entry twice. The last word on a parent counts.
    transaction.exec_params(
        "INSERT INTO fleet_sync.quarantine (entity, family, parent_id, parent_park_id, reason)"
        " SELECT $1, $2, parent_id, parent_park_id, reason FROM"
        " (SELECT DISTINCT ON (parent_id) * FROM unnest($3::text[], $4::text[], $5::text[])"
        " WITH ORDINALITY AS parent (parent_id, parent_park_id, reason, place) ORDER BY parent_id, place DESC) AS last"
        " ORDER BY place"
        " ON CONFLICT (entity, family, fleet_sync.text_digest(parent_id)) DO UPDATE SET"
        " parent_park_id = excluded.parent_park_id, reason = excluded.reason, last_try_at = excluded.last_try_at",
        entity, family, stored::text_array(parents, &Quarantined::parent_id),
        stored::text_array(parents, &Quarantined::parent_park_id), stored::text_array(parents, &Quarantined::reason));
}

void release(pqxx::work& transaction, const std::string& entity, const std::string& family,
             const std::vector<std::string>& ids) {
    transaction.exec_params(
        "DELETE FROM fleet_sync.quarantine WHERE entity = $1 AND family = $2 AND fleet_sync.text_digest(parent_id) IN"
        " (SELECT fleet_sync.text_digest(id) FROM unnest($3::text[]) AS id)",
        entity, family, stored::text_array(ids));
}

const auto park_of = [](const Backfill& backfill) -> const std::string& { return backfill.parent_park_id.value(); };

void end_backfills(pqxx::work& transaction, const std::string& entity, const std::string& family,
                   const std::vector<Backfill>& backfills) {
    transaction.exec_params(
        "DELETE FROM fleet_sync.backfills AS pending USING unnest($3::text[], $4::bigint[])"
        " AS done (parent_park_id, generation) WHERE pending.entity = $1 AND pending.family = $2"
        " AND pending.parent_park_id = done.parent_park_id AND pending.generation = done.generation",
        entity, family, stored::text_array(backfills, park_of),
        stored::text_array(backfills, [](const Backfill& backfill) { return std::to_string(backfill.generation); }));
}

void request_backfills(pqxx::work& transaction, const std::string& family, const std::vector<Backfill>& backfills) {
    transaction.exec_params(
        "INSERT INTO fleet_sync.backfills (entity, family, parent_park_id)"
        " SELECT entity, $1, parent_park_id FROM unnest($2::text[], $3::text[])"
        " WITH ORDINALITY AS requested (entity, parent_park_id, place) GROUP BY entity, parent_park_id ORDER BY "
        "min(place)"
        " ON CONFLICT (entity, family, parent_park_id) DO UPDATE SET generation = excluded.generation",
        family, stored::text_array(backfills, &Backfill::entity), stored::text_array(backfills, park_of));
}

constexpr int increment_bits = 32;

void move_cursor(pqxx::work& transaction, const std::string& entity, const std::string& family, const Cursor& cursor) {
    std::optional<std::string> timestamp;
    if (const auto& reached = cursor.position.timestamp) {
        timestamp = std::to_string(std::uint64_t{reached->seconds} << increment_bits | reached->increment);
    }
    std::optional<std::string> date_ms;
    if (cursor.position.date_ms) {
        date_ms = std::to_string(*cursor.position.date_ms);
    }
    // greatest() passes over NULL.
    transaction.exec_params(
        "INSERT INTO fleet_sync.job_cursors AS known"
        " (entity, family, source_timestamp, source_date_ms, configuration_fingerprint) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (entity, family) DO UPDATE SET"
        " source_timestamp = greatest(known.source_timestamp, excluded.source_timestamp),"
        " source_date_ms = greatest(known.source_date_ms, excluded.source_date_ms),"
        " configuration_fingerprint = excluded.configuration_fingerprint, updated_at = now()",
        entity, family, timestamp ? timestamp->c_str() : nullptr, date_ms ? date_ms->c_str() : nullptr,
        stored::text(cursor.configuration_fingerprint));
}

}  // namespace

std::vector<Link> PostgresLinkStore::find_by_parent(const Entity& entity, const domain::AppFamily& family,
                                                    std::span<const domain::ParentId> ids) {
    const std::string sql = std::string("SELECT ") + link_columns + " FROM " + asked_links + " JOIN " +
                            table_of(entity) + " AS link ON " + is_asked;
    const auto asked = in_order_of_locks(ids);
    std::vector<Link> links;
    in_parts(std::span(asked), [&](std::span<const domain::ParentId* const> part) {
        pool_.transact([&](pqxx::work& transaction) {
            begin(transaction, nullptr, by_index);
            append_links(transaction.exec_params(sql, stored::text(family.name), id_array(part)), links);
        });
    });
    return links;
}

std::vector<LinkStore::FamilyLink> PostgresLinkStore::find_in_all_families(
    const Entity& entity, std::span<const domain::ParentId> parent_ids) {
    // The primary key begins with the family: the few families are found first, each by one step along the index.
    // OFFSET keeps the ids' part for itself: joined with the families later, each id would have the whole index read.
    const std::string table = table_of(entity);
    const std::string sql =
        "WITH RECURSIVE families AS (SELECT min(family) AS family FROM " + table +
        " UNION ALL SELECT (SELECT min(next.family) FROM " + table +
        " AS next WHERE next.family > families.family) FROM families WHERE families.family IS NOT NULL)"
        " SELECT link.family, " +
        link_columns + " FROM families CROSS JOIN LATERAL (SELECT * FROM " + table +
        " AS link WHERE link.family = families.family AND link.parent_id = ANY($1::text[]) OFFSET 0) AS link";
    const auto asked = in_order_of_locks(parent_ids);
    std::vector<FamilyLink> links;
    in_parts(std::span(asked), [&](std::span<const domain::ParentId* const> part) {
        pool_.transact([&](pqxx::work& transaction) {
            begin(transaction, nullptr, by_index);
            append_links(transaction.exec_params(sql, id_array(part)), links);
        });
    });
    return links;
}

std::vector<LinkStore::FamilyLink> PostgresLinkStore::find_by_child(const Entity& entity,
                                                                    std::span<const domain::ChildId> ids) {
    std::vector<FamilyLink> links;
    in_parts(ids, [&](std::span<const domain::ChildId> part) {
        pool_.transact([&](pqxx::work& transaction) {
            begin(transaction, nullptr, by_index);
            append_links(transaction.exec_params(std::string("SELECT family, ") + link_columns + " FROM " +
                                                     table_of(entity) + " AS link WHERE child_id = ANY($1::text[])",
                                                 id_array(part)),
                         links);
        });
    });
    return links;
}

std::vector<Link> PostgresLinkStore::list(const Entity& entity, const domain::AppFamily& family, const Page& page) {
    std::vector<std::string> parameters{stored::text(family.name), stored::limit(page.limit)};
    std::string sql =
        std::string("SELECT ") + link_columns + " FROM " + table_of(entity) + " AS link WHERE family = $1";
    if (page.after) {
        parameters.push_back(stored::text(page.after->value()));
        sql += " AND parent_id > $" + std::to_string(parameters.size());
    }
    if (!page.parent_park_ids.empty()) {
        parameters.push_back(stored::text_array(page.parent_park_ids, value_of));
        sql += " AND parent_park_id = ANY($" + std::to_string(parameters.size()) + "::text[])";
    }
    sql += " ORDER BY parent_id LIMIT $2";
    return pool_.transact([&](pqxx::work& transaction) {
        // Each page begins where the last one ended, instead of sorting all links for it.
        begin(transaction, nullptr, by_index);
        std::vector<Link> links;
        append_links(transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters)), links);
        return links;
    });
}

std::size_t PostgresLinkStore::count_not_retired(const Entity& entity, const domain::AppFamily& family,
                                                 std::span<const domain::ParentParkId> parent_park_ids) {
    const std::string sql = "SELECT count(*) FROM " + table_of(entity) + " WHERE family = $1 AND state <> 'retired'";
    return pool_.transact([&](pqxx::work& transaction) {
        const auto row = parent_park_ids.empty()
                             ? transaction.exec_params1(sql, stored::text(family.name))
                             : transaction.exec_params1(sql + " AND parent_park_id = ANY($2::text[])",
                                                        stored::text(family.name), id_array(parent_park_ids));
        return row[0].as<std::size_t>();
    });
}

std::vector<Link> PostgresLinkStore::reserve(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                             std::span<const NewLink> links) {
    const auto wanted = in_order_of_locks(links, Counts::first);
    Time created_at{};
    const auto made = pool_.transact([&](pqxx::work& transaction) {
        begin(transaction, lease, by_index);
        std::size_t count = 0;
        in_parts(std::span(wanted), [&](std::span<const NewLink* const> part) {
            count += insert_reserved(transaction, entity, family, part, created_at);
        });
        return count;
    });
    if (made < wanted.size()) {
        // Some parents had a link, or got one from somebody else while we waited for him: a new transaction sees it, at
        // any level of isolation. Links are never removed.
        std::vector<domain::ParentId> ids;
        ids.reserve(wanted.size());
        for (const NewLink* link : wanted) {
            ids.push_back(link->parent_id);
        }
        return find_by_parent(entity, family, ids);
    }
    std::vector<Link> standing;
    standing.reserve(wanted.size());
    for (const NewLink* link : wanted) {
        standing.push_back(Link{.parent_id = link->parent_id,
                                .parent_park_id = link->parent_park_id,
                                .child_id = link->child_id,
                                .child_park_id = link->child_park_id,
                                .state = LinkState::reserved,
                                .source_hash = std::nullopt,
                                .source_updated_ts = std::nullopt,
                                .created_at = created_at,
                                .synced_at = created_at});
    }
    return standing;
}

BegunWrite PostgresLinkStore::begin_write(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                          std::span<const domain::ParentId> ids) {
    // An update returns only what it left, so the rows are locked and read first: the hash in them is the last one that
    // was committed, whoever wrote it, and the token that of a write that has not ended.
    const std::string table = table_of(entity);
    const std::string sql = "UPDATE " + table +
                            " AS link SET source_hash = NULL, write_token = $3::bigint FROM"
                            " (SELECT link.family, link.parent_id, link.source_hash, link.write_token FROM " +
                            asked_links + " JOIN " + table + " AS link ON " + is_asked +
                            " FOR UPDATE OF link) AS held"
                            " WHERE link.family = held.family AND link.parent_id = held.parent_id"
                            " RETURNING held.parent_id, encode(held.source_hash, 'hex'), held.write_token IS NOT NULL";
    const auto asked = in_order_of_locks(ids);
    return pool_.transact([&](pqxx::work& transaction) {
        begin(transaction, lease, by_index);
        BegunWrite begun;
        begun.token = transaction.exec1("SELECT nextval('fleet_sync.write_tokens')")[0].as<std::int64_t>();
        in_parts(std::span(asked), [&](std::span<const domain::ParentId* const> part) {
            const auto rows = transaction.exec_params(sql, stored::text(family.name), id_array(part), begun.token);
            for (auto row = rows.begin(); row != rows.end(); ++row) {
                stored::Columns columns(row);
                domain::ParentId parent_id(columns.text());
                const auto hash = columns.hash();
                if (row[2].as<bool>()) {
                    begun.contended.push_back(std::move(parent_id));
                } else if (hash) {
                    begun.taken.push_back({std::move(parent_id), *hash});
                }
            }
        });
        return begun;
    });
}

// Under a lease, the end of the transaction does not wait for the disk. If the database crashes in the fraction of a
// second before that is made up for, the commits since are lost, each of them whole and the last ones first, as the log
// of PostgreSQL is written in order. Nothing is broken by that, because a batch and the cursor behind it are lost
// together:
// - Links are `reserved` again, or without a hash, and their children are done again, with the ids that reserve() made
// durable.
// - The cursor, the backfills and the quarantine are as before the batch, so an incremental pass meets the same
// parents.
// - A hash that is not there any more only costs a look at the child. No old hash comes back: begin_write(), which took
// it
//   away before the child was touched, has waited for the disk.
// Every later reserve(), begin_write() and RunStore::finish() waits for the disk and takes all earlier commits along,
// so what a run has reported as done is durable. Without a lease somebody is told that a child exists, with no such end
// of a run: it waits.
void PostgresLinkStore::commit(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                               SyncedLinks which, const BatchOutcome& outcome) {
    if (lease == nullptr && outcome.empty()) {
        return;
    }
    const std::string entity_name(entity.name);
    const std::string& family_name = stored::text(family.name);
    const auto synced = in_order_of_locks(std::span(outcome.synced), Counts::last);
    const auto retired = in_order_of_locks(std::span(outcome.retired), Counts::last);
    pool_.transact([&](pqxx::work& transaction) {
        begin(transaction, lease,
              lease == nullptr ? std::string(by_index) : std::string(by_index) + without_waiting_for_the_disk);
        in_parts(std::span(synced), [&](std::span<const SyncedLink* const> part) {
            mark_synced(transaction, entity, family, which, part);
        });
        in_parts(std::span(retired), [&](std::span<const RetiredLink* const> part) {
            mark_retired(transaction, entity, family, which, part);
        });
        if (!outcome.quarantined.empty()) {
            put_aside(transaction, entity_name, family_name, outcome.quarantined);
        }
        if (!outcome.released.empty()) {
            release(transaction, entity_name, family_name, outcome.released);
        }
        if (!outcome.foreign_edits.empty()) {
            keep_foreign_edits(transaction, entity_name, family_name, outcome.foreign_edits);
        }
        if (!outcome.backfills_done.empty()) {
            end_backfills(transaction, entity_name, family_name, outcome.backfills_done);
        }
        if (!outcome.backfills_requested.empty()) {
            request_backfills(transaction, family_name, outcome.backfills_requested);
        }
        if (outcome.cursor) {
            move_cursor(transaction, entity_name, family_name, *outcome.cursor);
        }
        if (outcome.caught_up_at) {
            transaction.exec_params("UPDATE fleet_sync.job_cursors SET caught_up_at = greatest(caught_up_at, " +
                                        std::string(stored::time_of_microseconds) +
                                        "$3::bigint) WHERE entity = $1 AND family = $2",
                                    entity_name, family_name, stored::microseconds(*outcome.caught_up_at));
        }
    });
}

std::optional<Cursor> PostgresLinkStore::cursor(const Entity& entity, const domain::AppFamily& family) {
    return pool_.transact([&](pqxx::work& transaction) -> std::optional<Cursor> {
        const auto rows = transaction.exec_params(
            "SELECT source_timestamp, source_date_ms, configuration_fingerprint FROM fleet_sync.job_cursors"
            " WHERE entity = $1 AND family = $2",
            std::string(entity.name), stored::text(family.name));
        if (rows.empty()) {
            return std::nullopt;
        }
        stored::Columns columns(rows.front());
        Cursor cursor;
        if (const auto timestamp = columns.optional_number<std::uint64_t>()) {
            cursor.position.timestamp = bson::Timestamp{static_cast<std::uint32_t>(*timestamp >> increment_bits),
                                                        static_cast<std::uint32_t>(*timestamp)};
        }
        cursor.position.date_ms = columns.optional_number<std::int64_t>();
        cursor.configuration_fingerprint = columns.text();
        return cursor;
    });
}

std::vector<Backfill> PostgresLinkStore::pending_backfills(const Entity& entity, const domain::AppFamily& family,
                                                           std::size_t limit) {
    return pool_.transact([&](pqxx::work& transaction) {
        const auto rows = transaction.exec_params(
            "SELECT entity, parent_park_id, generation FROM fleet_sync.backfills WHERE entity = $1 AND family = $2"
            " ORDER BY requested_at, generation LIMIT $3",
            std::string(entity.name), stored::text(family.name), stored::limit(limit));
        std::vector<Backfill> backfills;
        backfills.reserve(rows.size());
        for (auto row = rows.begin(); row != rows.end(); ++row) {
            stored::Columns columns(row);
            Backfill& backfill = backfills.emplace_back();
            backfill.entity = columns.text();
            backfill.parent_park_id = domain::ParentParkId(columns.text());
            backfill.generation = columns.number<std::int64_t>();
        }
        return backfills;
    });
}

std::vector<std::string> PostgresLinkStore::quarantined_among(const Entity& entity, const domain::AppFamily& family,
                                                              std::span<const std::string> ids) {
    std::vector<std::string> found;
    in_parts(ids, [&](std::span<const std::string> part) {
        pool_.transact([&](pqxx::work& transaction) {
            const auto rows = transaction.exec_params(
                "SELECT parent_id FROM fleet_sync.quarantine WHERE entity = $1 AND family = $2"
                " AND fleet_sync.text_digest(parent_id) IN"
                " (SELECT fleet_sync.text_digest(id) FROM unnest($3::text[]) AS id)",
                std::string(entity.name), stored::text(family.name), stored::text_array(part));
            for (auto row = rows.begin(); row != rows.end(); ++row) {
                found.emplace_back(stored::Columns(row).text());
            }
        });
    });
    return found;
}

std::size_t PostgresLinkStore::count_quarantined(const Entity& entity, const domain::AppFamily& family) {
    return pool_.transact([&](pqxx::work& transaction) {
        return transaction
            .exec_params1("SELECT count(*) FROM fleet_sync.quarantine WHERE entity = $1 AND family = $2",
                          std::string(entity.name), stored::text(family.name))[0]
            .as<std::size_t>();
    });
}

Time PostgresLinkStore::now() {
    return pool_.transact([&](pqxx::work& transaction) {
        return stored::Columns(transaction.exec1("SELECT extract(epoch FROM clock_timestamp())")).time();
    });
}

}  // namespace twinfleet::mirroring
