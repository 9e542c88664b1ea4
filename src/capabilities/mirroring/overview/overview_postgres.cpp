#include "capabilities/mirroring/overview/overview_postgres.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr auto select_leases =
    "SELECT job, family, holder, extract(epoch FROM acquired_at), extract(epoch FROM expires_at)"
    " FROM fleet_sync.job_leases WHERE holder <> '' AND expires_at > clock_timestamp()";

// Seconds are the upper half of a timestamp. A date may be any 64 bits; what RFC 3339 cannot write (years 1 to 9999) is
// shown as its first or last second.
constexpr auto select_cursors =
    "SELECT entity, family,"
    " extract(epoch FROM to_timestamp(least(greatest(div(source_timestamp, 4294967296), source_date_ms / 1000.0,"
    " -62135596800), 253402300799)::float8)),"
    " extract(epoch FROM updated_at), extract(epoch FROM caught_up_at) FROM fleet_sync.job_cursors"
    " WHERE source_timestamp IS NOT NULL OR source_date_ms IS NOT NULL";

/// The links of a park, counted along the index on `parent_park_id`.
std::string count_links() {
    std::string sql;
    for (const Entity& entity : entities()) {
        sql += sql.empty() ? "SELECT family, '" : " UNION ALL SELECT family, '";
        sql += entity.name;
        sql += "', state, count(*), extract(epoch FROM max(synced_at)) FROM fleet_sync.\"";
        sql += entity.name;
        sql += "\" WHERE parent_park_id = $1 GROUP BY family, state";
    }
    return sql;
}

}  // namespace

std::vector<JobState> PostgresOverview::jobs() {
    std::map<std::pair<std::string, std::string>, JobState> states;
    const auto state_of = [&](std::string_view job, std::string_view family) -> JobState& {
        JobState& state = states[{std::string(job), std::string(family)}];
        state.job = job;
        state.family = family;
        return state;
    };
    pool_.transact([&](postgres::Transaction& transaction) {
        states.clear();
        for (postgres::Row row : transaction.execute(select_leases)) {
            const auto job = row.text();
            const auto family = row.text();
            state_of(job, family).lease =
                LeaseState{.holder = std::string(row.text()), .acquired_at = row.time(), .expires_at = row.time()};
        }
        for (postgres::Row row : transaction.execute(select_cursors)) {
            const auto job = row.text();
            const auto family = row.text();
            state_of(job, family).cursor =
                CursorState{.source_time = row.time(), .moved_at = row.time(), .caught_up_at = row.optional_time()};
        }
    });
    std::vector<JobState> all;
    all.reserve(states.size());
    for (auto& [key, state] : states) {
        all.push_back(std::move(state));
    }
    return all;
}

ParkState PostgresOverview::park(const domain::ParentParkId& id) {
    static const std::string count_links_sql = count_links();
    return pool_.transact([&](postgres::Transaction& transaction) {
        ParkState park;
        for (postgres::Row row : transaction.execute(count_links_sql, id.value())) {
            const auto family = row.text();
            const auto entity = row.text();
            auto state = std::ranges::find_if(park.entities, [&](const ParkEntityState& known) {
                return known.family == family && known.entity == entity;
            });
            if (state == park.entities.end()) {
                park.entities.push_back({.family = std::string(family), .entity = std::string(entity)});
                state = std::prev(park.entities.end());
            }
            const auto link_state = row.text();
            const auto count = row.number<std::size_t>();
            const auto synced_at = row.time();
            (link_state == "linked"     ? state->linked
             : link_state == "reserved" ? state->reserved
                                        : state->retired) = count;
            state->last_synced_at = std::max(state->last_synced_at.value_or(synced_at), synced_at);
        }
        park.quarantined =
            transaction.execute("SELECT count(*) FROM fleet_sync.quarantine WHERE parent_park_id = $1", id.value())
                .only_value<std::size_t>();
        return park;
    });
}

Time PostgresOverview::now() {
    return pool_.transact([](postgres::Transaction& transaction) {
        return transaction.execute("SELECT extract(epoch FROM clock_timestamp())").only_value<Time>();
    });
}

}  // namespace twinfleet::mirroring
