#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/driver_cache/cache_status.hpp"
#include "capabilities/driver_cache/cached_car.hpp"
#include "capabilities/driver_cache/cached_driver.hpp"
#include "capabilities/driver_cache/cached_park.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "platform/incremental_cache/cache_updater.hpp"
#include "platform/incremental_cache/incremental_cache.hpp"
#include "platform/incremental_cache/mongo/document_source_mongo.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::driver_cache {

/// Where the collections are.
struct CollectionNames {
    std::string drivers_database = "dbdrivers";
    std::string cars_database = "dbcars";
    std::string parks_database = "dbparks";
};

struct Settings {
    incremental_cache::Settings caches;
    CollectionNames names;
};

/// The FleetDirectory of a service: three caches, each kept up to date by two threads with at most one connection each.
/// Exports the metrics that platform/incremental_cache/cache_metrics.hpp lists, with the prefix `driver_cache`, of the
/// caches `drivers`, `cars` and `parks`.
class DriverCaches final : public FleetDirectory {
public:
    /// Loads the dumps; nothing is read from the store before start(). What is passed by reference, `settings` apart,
    /// must outlive this.
    DriverCaches(const Settings& settings, const mongo::Pool& pool, const platform::Clock& clock, log::Logger& log,
                 metrics::Registry& registry);
    /// Ends the threads, and waits for the passes that are under way.
    ~DriverCaches() override;

    /// Starts the threads that follow the collections until `stop` is requested or this object is destroyed. To be
    /// called once.
    void start(std::stop_token stop);

    /// Whether all three caches were filled, by a dump or by reading everything, so that the service can serve.
    [[nodiscard]] bool is_filled() const;
    /// Returns false when `stop` was requested or `timeout` passed first.
    bool wait_until_filled(const std::stop_token& stop, std::chrono::milliseconds timeout) const;

    [[nodiscard]] std::optional<Driver> driver(std::string_view id) const override;
    /// The driver of that id, if he belongs to that park.
    [[nodiscard]] std::optional<Driver> driver_of_park(std::string_view park_id, std::string_view id) const;
    [[nodiscard]] std::vector<Driver> drivers_by_phone(std::string_view phone) const override;
    /// The drivers of all parks with that licence, which is normalized (domain/license.hpp).
    [[nodiscard]] std::vector<Driver> drivers_by_license(std::string_view license) const;
    [[nodiscard]] std::optional<Car> car(std::string_view id) const override;
    [[nodiscard]] std::optional<Park> park(std::string_view id) const override;
    [[nodiscard]] std::vector<Park> child_parks(std::string_view parent_park_id) const override;
    [[nodiscard]] bool is_driver_kept_aside(std::string_view id) const override;
    [[nodiscard]] bool is_park_kept_aside(std::string_view id) const override;

    [[nodiscard]] bool is_stale() const override;
    [[nodiscard]] std::optional<platform::Time> complete_until() const override;
    [[nodiscard]] std::chrono::milliseconds ready_in() const override;

    [[nodiscard]] std::vector<CacheStatus> status() const;

    /// For tests, which call the steps of the updaters instead of start().
    [[nodiscard]] std::vector<incremental_cache::CacheUpdater*> updaters();

private:
    template <incremental_cache::CachedType Type>
    struct Followed;
    struct Members;

    std::unique_ptr<Members> members_;
};

}  // namespace twinfleet::driver_cache
