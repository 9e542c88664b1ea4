#pragma once

#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds_postgres.hpp"
#include "capabilities/mirroring/memory/runs/run_store_postgres.hpp"
#include "capabilities/mirroring/memory/schema/schema_postgres.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {

/// The stores over an empty database with an up-to-date schema, for tests.
struct FreshPostgresStores {
    twinfleet::testing::PostgresDatabase database;
    postgres::Pool pool{{.dsn = database.dsn()}};
    const std::size_t steps = migrate_schema(pool);
    PostgresLinkStore links{pool};
    PostgresLeaseStore leases{pool};
    PostgresQuarantineStore quarantine{pool};
    PostgresRunStore runs{pool};
    PostgresFullRoundStore rounds{pool};
};

}  // namespace twinfleet::mirroring
