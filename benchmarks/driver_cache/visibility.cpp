#include "benchmarks/driver_cache/visibility.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "benchmarks/driver_cache/synthetic_drivers.hpp"
#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::benchmarks {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::seconds lost_after{30};
constexpr std::string_view database = "bench_driver_cache";

struct Change {
    std::string id;
    std::string last_name;
    SteadyTime written_at;
    std::chrono::milliseconds promise;
};

void load(const mongo::Collection& collection, std::uint64_t drivers) {
    collection.drop();
    collection.create_index(
        bson::from_json(R"({"key": {"updated_ts": 1, "_id": 1}, "name": "updated_ts_id", "unique": true})"));
    constexpr std::uint64_t of_a_bulk = 1'000;
    for (std::uint64_t start = 0; start < drivers; start += of_a_bulk) {
        auto bulk = collection.bulk();
        for (std::uint64_t number = start; number < std::min(drivers, start + of_a_bulk); ++number) {
            bulk.insert(SyntheticDrivers::document(number, 0));
        }
        if (!bulk.execute().errors.empty()) {
            throw std::runtime_error("the drivers cannot be loaded");
        }
    }
}

void change_name(const mongo::Collection& collection, const std::string& id, const std::string& name) {
    bson::Builder update;
    update.begin_document("$set").string("last_name", name).end();
    update.begin_document("$currentDate").begin_document("updated_ts").string("$type", "timestamp").end().end();
    auto bulk = collection.bulk();
    bulk.update_one(bson::Builder().string("_id", id).take(), update.take());
    if (bulk.execute().modified != 1) {
        throw std::runtime_error("a driver cannot be changed");
    }
}

}  // namespace

Visibility measure_visibility(const std::string& mongo_uri, std::uint64_t drivers, int changes,
                              std::chrono::milliseconds pause) {
    const mongo::Pool pool({.uri = mongo_uri});
    const auto collection = pool.collection(std::string(database), "drivers");
    load(collection, drivers);

    driver_cache::Settings settings;
    settings.names = {.drivers_database = std::string(database),
                      .cars_database = std::string(database),
                      .parks_database = std::string(database)};
    const platform::SystemClock clock;
    log::NullLogger log;
    metrics::Registry registry;
    driver_cache::DriverCaches caches(settings, pool, clock, log, registry);
    caches.start({});
    if (!caches.wait_until_filled({}, std::chrono::minutes(5))) {
        throw std::runtime_error("the cache was not filled within 5 minutes");
    }

    platform::Guarded<std::deque<Change>> written;
    std::atomic<bool> is_done = false;
    std::jthread writer([&] {
        for (int i = 0; i < changes; ++i) {
            const std::uint64_t number = static_cast<std::uint64_t>(i) * 7'919 % drivers;
            Change change{.id = SyntheticDrivers::id(number), .last_name = "Changed" + std::to_string(i)};
            change_name(collection, change.id, change.last_name);
            change.written_at = std::chrono::steady_clock::now();
            change.promise = caches.ready_in();
            written.with([&](auto& queue) { queue.push_back(std::move(change)); });
            platform::wait_for({}, pause);
        }
        is_done = true;
    });

    Visibility found;
    std::vector<double> promises;
    std::vector<Change> awaited;
    while (!is_done || !awaited.empty()) {
        written.with([&](auto& queue) {
            awaited.insert(awaited.end(), queue.begin(), queue.end());
            queue.clear();
        });
        std::erase_if(awaited, [&](const Change& change) {
            const auto driver = caches.driver(change.id);
            const auto delay = std::chrono::steady_clock::now() - change.written_at;
            // A later change of the same driver counts as this one, too.
            const bool is_there = driver && driver->last_name.starts_with("Changed") &&
                                  driver->last_name.size() >= change.last_name.size() &&
                                  driver->last_name >= change.last_name;
            if (!is_there && delay < lost_after) {
                return false;
            }
            found.delays_ms.push_back(Milliseconds(delay).count());
            promises.push_back(Milliseconds(change.promise).count());
            found.broken_promises += delay > change.promise ? 1 : 0;
            return true;
        });
        platform::wait_for({}, std::chrono::milliseconds(1));
    }
    std::sort(found.delays_ms.begin(), found.delays_ms.end());
    std::sort(promises.begin(), promises.end());
    found.promise_ms = promises[promises.size() / 2];
    found.promise_ms_max = promises.back();
    collection.drop();
    return found;
}

}  // namespace twinfleet::benchmarks
