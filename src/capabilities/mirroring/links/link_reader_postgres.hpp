#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "capabilities/mirroring/links/link_lookup.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {

/// Links by parents' and children's ids alike, in one round trip, for a LinkReader. It has connections of its own,
/// whose sessions are set up for nothing else. Errors as of postgres::Pool; also for ids that PostgreSQL cannot hold.
class PostgresLinkLookup {
public:
    /// Does not connect.
    PostgresLinkLookup(postgres::Settings settings, std::size_t connections);

    [[nodiscard]] std::vector<LinkAnswer> look_up(const Entity& entity, std::span<const std::string> ids);

private:
    postgres::Pool pool_;
    /// Constant after construction.
    std::map<const Entity*, postgres::Pool::Statement> statements_;
};

}  // namespace twinfleet::mirroring
