#include "capabilities/access_control/records/record_feed_postgres.hpp"

#include <algorithm>
#include <type_traits>

#include "capabilities/access_control/records/record_columns_postgres.hpp"
#include "platform/postgres/array_literal.hpp"

namespace twinfleet::access_control {
namespace {

/// Below so many, counting takes no time.
constexpr std::int64_t counted_max = 10'000;

template <typename Record>
using KindOf = std::conditional_t<std::is_same_v<Record, GroupRecord>, stored::Groups, stored::Users>;

template <typename Kind>
std::vector<typename Kind::Record> read_records(const postgres::Result& rows) {
    std::vector<typename Kind::Record> records;
    records.reserve(rows.size());
    for (const postgres::Row row : rows) {
        records.push_back(Kind::read(row));
    }
    return records;
}

/// SELECT with conditions on `record`; a filter of parks is $1.
template <typename Kind>
std::string select(const ParkFilter& parks, const std::string& condition, const std::string& order) {
    std::string sql =
        "SELECT " + stored::selected_columns<Kind>() + " FROM " + std::string(Kind::table) + " AS record WHERE ";
    // The parameter is there either way.
    sql += parks ? "record.park_id = ANY ($1::text[])" : "$1::text IS NULL";
    if (std::is_same_v<Kind, stored::Users>) {
        sql += " AND NOT record.is_master";
    }
    return sql + condition + order;
}

template <typename Kind, typename... Parameters>
std::vector<typename Kind::Record> query(postgres::Pool& pool, const std::string& sql, const ParkFilter& parks,
                                         const Parameters&... parameters) {
    const std::optional<std::string> park_ids = parks ? std::optional(postgres::array_of(*parks)) : std::nullopt;
    return read_records<Kind>(pool.transact(
        [&](postgres::Transaction& transaction) { return transaction.execute(sql, park_ids, parameters...); }));
}

}  // namespace

DatabaseClock database_clock(postgres::Pool& pool) {
    const auto rows = pool.transact([](postgres::Transaction& transaction) {
        return transaction.execute(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,"
            " (extract(epoch FROM access_control.settled_until()) * 1000000)::bigint");
    });
    postgres::Row row = rows[0];
    // Braces, here and below: evaluated in the order of the columns.
    return {.now_us = row.number<std::int64_t>(), .settled_us = row.number<std::int64_t>()};
}

std::vector<LoginHolder> find_login_holders(postgres::Pool& pool, const std::vector<LoginHolder>& questions) {
    const auto parks = postgres::array_of(questions, [](const LoginHolder& one) { return one.park_id.value(); });
    const auto logins = postgres::array_of(questions, [](const LoginHolder& one) { return one.login; });
    const auto rows = pool.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(
            "SELECT DISTINCT holder.park_id, holder.login, holder.id FROM access_control.users AS holder"
            " JOIN unnest($1::text[], $2::text[]) AS asked (park_id, login)"
            " ON holder.park_id = asked.park_id AND holder.login = asked.login",
            parks, logins);
    });
    std::vector<LoginHolder> holders;
    holders.reserve(rows.size());
    for (postgres::Row row : rows) {
        holders.push_back({.park_id = ParkId(row.text()), .login = std::string(row.text()), .id = UserId(row.text())});
    }
    return holders;
}

template <typename Record>
std::vector<Record> RecordFeed<Record>::changes(const std::optional<FeedPosition>& after, const ParkFilter& parks,
                                                std::size_t limit) {
    using Kind = KindOf<Record>;
    const FeedPosition position = after.value_or(FeedPosition{-record_time_us_max, {}});
    const std::string condition =
        " AND (record.updated_at, record.id) > (" + std::string(postgres::time_of_microseconds) + "$2::bigint, $3)";
    return query<Kind>(pool_, select<Kind>(parks, condition, " ORDER BY record.updated_at, record.id LIMIT $4"), parks,
                       std::clamp(position.updated_us, -record_time_us_max, record_time_us_max), position.id,
                       static_cast<std::int64_t>(limit));
}

template <typename Record>
std::vector<RemovedRecord> RecordFeed<Record>::removals(const std::optional<FeedPosition>& after,
                                                        const ParkFilter& parks, std::size_t limit) {
    const FeedPosition position = after.value_or(FeedPosition{-record_time_us_max, {}});
    std::string sql = "SELECT id, park_id, ";
    sql.append(stored::microseconds_begin).append("updated_at").append(stored::microseconds_end);
    sql.append(" FROM access_control.removed_records WHERE kind = $2 AND (updated_at, id) > (");
    sql.append(postgres::time_of_microseconds).append("$3::bigint, $4)");
    sql.append(parks ? " AND park_id = ANY ($1::text[])" : " AND $1::text IS NULL");
    sql.append(" ORDER BY updated_at, id LIMIT $5");
    const std::optional<std::string> park_ids = parks ? std::optional(postgres::array_of(*parks)) : std::nullopt;
    const auto rows = pool_.transact([&](postgres::Transaction& transaction) {
        return transaction.execute(sql, park_ids, KindOf<Record>::name,
                                   std::clamp(position.updated_us, -record_time_us_max, record_time_us_max),
                                   position.id, static_cast<std::int64_t>(limit));
    });
    std::vector<RemovedRecord> removed;
    removed.reserve(rows.size());
    for (postgres::Row row : rows) {
        removed.push_back(
            {.id = std::string(row.text()), .park_id = ParkId(row.text()), .removed_us = row.number<std::int64_t>()});
    }
    return removed;
}

template <typename Record>
std::vector<Record> RecordFeed<Record>::all(const std::optional<std::string>& after_id, const ParkFilter& parks,
                                            std::size_t limit) {
    using Kind = KindOf<Record>;
    return query<Kind>(pool_, select<Kind>(parks, " AND record.id > $2", " ORDER BY record.id LIMIT $3"), parks,
                       after_id.value_or(""), static_cast<std::int64_t>(limit));
}

template <typename Record>
std::vector<Record> RecordFeed<Record>::retrieve(const std::vector<std::string>& ids) {
    using Kind = KindOf<Record>;
    return query<Kind>(pool_, select<Kind>(std::nullopt, " AND record.id = ANY ($2::text[])", ""), std::nullopt,
                       postgres::array_of(ids));
}

template <typename Record>
std::int64_t RecordFeed<Record>::estimated_count() {
    const std::string table(KindOf<Record>::table);
    return pool_.transact([&](postgres::Transaction& transaction) {
        const auto estimate =
            transaction.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = $1::regclass", table)
                .only_value<std::int64_t>();
        return estimate > counted_max ? estimate
                                      : transaction.execute("SELECT count(*) FROM " + table).only_value<std::int64_t>();
    });
}

template class RecordFeed<GroupRecord>;
template class RecordFeed<UserRecord>;

}  // namespace twinfleet::access_control
