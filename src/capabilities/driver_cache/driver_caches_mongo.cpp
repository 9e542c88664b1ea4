#include "capabilities/driver_cache/driver_caches_mongo.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <thread>
#include <utility>

namespace twinfleet::driver_cache {
namespace {

/// Unpacks the records of a change and gives them to `tell(before, after or nullptr, document hash)`.
template <incremental_cache::CachedType Type, typename Tell>
void watch_records(incremental_cache::RecordCache& records, Tell tell) {
    records.watch([tell](const incremental_cache::RecordCache::Change& change) {
        const auto before = incremental_cache::read_record<Type>(change.before);
        if (change.after.empty()) {
            tell(before, nullptr, change.document_hash);
            return;
        }
        const auto after = incremental_cache::read_record<Type>(change.after);
        tell(before, &after, change.document_hash);
    });
}

}  // namespace

using incremental_cache::CachedType;
using incremental_cache::CacheUpdater;
using incremental_cache::IncrementalCache;
using incremental_cache::MongoDocumentSource;
using incremental_cache::Recheck;

namespace {

/// Ids of one collection, each once.
using Ids = std::set<std::string>;

}  // namespace

/// One collection in memory, and what keeps it up to date.
template <CachedType Type>
struct DriverCaches::Followed {
    Followed(const Settings& settings, const std::string& database, const mongo::Pool& pool,
             const platform::Clock& clock, log::Logger& log, metrics::Registry& registry)
        : source(pool, database, std::string(Type::name), Type::fields()),
          updater(cache.records(), source, settings.caches, clock, log, registry, "driver_cache"),
          recheck(cache.records(), source, settings.caches, clock, log, registry, "driver_cache") {}

    /// Adds an id to `ids` unless it is empty or in the cache.
    void add_unknown(const std::string& id, Ids& ids) const {
        if (!id.empty() && !cache.find(id)) {
            ids.insert(id);
        }
    }
    /// Nothing is asked where there are no ids.
    void read_now(const Ids& ids) {
        if (!ids.empty()) {
            updater.read_now(std::vector<std::string>(ids.begin(), ids.end()));
        }
    }

    IncrementalCache<Type> cache;
    MongoDocumentSource source;
    CacheUpdater updater;
    Recheck recheck;
};

struct DriverCaches::Members {
    Members(const Settings& settings, const mongo::Pool& pool, const platform::Clock& clock, log::Logger& log,
            metrics::Registry& registry)
        : parks(settings, settings.names.parks_database, pool, clock, log, registry),
          cars(settings, settings.names.cars_database, pool, clock, log, registry),
          drivers(settings, settings.names.drivers_database, pool, clock, log, registry) {}

    [[nodiscard]] std::array<CacheUpdater*, 3> updaters() { return {&parks.updater, &cars.updater, &drivers.updater}; }

    /// Of the three caches; nullopt when one of them has no such time.
    [[nodiscard]] std::optional<platform::Time> earliest(std::optional<platform::Time> (CacheUpdater::*time)() const) {
        std::optional<platform::Time> earliest;
        for (const CacheUpdater* updater : updaters()) {
            const auto until = (updater->*time)();
            if (!until) {
                return std::nullopt;
            }
            earliest = earliest ? std::min(*earliest, *until) : *until;
        }
        return earliest;
    }
    /// Nobody is let in by a car.
    [[nodiscard]] std::array<Recheck*, 2> rechecks() { return {&parks.recheck, &drivers.recheck}; }

    Followed<CachedPark> parks;
    Followed<CachedCar> cars;
    Followed<CachedDriver> drivers;

    std::stop_source stop;
    std::optional<std::stop_callback<std::function<void()>>> stopped_by_owner;
    std::vector<std::jthread> threads;
};

DriverCaches::DriverCaches(const Settings& settings, const mongo::Pool& pool, const platform::Clock& clock,
                           log::Logger& log, metrics::Registry& registry)
    : members_(std::make_unique<Members>(settings, pool, clock, log, registry)) {
    std::vector<std::jthread> loads;
    for (CacheUpdater* updater : members_->updaters()) {
        loads.emplace_back([updater] { updater->load(); });
    }
}

DriverCaches::~DriverCaches() {
    members_->stop.request_stop();
}

void DriverCaches::watch(FleetWatcher& watcher) {
    watch_records<CachedDriver>(members_->drivers.cache.records(),
                                [&watcher](const Driver& before, const Driver* after, std::uint64_t document_hash) {
                                    watcher.driver_changed(before, after, document_hash);
                                });
    watch_records<CachedPark>(members_->parks.cache.records(),
                              [&watcher](const Park& before, const Park* after, std::uint64_t document_hash) {
                                  watcher.park_changed(before, after, document_hash);
                              });
}

void DriverCaches::start(std::stop_token stop) {
    members_->stopped_by_owner.emplace(std::move(stop), [source = members_->stop]() mutable { source.request_stop(); });
    for (CacheUpdater* updater : members_->updaters()) {
        const auto token = members_->stop.get_token();
        members_->threads.emplace_back([updater, token] { updater->run_incremental_passes(token); });
        members_->threads.emplace_back([updater, token] { updater->run_full_passes(token); });
    }
    for (Recheck* recheck : members_->rechecks()) {
        members_->threads.emplace_back([recheck, token = members_->stop.get_token()] { recheck->run(token); });
    }
}

void DriverCaches::read_now(std::span<const std::string> driver_ids) {
    auto& parks = members_->parks;
    auto& cars = members_->cars;
    auto& drivers = members_->drivers;
    const Ids asked(driver_ids.begin(), driver_ids.end());
    drivers.read_now(asked);
    Ids unknown_parents;
    Ids unknown_cars;
    Ids unknown_parks;
    Ids park_ids;
    const auto note_what_belongs_to = [&](const Ids& ids) {
        for (const std::string& id : ids) {
            if (const auto found = driver(id)) {
                drivers.add_unknown(found->parent_driver_id, unknown_parents);
                cars.add_unknown(found->car_id, unknown_cars);
                parks.add_unknown(found->park_id, unknown_parks);
                park_ids.insert(found->park_id);
            }
        }
    };
    note_what_belongs_to(asked);
    const Ids parents = std::exchange(unknown_parents, {});
    drivers.read_now(parents);
    note_what_belongs_to(parents);
    cars.read_now(unknown_cars);
    parks.read_now(unknown_parks);
    unknown_parks.clear();
    for (const std::string& id : park_ids) {
        if (const auto found = park(id)) {
            parks.add_unknown(found->parent_park_id, unknown_parks);
        }
    }
    parks.read_now(unknown_parks);
}

bool DriverCaches::is_filled() const {
    return std::ranges::all_of(members_->updaters(), [](const auto* updater) { return updater->is_filled(); });
}

bool DriverCaches::wait_until_filled(const std::stop_token& stop, std::chrono::milliseconds timeout) const {
    const auto until = std::chrono::steady_clock::now() + timeout;
    return std::ranges::all_of(members_->updaters(), [&](const auto* updater) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        return updater->wait_until_filled(stop, std::max(left, std::chrono::milliseconds(0)));
    });
}

std::optional<Driver> DriverCaches::driver(std::string_view id) const {
    return members_->drivers.cache.find(id);
}

std::optional<Driver> DriverCaches::driver_of_park(std::string_view park_id, std::string_view id) const {
    auto found = driver(id);
    return found && found->park_id == park_id ? std::move(found) : std::nullopt;
}

std::vector<Driver> DriverCaches::drivers_by_phone(std::string_view phone) const {
    return members_->drivers.cache.find_by_key(CachedDriver::by_phone, phone);
}

std::vector<Driver> DriverCaches::drivers_by_license(std::string_view license) const {
    return members_->drivers.cache.find_by_key(CachedDriver::by_license, license);
}

std::optional<Car> DriverCaches::car(std::string_view id) const {
    return members_->cars.cache.find(id);
}

std::optional<Park> DriverCaches::park(std::string_view id) const {
    return members_->parks.cache.find(id);
}

std::vector<Park> DriverCaches::child_parks(std::string_view parent_park_id) const {
    return members_->parks.cache.find_by_key(CachedPark::by_parent, parent_park_id);
}

bool DriverCaches::is_driver_kept_aside(std::string_view id) const {
    return members_->drivers.cache.records().is_kept_aside(id);
}

bool DriverCaches::is_park_kept_aside(std::string_view id) const {
    return members_->parks.cache.records().is_kept_aside(id);
}

void DriverCaches::rely_on_driver(std::string_view id) const {
    members_->drivers.recheck.rely_on(id);
}

void DriverCaches::rely_on_park(std::string_view id) const {
    members_->parks.recheck.rely_on(id);
}

bool DriverCaches::is_stale() const {
    return std::ranges::any_of(members_->updaters(), [](const auto* updater) { return updater->is_stale(); });
}

std::string DriverCaches::problem() const {
    if (!is_filled()) {
        return "drivers, cars and parks are being read";
    }
    return is_stale() ? "drivers, cars or parks have not been read since the start, or for longer than cache.expiry_s"
                      : "";
}

std::optional<platform::Time> DriverCaches::complete_until() const {
    return members_->earliest(&CacheUpdater::complete_until);
}

std::optional<platform::Time> DriverCaches::caught_up_until() const {
    return members_->earliest(&CacheUpdater::caught_up_until);
}

std::chrono::milliseconds DriverCaches::ready_in() const {
    std::chrono::milliseconds longest{};
    for (const CacheUpdater* updater : members_->updaters()) {
        longest = std::max(longest, updater->ready_in());
    }
    return longest;
}

std::vector<CacheStatus> DriverCaches::status() const {
    const auto of = [](const auto& followed) {
        const auto& records = followed.cache.records();
        return CacheStatus{records.type().name, followed.updater.status(), records.kept_aside()};
    };
    return {of(members_->drivers), of(members_->cars), of(members_->parks)};
}

std::vector<CacheUpdater*> DriverCaches::updaters() {
    const auto all = members_->updaters();
    return {all.begin(), all.end()};
}

std::vector<incremental_cache::Recheck*> DriverCaches::rechecks() {
    const auto all = members_->rechecks();
    return {all.begin(), all.end()};
}

}  // namespace twinfleet::driver_cache
