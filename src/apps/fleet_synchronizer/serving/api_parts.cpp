#include "apps/fleet_synchronizer/serving/api_parts.hpp"

#include "capabilities/mirroring/api/mirror_api_http.hpp"
#include "capabilities/mirroring/memory/changes/link_changes_postgres.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_reader_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"
#include "capabilities/mirroring/memory/runs/run_store_postgres.hpp"
#include "capabilities/mirroring/overview/overview_postgres.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/metrics/pool_metrics.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

/// Each has a connection of its own.
constexpr std::size_t link_threads = 2;
constexpr std::size_t creation_threads = 4;
/// Beside those of the API's threads and of creation: for signs of life of runs and the like, and for the feed of
/// changes.
constexpr std::size_t spare_connections = 3;

postgres::Settings with_connections(postgres::Settings settings, std::size_t connections) {
    settings.connections_max = connections;
    return settings;
}

}  // namespace

struct ApiParts::Parts {
    Parts(const Settings& chosen, MirrorMemory& memory, MirrorJobs& mirror_jobs, metrics::Registry& registry,
          const std::stop_token& stop)
        : settings(chosen),
          jobs(mirror_jobs.dependencies),
          pool(with_connections(settings.postgres, settings.threads + creation_threads + spare_connections)),
          link_lookup(settings.postgres, link_threads),
          links(pool),
          quarantine(pool),
          foreign_edits(pool),
          runs(pool),
          overview(pool),
          link_reader([this](const mirroring::Entity& entity,
                             std::span<const std::string> ids) { return link_lookup.look_up(entity, ids); },
                      {.threads = link_threads}),
          link_changes(pool),
          link_change_feed(link_changes, jobs.clock, {}, stop),
          child_creator([this](const domain::AppFamily& family,
                               std::span<const domain::ParentId> ids) { return create(family, ids); },
                        {.threads = creation_threads}),
          launcher(mirror_jobs.runner, jobs, memory.lease_wishes,
                   {.lease = mirror_jobs.lease, .lease_wait = settings.mirror.lease.wait}, stop) {
        metrics::add_pool_metrics(
            registry, {metrics::watched("postgresql_api", pool), metrics::watched("postgresql_links", link_lookup)});
    }

    [[nodiscard]] std::vector<mirroring::CreationAnswer> create(const domain::AppFamily& family,
                                                                std::span<const domain::ParentId> ids) {
        // Nobody waits for a store that is away: the caller is told to come back.
        if (const auto problem = jobs.problem_of_source(mirroring::JobDependencies::source_age_max); !problem.empty()) {
            throw platform::StoreUnavailable("MongoDB", problem);
        }
        const mirroring::MirrorEnvironment environment =
            jobs.environment({links, quarantine, jobs.stores, jobs.unique_drivers, jobs.ids});
        return mirroring::create_child_drivers(environment, family, ids);
    }

    // In order of dependency.
    const Settings settings;
    const mirroring::JobDependencies& jobs;
    postgres::Pool pool;
    mirroring::PostgresLinkLookup link_lookup;
    mirroring::PostgresLinkStore links;
    mirroring::PostgresQuarantineStore quarantine;
    mirroring::PostgresForeignEditStore foreign_edits;
    mirroring::PostgresRunStore runs;
    mirroring::PostgresOverview overview;
    mirroring::LinkReader link_reader;
    mirroring::PostgresLinkChanges link_changes;
    mirroring::LinkChangeFeed link_change_feed;
    mirroring::ChildCreator child_creator;
    mirroring::RunLauncher launcher;
};

ApiParts::ApiParts(const Settings& settings, MirrorMemory& memory, MirrorJobs& jobs, metrics::Registry& registry,
                   const std::stop_token& stop)
    : parts_(std::make_unique<Parts>(settings, memory, jobs, registry, stop)) {}

ApiParts::~ApiParts() = default;

std::vector<api::Route> ApiParts::routes() {
    return mirroring::mirror_routes({.link_reader = parts_->link_reader,
                                     .link_changes = parts_->link_change_feed,
                                     .child_creator = parts_->child_creator,
                                     .launcher = parts_->launcher,
                                     .runs = parts_->runs,
                                     .quarantine = parts_->quarantine,
                                     .foreign_edits = parts_->foreign_edits,
                                     .links = parts_->links,
                                     .overview = parts_->overview,
                                     .stores = parts_->jobs.stores,
                                     .families = parts_->settings.mirror.families,
                                     .schedules = parts_->settings.mirror.schedules,
                                     .log = parts_->jobs.log});
}

}  // namespace twinfleet::fleet_synchronizer
