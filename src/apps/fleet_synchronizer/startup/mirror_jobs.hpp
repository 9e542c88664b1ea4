#pragma once

#include <memory>

#include "apps/fleet_synchronizer/startup/city_configuration.hpp"
#include "apps/fleet_synchronizer/startup/entity_stores.hpp"
#include "apps/fleet_synchronizer/startup/job_findings.hpp"
#include "apps/fleet_synchronizer/startup/mirror_memory.hpp"
#include "apps/fleet_synchronizer/startup/mirror_settings.hpp"
#include "capabilities/mirroring/erasure/driver_erasure.hpp"
#include "capabilities/mirroring/erasure/driver_records_mongo.hpp"
#include "capabilities/mirroring/erasure/driver_traces_http.hpp"
#include "capabilities/mirroring/jobs/job_metrics.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/source/source_guard.hpp"
#include "capabilities/mirroring/stores/marked_source_mongo.hpp"
#include "capabilities/mirroring/stores/unique_driver_store_mongo.hpp"
#include "clients/access_control/access_control.hpp"
#include "clients/driver_protocol/driver_protocol.hpp"
#include "platform/log/logger.hpp"
#include "platform/mongo/client.hpp"
#include "platform/service/host.hpp"

namespace twinfleet::fleet_synchronizer {

/// What runs the jobs that mirror, and what they need beside the mirror's memory: the stores of documents, users and
/// groups, and whoever is told what they find.
struct MirrorJobs {
    /// A run gives up when a store is away for longer than Host::timeout() (`--timeout`); Host::stop() ends requests to
    /// access-control. `taking_up` says whether a MongoDB cluster may be taken up that nobody has met yet. Everything
    /// but the settings outlives this, and this outlives the last text of the metrics.
    MirrorJobs(const MirrorSettings& mirror, const mongo::Pool& mongo, MirrorMemory& memory,
               const CityConfiguration& cities, mirroring::SourceGuard::TakingUp taking_up, log::Logger& log,
               service::Host& host);
    MirrorJobs(const MirrorJobs&) = delete;
    MirrorJobs& operator=(const MirrorJobs&) = delete;

    // In order of dependency.
    mirroring::RandomIdSource ids;
    mirroring::MarkedSourceMongo marked_source;
    mirroring::SourceGuard source;
    /// nullptr where none is configured.
    const std::unique_ptr<const clients::AccessControl> access_control;
    const std::unique_ptr<const clients::DriverProtocol> driver_protocol;
    const EntityStores entity_stores;
    mirroring::UniqueDriverStoreMongo unique_drivers;
    mirroring::JobMetrics metrics;
    JobFindings findings;
    const mirroring::JobDependencies dependencies;
    const mirroring::JobSettings settings;
    mirroring::JobRunner runner;
    mirroring::MongoDriverRecords driver_records;
    /// nullptr where no driver-protocol is configured.
    const std::unique_ptr<mirroring::DriverTraces> driver_traces;
    mirroring::DriverErasure erasure;
    /// The leases that this process takes.
    const mirroring::LeaseSettings lease;
};

}  // namespace twinfleet::fleet_synchronizer
