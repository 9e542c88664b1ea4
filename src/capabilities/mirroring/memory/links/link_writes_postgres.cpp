// Links that are reserved for children still to be inserted, and those whose children are about to be written.
#include <tuple>
#include <utility>

#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "capabilities/mirroring/memory/links/link_statements_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {

using namespace link_statements;

namespace {

/// Half the work of insert_reserved() for the server, but all or nothing: a parent that has a link refuses the others.
std::size_t copy_reserved(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
                          std::span<const NewLink* const> links, Time& created_at) {
    constexpr std::size_t row_bytes = 160;
    postgres::CopyRows rows(links.size() * row_bytes);
    for (const NewLink* link : links) {
        rows.column(family.name)
            .column(link->parent_id.value())
            .column(link->parent_park_id.value())
            .column(link->child_id.value())
            .column(link->child_park_id.value())
            .column("reserved")
            .end_row();
    }
    // As the column's default is.
    created_at = transaction.execute("SELECT extract(epoch FROM now())").only_value<Time>();
    transaction.copy(table_of(entity) + " (family, parent_id, parent_park_id, child_id, child_park_id, state)", rows);
    return links.size();
}

std::size_t insert_reserved(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
                            std::span<const NewLink* const> links, Time& created_at) {
    const auto made =
        transaction.execute("WITH made AS (INSERT INTO " + table_of(entity) +
                                " (family, parent_id, parent_park_id, child_id, child_park_id, state)"
                                " SELECT $1, parent_id, parent_park_id, child_id, child_park_id, 'reserved'"
                                " FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])"
                                " AS wanted (parent_id, parent_park_id, child_id, child_park_id)"
                                " ON CONFLICT (family, parent_id) DO NOTHING RETURNING 1)"
                                " SELECT count(*), extract(epoch FROM now()) FROM made",
                            family.name, ids_of(links, &NewLink::parent_id), ids_of(links, &NewLink::parent_park_id),
                            ids_of(links, &NewLink::child_id), ids_of(links, &NewLink::child_park_id));
    postgres::Row row = made.only_row();
    const auto count = row.number<std::size_t>();
    created_at = row.time();
    return count;
}

/// Keeps the links of those parents retired whose data is erased: that may have been asked for since their links were
/// looked for. Returns whether there are any.
bool keep_erased_retired(postgres::Transaction& transaction, const Entity& entity, const domain::AppFamily& family,
                         std::span<const NewLink* const> links) {
    if (!entity.can_be_erased) {
        return false;
    }
    std::vector<domain::ParentId> erased;
    in_parts(links, [&](std::span<const NewLink* const> part) {
        for (postgres::Row row : transaction.execute(
                 "SELECT parent_id FROM fleet_sync.erasures WHERE parent_id = ANY($1::text[]) ORDER BY parent_id",
                 ids_of(part, &NewLink::parent_id))) {
            erased.emplace_back(row.text());
        }
    });
    if (erased.empty()) {
        return false;
    }
    begin(transaction, nullptr, by_index);
    transaction.execute("UPDATE " + table_of(entity) + " AS link SET kept_retired = 'erased' FROM " + asked_links +
                            " WHERE " + is_asked + " AND link.kept_retired IS DISTINCT FROM 'erased'",
                        family.name, id_array(std::span(std::as_const(erased))));
    return true;
}

}  // namespace

std::vector<Link> PostgresLinkStore::reserve(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                             std::span<const NewLink> links) {
    const auto wanted = in_order_of_locks(links, Counts::first);
    Time created_at{};
    bool is_any_erased = false;
    const auto made = [&] {
        try {
            return pool_.transact([&](postgres::Transaction& transaction) {
                begin(transaction, lease, {});
                const std::size_t count = copy_reserved(transaction, entity, family, wanted, created_at);
                is_any_erased = keep_erased_retired(transaction, entity, family, wanted);
                return count;
            });
        } catch (const platform::StoreRefused&) {
            // Mostly a parent that somebody else has linked since it was looked up; COPY cannot leave it out. Whatever
            // else was refused is refused again here, with the right error.
            return pool_.transact([&](postgres::Transaction& transaction) {
                begin(transaction, lease, by_index);
                std::size_t count = 0;
                in_parts(std::span(wanted), [&](std::span<const NewLink* const> part) {
                    count += insert_reserved(transaction, entity, family, part, created_at);
                });
                is_any_erased = keep_erased_retired(transaction, entity, family, wanted);
                return count;
            });
        }
    }();
    if (made < wanted.size() || is_any_erased) {
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
    const std::string sql =
        "UPDATE " + table +
        " AS link SET source_hash = NULL, write_token = $3::bigint FROM"
        " (SELECT link.family, link.parent_id, link.source_hash, link.write_token, link.kept_retired FROM " +
        asked_links + " JOIN " + table + " AS link ON " + is_asked +
        " FOR UPDATE OF link) AS held"
        " WHERE link.family = held.family AND link.parent_id = held.parent_id"
        " RETURNING held.parent_id, encode(held.source_hash, 'hex'), held.write_token IS NOT NULL,"
        " held.kept_retired";
    const auto asked = in_order_of_locks(ids);
    return pool_.transact([&](postgres::Transaction& transaction) {
        begin(transaction, lease, by_index);
        BegunWrite begun;
        begun.token = transaction.execute("SELECT nextval('fleet_sync.write_tokens')").only_value<std::int64_t>();
        in_parts(std::span(asked), [&](std::span<const domain::ParentId* const> part) {
            const auto rows = transaction.execute(sql, family.name, id_array(part), begun.token);
            for (postgres::Row row : rows) {
                domain::ParentId parent_id(row.text());
                const auto hash = row.optional_bytes<std::tuple_size_v<SourceHash>>();
                const bool is_contended = row.boolean();
                if (const auto kept = row.optional_text()) {
                    begun.kept_retired.push_back({parent_id, kept_retired_of(*kept)});
                }
                if (is_contended) {
                    begun.contended.push_back(std::move(parent_id));
                } else if (hash) {
                    begun.taken.push_back({std::move(parent_id), *hash});
                }
            }
        });
        return begun;
    });
}

std::vector<domain::ParentId> PostgresLinkStore::taken_over_among(const Lease* lease, const Entity& entity,
                                                                  const domain::AppFamily& family,
                                                                  std::span<const OwnWrite> writes) {
    const std::string sql =
        "SELECT asked.parent_id FROM (SELECT $1::text AS family, * FROM unnest($2::text[], $3::bigint[])"
        " AS value (parent_id, write_token) OFFSET 0) AS asked JOIN " +
        table_of(entity) + " AS link ON " + is_asked +
        " WHERE CASE WHEN asked.write_token IS NULL THEN link.state <> 'reserved'"
        " ELSE link.write_token IS DISTINCT FROM asked.write_token END";
    const auto asked = in_order_of_locks(writes, Counts::last);
    return pool_.transact([&](postgres::Transaction& transaction) {
        begin(transaction, lease, by_index);
        std::vector<domain::ParentId> taken_over;
        in_parts(std::span(asked), [&](std::span<const OwnWrite* const> part) {
            const auto rows = transaction.execute(sql, family.name, ids_of(part, &OwnWrite::parent_id),
                                                  postgres::array_of(part, &OwnWrite::write_token));
            for (postgres::Row row : rows) {
                taken_over.emplace_back(row.text());
            }
        });
        return taken_over;
    });
}

void PostgresLinkStore::keep_retired(const Entity& entity, const domain::AppFamily& family,
                                     std::span<const domain::ParentId> ids, bool is_kept) {
    const auto asked = in_order_of_locks(ids);
    pool_.transact([&](postgres::Transaction& transaction) {
        begin(transaction, nullptr, by_index);
        in_parts(std::span(asked), [&](std::span<const domain::ParentId* const> part) {
            transaction.execute("UPDATE " + table_of(entity) +
                                    " AS link SET kept_retired = CASE WHEN $3::boolean THEN 'on_purpose' END FROM " +
                                    asked_links + " WHERE " + is_asked +
                                    " AND link.kept_retired IS DISTINCT FROM 'erased'",
                                family.name, id_array(part), is_kept ? "true" : "false");
        });
    });
}

}  // namespace twinfleet::mirroring
