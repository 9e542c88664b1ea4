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

std::int64_t database_clock_us(postgres::Pool& pool) {
    return pool.transact([](postgres::Transaction& transaction) {
        return transaction.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
            .only_value<std::int64_t>();
    });
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
