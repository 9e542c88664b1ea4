#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/driver_cache/cache_status.hpp"
#include "capabilities/driver_cache/cached_car.hpp"
#include "capabilities/driver_cache/cached_driver.hpp"
#include "capabilities/driver_cache/cached_park.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_cache/fleet_watcher.hpp"
#include "platform/incremental_cache/cache_updater.hpp"
#include "platform/incremental_cache/incremental_cache.hpp"
#include "platform/incremental_cache/mongo/document_source_mongo.hpp"
#include "platform/incremental_cache/recheck.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::driver_cache {

/// The databases of the collections `drivers`, `cars` and `parks`.
struct CollectionNames {
    std::string drivers_database = "dbdrivers";
    std::string cars_database = "dbcars";
    std::string parks_database = "dbparks";
};

/// `caches` goes for each of the three caches.
struct Settings {
    incremental_cache::Settings caches;
    CollectionNames names;
};

/// The FleetDirectory of a service: three caches, each of them kept up to date by two threads (one for incremental
/// passes, one for full ones), drivers and parks by a third one (for what somebody relies on, see Recheck), with at
/// most one connection each. Exports the metrics that incremental_cache/cache_metrics.hpp and recheck.hpp list, for the
/// caches `drivers`, `cars` and `parks`.
class DriverCaches final : public FleetDirectory {
public:
    /// Loads the dumps from disk; nothing is read from MongoDB before start(). Everything but `settings` must outlive
    /// this object.
    DriverCaches(const Settings& settings, const mongo::Pool& pool, const platform::Clock& clock, log::Logger& log,
                 metrics::Registry& registry);
    /// Stops the passes that are under way and waits for them.
    ~DriverCaches() override;

    /// Has `watcher` told what becomes of drivers and parks that are in the caches, those of the dumps included. To be
    /// called once, before start(). `watcher` must outlive this object.
    void watch(FleetWatcher& watcher);
    /// Begins to follow the collections, until `stop` is requested or this object ends. To be called once.
    void start(std::stop_token stop);

    /// Reads these drivers from MongoDB now, as their documents are on the primary, and puts them into the cache as a
    /// pass would; with them come those of their cars, their parks, the parents of both and the parks of these that are
    /// not in the cache yet. Drivers that do not exist are passed over. Holds at most one connection at a time. Throws
    /// platform::StoreUnavailable or platform::StoreRefused. Safe to call from any thread.
    void read_now(std::span<const std::string> driver_ids);

    /// Whether each of the three caches was filled, by its dump or by reading everything: from then on it can serve.
    [[nodiscard]] bool is_filled() const;
    /// Waits for is_filled(). False when `stop` or `timeout` came first.
    bool wait_until_filled(const std::stop_token& stop, std::chrono::milliseconds timeout) const;

    [[nodiscard]] std::optional<Driver> driver(std::string_view id) const override;
    /// The driver of that id; nullopt also when he is in another park.
    [[nodiscard]] std::optional<Driver> driver_of_park(std::string_view park_id, std::string_view id) const;
    [[nodiscard]] std::vector<Driver> drivers_by_phone(std::string_view phone) const override;
    /// The drivers who have this licence, in all parks. `license` is normalized (domain/license.hpp).
    [[nodiscard]] std::vector<Driver> drivers_by_license(std::string_view license) const;
    [[nodiscard]] std::optional<Car> car(std::string_view id) const override;
    [[nodiscard]] std::optional<Park> park(std::string_view id) const override;
    [[nodiscard]] std::vector<Park> child_parks(std::string_view parent_park_id) const override;
    [[nodiscard]] bool is_driver_kept_aside(std::string_view id) const override;
    [[nodiscard]] bool is_park_kept_aside(std::string_view id) const override;

    void rely_on_driver(std::string_view id) const override;
    void rely_on_park(std::string_view id) const override;

    [[nodiscard]] bool is_stale() const override;
    /// Why nobody should be let in by these caches yet, or any longer, for a person; empty when there is no reason.
    [[nodiscard]] std::string problem() const;
    [[nodiscard]] std::optional<platform::Time> complete_until() const override;
    [[nodiscard]] std::optional<platform::Time> caught_up_until() const override;
    [[nodiscard]] std::chrono::milliseconds ready_in() const override;

    [[nodiscard]] std::vector<CacheStatus> status() const;

    /// For tests, which run the passes one by one instead of calling start().
    [[nodiscard]] std::vector<incremental_cache::CacheUpdater*> updaters();
    /// Those of parks and of drivers.
    [[nodiscard]] std::vector<incremental_cache::Recheck*> rechecks();

private:
    template <incremental_cache::CachedType Type>
    struct Followed;
    struct Members;

    std::unique_ptr<Members> members_;
};

}  // namespace twinfleet::driver_cache
