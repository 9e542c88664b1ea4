#include "apps/fleet_synchronizer/startup/api.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "capabilities/mirroring/api/mirror_api_http.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_reader_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"
#include "capabilities/mirroring/memory/runs/run_store_postgres.hpp"
#include "capabilities/mirroring/overview/overview_postgres.hpp"
#include "platform/api/api_server.hpp"
#include "platform/api/service_tokens.hpp"
#include "platform/metrics/pool_metrics.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

/// Each has a connection of its own.
constexpr std::size_t link_threads = 2;
constexpr std::size_t creation_threads = 4;
/// Beside those of `api.threads` and of creation: for signs of life of runs and the like.
constexpr std::size_t spare_connections = 2;

postgres::Settings of_api(postgres::Settings settings, std::size_t connections) {
    settings.connections_max = connections;
    return settings;
}

}  // namespace

/// Connections to PostgreSQL for everything that blocks, and for links.
struct Api::Connections {
    explicit Connections(const Settings& settings)
        : pool(of_api(settings.postgres, settings.api.threads + creation_threads + spare_connections)),
          link_lookup(settings.postgres, link_threads) {}

    postgres::Pool pool;
    mirroring::PostgresLinkLookup link_lookup;
};

struct Api::Parts {
    Parts(const Settings& settings, mirroring::JobRunner& runner, const mirroring::JobDependencies& dependencies,
          const mirroring::LeaseSettings& lease, mirroring::LeaseWishes& lease_wishes, metrics::Registry& registry,
          const std::stop_token& stop)
        : jobs(dependencies),
          connections(std::make_shared<Connections>(settings)),
          links(connections->pool),
          quarantine(connections->pool),
          foreign_edits(connections->pool),
          runs(connections->pool),
          overview(connections->pool),
          link_reader(
              [this](const mirroring::Entity& entity, std::span<const std::string> ids) {
                  return connections->link_lookup.look_up(entity, ids);
              },
              {.threads = link_threads}),
          child_creator([this](const domain::AppFamily& family,
                               std::span<const domain::ParentId> ids) { return create(family, ids); },
                        {.threads = creation_threads}),
          launcher(runner, dependencies, lease_wishes, {.lease = lease, .lease_wait = settings.lease.wait}, stop) {
        if (!settings.api.service_tokens_file.empty()) {
            tokens.emplace(settings.api.service_tokens_file, dependencies.log);
        }
        const mirroring::MirrorApi api{.link_reader = link_reader,
                                       .child_creator = child_creator,
                                       .launcher = launcher,
                                       .runs = runs,
                                       .quarantine = quarantine,
                                       .foreign_edits = foreign_edits,
                                       .links = links,
                                       .overview = overview,
                                       .stores = dependencies.stores,
                                       .families = settings.families,
                                       .schedules = settings.jobs,
                                       .log = dependencies.log};
        server.emplace(
            service_settings::server_settings(settings.api), mirroring::mirror_routes(api), mirroring::mirror_openapi(),
            [this] { return tokens ? tokens->snapshot() : nullptr; }, registry, dependencies.log, stop);
        // Whoever reads the metrics may do so while the API ends.
        registry.before_text([&registry, seen = std::weak_ptr<Connections>(connections)] {
            if (const auto open = seen.lock()) {
                metrics::show_pool(registry, "postgresql_api", metrics::usage_of(open->pool));
                metrics::show_pool(registry, "postgresql_links", metrics::usage_of(open->link_lookup));
            }
        });
    }

    [[nodiscard]] std::vector<mirroring::CreationAnswer> create(const domain::AppFamily& family,
                                                                std::span<const domain::ParentId> ids) {
        // Nobody waits for a store that is away: the caller is told to come back.
        const mirroring::World world{
            .links = links,
            .stores = jobs.stores,
            .unique_drivers = jobs.unique_drivers,
            .ids = jobs.ids,
            .clock = jobs.clock,
            .park_enabled = jobs.enabled_parks().is_enabled,
            .on_operation = {},
            .on_untaught_reference = jobs.on_untaught_reference,
        };
        return mirroring::create_child_drivers(world, family, ids);
    }

    // In order of dependency.
    const mirroring::JobDependencies& jobs;
    std::shared_ptr<Connections> connections;
    mirroring::PostgresLinkStore links;
    mirroring::PostgresQuarantineStore quarantine;
    mirroring::PostgresForeignEditStore foreign_edits;
    mirroring::PostgresRunStore runs;
    mirroring::PostgresOverview overview;
    mirroring::LinkReader link_reader;
    mirroring::ChildCreator child_creator;
    mirroring::RunLauncher launcher;
    std::optional<api::ServiceTokensFile> tokens;
    std::optional<api::ApiServer> server;
};

Api::Api(const Settings& settings, mirroring::JobRunner& runner, const mirroring::JobDependencies& dependencies,
         const mirroring::LeaseSettings& lease, mirroring::LeaseWishes& lease_wishes, metrics::Registry& registry,
         std::stop_token stop)
    : parts_(std::make_unique<Parts>(settings, runner, dependencies, lease, lease_wishes, registry, stop)) {}

Api::~Api() = default;

std::uint16_t Api::port() const noexcept {
    return parts_->server->port();
}

}  // namespace twinfleet::fleet_synchronizer
