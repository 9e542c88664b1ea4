#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// Looks links up by the ids of parents and of children alike, in one round trip, for a LinkReader. Has connections of
/// its own, whose sessions are set up for nothing else. Safe to use from any thread. Errors as of postgres::Pool, also
/// for ids that PostgreSQL cannot hold.
class PostgresLinkLookup {
public:
    /// Does not connect yet.
    PostgresLinkLookup(postgres::Settings settings, std::size_t connections);

    /// Returns one answer for each id, in the same order.
    [[nodiscard]] std::vector<LinkAnswer> look_up(const Entity& entity, std::span<const std::string> ids);

    /// The connections, for metrics.
    [[nodiscard]] postgres::Pool::Usage usage() const { return pool_.usage(); }

    /// The settings of its sessions, in the form of libpq's `options`: ids are always looked up by index, and the plan
    /// of the query is made once, whatever the planner thinks of the table at that time.
    static constexpr const char* session_options =
        "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
        " -c enable_material=off -c plan_cache_mode=force_generic_plan -c jit=off";
    /// The query of such a session for one entity. The parameter $1 is the array of ids.
    [[nodiscard]] static std::string sql(const Entity& entity);

private:
    postgres::Pool pool_;
    /// Constant after construction.
    std::map<const Entity*, postgres::Pool::Statement> statements_;
};

}  // namespace twinfleet::mirroring
