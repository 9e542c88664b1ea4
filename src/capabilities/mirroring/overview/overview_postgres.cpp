#include "capabilities/mirroring/overview/overview_postgres.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/schema/values_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr auto select_leases =
    "SELECT job, family, holder, extract(epoch FROM acquired_at), extract(epoch FROM expires_at)"
    " FROM fleet_sync.job_leases WHERE holder <> '' AND expires_at > clock_timestamp()";

// Seconds are the upper half of a timestamp.
constexpr auto select_cursors =
    "SELECT entity, family,"
    " extract(epoch FROM to_timestamp(greatest(div(source_timestamp, 4294967296), source_date_ms / 1000.0)::float8)),"
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
    pool_.transact([&](pqxx::work& transaction) {
        states.clear();
        const auto leases = transaction.exec(select_leases);
        for (auto row = leases.begin(); row != leases.end(); ++row) {
            stored::Columns columns(row);
            const auto job = columns.text();
            const auto family = columns.text();
            state_of(job, family).lease = LeaseState{
                .holder = std::string(columns.text()), .acquired_at = columns.time(), .expires_at = columns.time()};
        }
        const auto cursors = transaction.exec(select_cursors);
        for (auto row = cursors.begin(); row != cursors.end(); ++row) {
            stored::Columns columns(row);
            const auto job = columns.text();
            const auto family = columns.text();
            state_of(job, family).cursor = CursorState{
                .source_time = columns.time(), .moved_at = columns.time(), .caught_up_at = columns.optional_time()};
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
    return pool_.transact([&](pqxx::work& transaction) {
        ParkState park;
        const auto& park_id = stored::text(id.value());
        const auto rows = transaction.exec_params(count_links_sql, park_id);
        for (auto row = rows.begin(); row != rows.end(); ++row) {
            stored::Columns columns(row);
            const auto family = columns.text();
            const auto entity = columns.text();
            auto state = std::ranges::find_if(park.entities, [&](const ParkEntityState& known) {
                return known.family == family && known.entity == entity;
            });
            if (state == park.entities.end()) {
                park.entities.push_back({.family = std::string(family), .entity = std::string(entity)});
                state = std::prev(park.entities.end());
            }
            const auto link_state = columns.text();
            const auto count = columns.number<std::size_t>();
            const auto synced_at = columns.time();
            (link_state == "linked"     ? state->linked
             : link_state == "reserved" ? state->reserved
                                        : state->retired) = count;
            state->last_synced_at = std::max(state->last_synced_at.value_or(synced_at), synced_at);
        }
        park.quarantined =
            transaction.exec_params1("SELECT count(*) FROM fleet_sync.quarantine WHERE parent_park_id = $1", park_id)[0]
                .as<std::size_t>();
        return park;
    });
}

Time PostgresOverview::now() {
    return pool_.transact([](pqxx::work& transaction) {
        return stored::Columns(transaction.exec1("SELECT extract(epoch FROM clock_timestamp())")).time();
    });
}

}  // namespace twinfleet::mirroring
