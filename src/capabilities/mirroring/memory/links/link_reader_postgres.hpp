#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// Links by parents' and children's ids alike, in one round trip, for a LinkReader. It has connections of its own,
/// whose sessions are set up for nothing else. Errors as of postgres::Pool; also for ids that PostgreSQL cannot hold.
class PostgresLinkLookup {
public:
    /// Does not connect.
    PostgresLinkLookup(postgres::Settings settings, std::size_t connections);

    [[nodiscard]] std::vector<LinkAnswer> look_up(const Entity& entity, std::span<const std::string> ids);

    [[nodiscard]] postgres::Pool::Usage usage() const { return pool_.usage(); }

    /// What its sessions are set up with, as libpq's `options` has it: ids are always looked up by index, and the plan
    /// is made once, whatever the planner thinks of the table then.
    static constexpr const char* session_options =
        "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
        " -c enable_material=off -c plan_cache_mode=force_generic_plan -c default_transaction_read_only=on -c jit=off";
    /// What it asks there; $1 are the ids.
    [[nodiscard]] static std::string sql(const Entity& entity);

private:
    postgres::Pool pool_;
    /// Constant after construction.
    std::map<const Entity*, postgres::Pool::Statement> statements_;
};

}  // namespace twinfleet::mirroring
