#pragma once

#include "capabilities/mirroring/memory/changes/link_changes_postgres.hpp"
#include "capabilities/mirroring/memory/erasures/erasure_store_postgres.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds_postgres.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes_postgres.hpp"
#include "capabilities/mirroring/memory/runs/run_store_postgres.hpp"
#include "capabilities/mirroring/memory/source/remembered_source_postgres.hpp"
#include "capabilities/mirroring/memory/verification/verification_store_postgres.hpp"
#include "platform/clock/clock.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::fleet_synchronizer {

/// What the mirror remembers, in PostgreSQL, as jobs and commands see it.
struct MirrorMemory {
    /// Both outlive this.
    MirrorMemory(postgres::Pool& pool, const platform::Clock& clock);

    mirroring::PostgresLinkStore links;
    mirroring::PostgresLeaseStore leases;
    mirroring::PostgresQuarantineStore quarantine;
    mirroring::PostgresRunStore runs;
    mirroring::PostgresForeignEditStore foreign_edits;
    mirroring::PostgresLinkChanges link_changes;
    mirroring::PostgresErasureStore erasures;
    mirroring::PostgresVerificationStore verification;
    mirroring::PostgresLeaseWishes lease_wishes;
    mirroring::PostgresFullRoundStore full_rounds;
    mirroring::PostgresRememberedSource source;
};

}  // namespace twinfleet::fleet_synchronizer
