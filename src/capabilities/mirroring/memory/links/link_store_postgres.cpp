// What PostgresLinkStore reads. Its writes are in link_writes_postgres.cpp (links that are reserved or about to be
// written) and outcome_postgres.cpp (what a batch came to).
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"

#include <tuple>
#include <utility>

#include "capabilities/mirroring/memory/links/cursor_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "capabilities/mirroring/memory/links/link_statements_postgres.hpp"

namespace twinfleet::mirroring {

using namespace link_statements;

namespace {

// clang-format off
constexpr auto link_columns =
    "link.parent_id, link.parent_park_id, link.child_id, link.child_park_id, link.state,"
    " encode(link.source_hash, 'hex'), encode(timestamptz_send(link.source_updated_ts), 'hex'),"
    " encode(timestamptz_send(link.created_at), 'hex'), encode(timestamptz_send(link.synced_at), 'hex'), link.kept_retired";
// clang-format on

std::optional<KeptRetired> kept_retired_in(postgres::Row& row) {
    const auto text = row.optional_text();
    return text ? std::optional(kept_retired_of(*text)) : std::nullopt;
}

Link read_link(postgres::Row& row) {
    // Braces: evaluated in the order of the columns.
    return Link{.parent_id = domain::ParentId(row.text()),
                .parent_park_id = domain::ParentParkId(row.text()),
                .child_id = domain::ChildId(row.text()),
                .child_park_id = domain::ChildParkId(row.text()),
                .state = link_state_of(row.text()),
                .source_hash = row.optional_bytes<std::tuple_size_v<SourceHash>>(),
                .source_updated_ts = row.optional_sent_time(),
                .created_at = row.sent_time(),
                .synced_at = row.sent_time(),
                .kept_retired = kept_retired_in(row)};
}

void append_links(const postgres::Result& rows, std::vector<Link>& links) {
    links.reserve(links.size() + rows.size());
    for (postgres::Row row : rows) {
        links.push_back(read_link(row));
    }
}

void append_links(const postgres::Result& rows, std::vector<LinkStore::FamilyLink>& links) {
    links.reserve(links.size() + rows.size());
    for (postgres::Row row : rows) {
        std::string family(row.text());
        links.push_back({std::move(family), read_link(row)});
    }
}

}  // namespace

std::vector<Link> PostgresLinkStore::find_by_parent(const Entity& entity, const domain::AppFamily& family,
                                                    std::span<const domain::ParentId> ids) {
    const std::string sql = std::string("SELECT ") + link_columns + " FROM " + asked_links + " JOIN " +
                            table_of(entity) + " AS link ON " + is_asked;
    const auto asked = in_order_of_locks(ids);
    std::vector<Link> links;
    in_parts(std::span(asked), [&](std::span<const domain::ParentId* const> part) {
        pool_.transact([&](postgres::Transaction& transaction) {
            begin(transaction, nullptr, by_index);
            append_links(transaction.execute(sql, family.name, id_array(part)), links);
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
        pool_.transact([&](postgres::Transaction& transaction) {
            begin(transaction, nullptr, by_index);
            append_links(transaction.execute(sql, id_array(part)), links);
        });
    });
    return links;
}

std::vector<LinkStore::FamilyLink> PostgresLinkStore::find_by_child(const Entity& entity,
                                                                    std::span<const domain::ChildId> ids) {
    std::vector<FamilyLink> links;
    in_parts(ids, [&](std::span<const domain::ChildId> part) {
        pool_.transact([&](postgres::Transaction& transaction) {
            begin(transaction, nullptr, by_index);
            append_links(transaction.execute(std::string("SELECT family, ") + link_columns + " FROM " +
                                                 table_of(entity) + " AS link WHERE child_id = ANY($1::text[])",
                                             id_array(part)),
                         links);
        });
    });
    return links;
}

std::vector<Link> PostgresLinkStore::list(const Entity& entity, const domain::AppFamily& family, const Page& page) {
    postgres::Parameters parameters;
    std::string sql = std::string("SELECT ") + link_columns + " FROM " + table_of(entity) +
                      " AS link WHERE family = " + parameters.add(family.name);
    const std::string in_order = " ORDER BY parent_id LIMIT " + parameters.add(postgres::limit(page.limit));
    if (page.after) {
        sql += " AND parent_id > " + parameters.add(page.after->value());
    }
    if (!page.parent_park_ids.empty()) {
        sql += " AND parent_park_id = ANY(" + parameters.add(id_array(std::span(page.parent_park_ids))) + "::text[])";
    }
    sql += in_order;
    return pool_.transact([&](postgres::Transaction& transaction) {
        // Each page begins where the last one ended, instead of sorting all links for it.
        begin(transaction, nullptr, by_index);
        std::vector<Link> links;
        append_links(transaction.execute(sql, std::move(parameters).take()), links);
        return links;
    });
}

std::size_t PostgresLinkStore::count_not_retired(const Entity& entity, const domain::AppFamily& family,
                                                 std::span<const domain::ParentParkId> parent_park_ids) {
    const std::string sql = "SELECT count(*) FROM " + table_of(entity) + " WHERE family = $1 AND state <> 'retired'";
    return pool_.transact([&](postgres::Transaction& transaction) {
        const postgres::Result counted = parent_park_ids.empty()
                                             ? transaction.execute(sql, family.name)
                                             : transaction.execute(sql + " AND parent_park_id = ANY($2::text[])",
                                                                   family.name, id_array(parent_park_ids));
        return counted.only_value<std::size_t>();
    });
}

std::vector<domain::ParentId> PostgresLinkStore::erased_among(std::span<const domain::ParentId> driver_ids) {
    std::vector<domain::ParentId> erased;
    in_parts(driver_ids, [&](std::span<const domain::ParentId> part) {
        pool_.transact([&](postgres::Transaction& transaction) {
            for (postgres::Row row : transaction.execute(
                     "SELECT parent_id FROM fleet_sync.erasures WHERE parent_id = ANY($1::text[])", id_array(part))) {
                erased.emplace_back(row.text());
            }
        });
    });
    return erased;
}

std::optional<Cursor> PostgresLinkStore::cursor(const Entity& entity, const domain::AppFamily& family) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return read_cursor(transaction, std::string(entity.name), family.name);
    });
}

std::vector<Backfill> PostgresLinkStore::pending_backfills(const Entity& entity, const domain::AppFamily& family,
                                                           std::size_t limit) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        const auto rows = transaction.execute(
            "SELECT entity, parent_park_id, generation FROM fleet_sync.backfills WHERE entity = $1 AND family = $2"
            " ORDER BY requested_at, generation LIMIT $3",
            entity.name, family.name, postgres::limit(limit));
        std::vector<Backfill> backfills;
        backfills.reserve(rows.size());
        for (postgres::Row row : rows) {
            Backfill& backfill = backfills.emplace_back();
            backfill.entity = row.text();
            backfill.parent_park_id = domain::ParentParkId(row.text());
            backfill.generation = row.number<std::int64_t>();
        }
        return backfills;
    });
}

std::vector<std::string> PostgresLinkStore::quarantined_among(const Entity& entity, const domain::AppFamily& family,
                                                              std::span<const std::string> ids) {
    std::vector<std::string> found;
    in_parts(ids, [&](std::span<const std::string> part) {
        pool_.transact([&](postgres::Transaction& transaction) {
            const auto rows = transaction.execute(
                "SELECT parent_id FROM fleet_sync.quarantine WHERE entity = $1 AND family = $2"
                " AND fleet_sync.text_digest(parent_id) IN"
                " (SELECT fleet_sync.text_digest(id) FROM unnest($3::text[]) AS id)",
                entity.name, family.name, postgres::array_of(part));
            for (postgres::Row row : rows) {
                found.emplace_back(row.text());
            }
        });
    });
    return found;
}

std::size_t PostgresLinkStore::count_quarantined(const Entity& entity, const domain::AppFamily& family) {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return transaction
            .execute("SELECT count(*) FROM fleet_sync.quarantine WHERE entity = $1 AND family = $2", entity.name,
                     family.name)
            .only_value<std::size_t>();
    });
}

Time PostgresLinkStore::now() {
    return pool_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute("SELECT extract(epoch FROM clock_timestamp())").only_value<Time>();
    });
}

}  // namespace twinfleet::mirroring
