#include "apps/fleet_synchronizer/startup/mirror_jobs.hpp"

#include <span>
#include <string>
#include <string_view>

#include <unistd.h>

#include "apps/fleet_synchronizer/startup/master_accounts_http.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

std::unique_ptr<const clients::AccessControl> make_access_control(const MirrorSettings& mirror, service::Host& host) {
    if (!mirror.has_access_control()) {
        return nullptr;
    }
    host.warn_of_plain(mirror.access_control);
    return std::make_unique<const clients::AccessControl>(
        http::JsonClientSettings{.client = mirror.access_control, .stop = host.stop()}, host.clock());
}

std::unique_ptr<const clients::DriverProtocol> make_driver_protocol(const MirrorSettings& mirror, service::Host& host) {
    if (mirror.driver_protocol.base_url.empty()) {
        return nullptr;
    }
    host.warn_of_plain(mirror.driver_protocol);
    return std::make_unique<const clients::DriverProtocol>(
        http::JsonClientSettings{.client = mirror.driver_protocol, .stop = host.stop()}, host.clock());
}

std::unique_ptr<mirroring::DriverTraces> make_driver_traces(const clients::DriverProtocol* driver_protocol) {
    return driver_protocol == nullptr ? nullptr : std::make_unique<mirroring::HttpDriverTraces>(*driver_protocol);
}

/// What a command finds wrong with the cluster it says itself.
log::Logger& nowhere() {
    static log::NullLogger log;
    return log;
}

/// Names this process to a person who asks who holds a job.
std::string lease_holder() {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return std::string(host) + " (process " + std::to_string(getpid()) + ")";
}

}  // namespace

MirrorJobs::MirrorJobs(const MirrorSettings& mirror, const mongo::Pool& mongo, MirrorMemory& memory,
                       const CityConfiguration& cities, mirroring::SourceGuard::TakingUp taking_up, log::Logger& log,
                       service::Host& host)
    : marked_source(mongo, {}),
      source(marked_source, memory.source, ids, host.clock(), host.is_serving() ? log : nowhere(), taking_up),
      access_control(make_access_control(mirror, host)),
      driver_protocol(make_driver_protocol(mirror, host)),
      entity_stores(mongo, access_control.get()),
      unique_drivers(mongo, ids, mirroring::UniqueDriverStoreMongo::Settings{}),
      metrics(host.metrics(), host.clock()),
      findings(metrics, log),
      dependencies{
          .links = memory.links,
          .leases = memory.leases,
          .quarantine = memory.quarantine,
          .runs = memory.runs,
          .stores = entity_stores.by_name(),
          .unique_drivers = unique_drivers,
          .ids = ids,
          .clock = host.clock(),
          .log = log,
          .enabled_parks = [&cities] { return cities.enabled_parks(); },
          .on_untaught_reference = [this](const mirroring::Entity& entity,
                                          std::string_view field) { findings.untaught_reference(entity, field); },
          .is_lease_wished = [&memory](std::string_view job,
                                       std::string_view family) { return memory.lease_wishes.is_wished(job, family); },
          .on_foreign_edits =
              [this](const mirroring::Entity& entity, const domain::AppFamily& family,
                     const mirroring::ForeignEditsFound& found) { findings.foreign_edits(entity, family, found); },
          .verification = &memory.verification,
          .on_parks_get_users =
              [this, &memory, &cities](const domain::AppFamily& family, std::span<const domain::ParentParkId> parks) {
                  if (access_control != nullptr) {
                      make_master_accounts(*access_control, cities, memory.links,
                                           *entity_stores.by_name().find("parks")->second, family, parks);
                  }
              },
          .parent_erased = mirroring::parent_erased_by(mirror.erased_parents),
          .source_problem = [this](std::chrono::milliseconds age_max) { return source.problem(age_max); },
      },
      settings{.pass = mirror.pass, .store_timeout = host.timeout()},
      runner(dependencies, settings),
      driver_records(mongo, mirroring::MongoDriverRecords::Settings{}),
      driver_traces(make_driver_traces(driver_protocol.get())),
      erasure({.environment = dependencies.environment(dependencies.mirror_stores()),
               .erasures = memory.erasures,
               .records = driver_records,
               .traces = driver_traces.get(),
               .log = log}),
      lease{.lifetime = mirror.lease.lifetime, .holder = lease_holder()} {
    host.metrics().before_text([this] { metrics.update_ages(); });
}

}  // namespace twinfleet::fleet_synchronizer
