// The cache of drivers beside a naive one that copies its whole map for every update: what 1,000 changes cost, how long
// look-ups take meanwhile, memory, a warm start, and how soon a change in the store is seen. The store is the one of
// TWINFLEET_TEST_MONGO_URI; its database `bench_driver_cache` is emptied.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <thread>
#include <unordered_map>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "benchmarks/driver_cache/synthetic_drivers.hpp"
#include "benchmarks/driver_cache/visibility.hpp"
#include "capabilities/driver_cache/cached_driver.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/incremental_cache/cache_updater.hpp"
#include "platform/incremental_cache/dump.hpp"
#include "platform/incremental_cache/incremental_cache.hpp"

namespace twinfleet::benchmarks {
namespace {

using driver_cache::CachedDriver;
using driver_cache::Driver;
using incremental_cache::RecordCache;
using Drivers = incremental_cache::IncrementalCache<CachedDriver>;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t changes_of_an_update = 1'000;

struct Options {
    std::uint64_t drivers = 1'000'000;
    std::uint64_t store_drivers = 20'000;
    int rounds = 15;
    int lookup_seconds = 5;
    int store_changes = 200;
};

double milliseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

double thread_cpu_milliseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double percentile(const std::vector<double>& sorted, double share) {
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

std::string text(double figure, int decimals = 2) {
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, figure);
    return buffer.data();
}

void row(const std::string& what, const std::string& here, const std::string& other = {}) {
    std::cout << "| " << what << " | " << here << " | " << other << " |" << std::endl;
}

/// A line of /proc/self/status, in bytes.
double memory_bytes(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) {
            return std::stod(line.substr(name.size())) * 1024;
        }
    }
    return 0;
}
double resident_bytes() {
    return memory_bytes("VmRSS:");
}
double peak_resident_bytes() {
    return memory_bytes("VmHWM:");
}
/// From now on the peak is counted anew (proc(5), clear_refs).
void reset_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

void fill(Drivers& drivers, std::uint64_t count) {
    const RecordCache::Read read(drivers.records());
    for (std::uint64_t number = 0; number < count; ++number) {
        drivers.records().apply(SyntheticDrivers::document(number, 0), read);
    }
}

std::vector<bson::Document> random_changes(std::uint64_t drivers, std::uint32_t generation, std::minstd_rand& random) {
    std::vector<bson::Document> documents;
    std::uniform_int_distribution<std::uint64_t> any(0, drivers - 1);
    for (std::uint64_t i = 0; i < changes_of_an_update; ++i) {
        documents.push_back(SyntheticDrivers::document(any(random), generation));
    }
    return documents;
}

void apply_to(Drivers& drivers, const std::vector<bson::Document>& documents) {
    const RecordCache::Read read(drivers.records());
    for (const auto& document : documents) {
        drivers.records().apply(document, read);
    }
}

/// One map, copied for each update and exchanged for the one that readers use. Kinder than life: drivers are shared,
/// not copied, and there are no secondary indexes.
class NaiveCache {
public:
    using Map = std::unordered_map<std::string, std::shared_ptr<const Driver>>;

    void apply(const std::vector<bson::Document>& documents) {
        auto changed = std::make_shared<Map>(*map_);
        for (const auto& document : documents) {
            auto driver = std::make_shared<Driver>(std::get<Driver>(CachedDriver::parse(document.view())));
            changed->insert_or_assign(driver->id, std::move(driver));
        }
        map_ = std::move(changed);
    }
    void fill(std::uint64_t count) {
        auto map = std::make_shared<Map>();
        for (std::uint64_t number = 0; number < count; ++number) {
            auto driver = std::make_shared<Driver>(
                std::get<Driver>(CachedDriver::parse(SyntheticDrivers::document(number, 0).view())));
            map->emplace(driver->id, std::move(driver));
        }
        map_ = std::move(map);
    }

private:
    std::shared_ptr<const Map> map_ = std::make_shared<Map>();
};

struct Cost {
    double wall_ms;
    double cpu_ms;
    double wall_ms_max;
};

template <typename Cache, typename Apply>
Cost cost_of_updates(Cache& cache, std::uint64_t drivers, int rounds, Apply&& apply_changes) {
    std::minstd_rand random(7);
    std::vector<double> wall;
    std::vector<double> cpu;
    for (int round = 0; round < rounds; ++round) {
        const auto documents = random_changes(drivers, static_cast<std::uint32_t>(round) + 1, random);
        const double cpu_before = thread_cpu_milliseconds();
        const auto before = Clock::now();
        apply_changes(cache, documents);
        wall.push_back(milliseconds(Clock::now() - before));
        cpu.push_back(thread_cpu_milliseconds() - cpu_before);
    }
    return {median(wall), median(cpu), *std::max_element(wall.begin(), wall.end())};
}

std::string cost_text(const Cost& cost) {
    return text(cost.wall_ms) + " ms (CPU " + text(cost.cpu_ms) + ", longest " + text(cost.wall_ms_max) + ")";
}

void compare_updates(std::uint64_t drivers, int rounds) {
    std::cerr << "updates of " << drivers << " drivers\n";
    Cost here{};
    {
        Drivers cache;
        fill(cache, drivers);
        here = cost_of_updates(cache, drivers, rounds, apply_to);
    }
    NaiveCache naive;
    naive.fill(drivers);
    const Cost copied = cost_of_updates(naive, drivers, std::min(rounds, 5),
                                        [](NaiveCache& cache, const auto& documents) { cache.apply(documents); });
    row("1,000 changes of " + std::to_string(drivers) + " drivers", cost_text(here), cost_text(copied));
}

template <typename Find>
std::vector<double> lookup_nanoseconds(std::uint64_t drivers, int seconds, Find&& find) {
    std::vector<double> times;
    times.reserve(10'000'000);
    std::minstd_rand random(11);
    std::uniform_int_distribution<std::uint64_t> any(0, drivers - 1);
    const auto until = Clock::now() + std::chrono::seconds(seconds);
    while (Clock::now() < until && times.size() < times.capacity()) {
        const std::string key = find.key(any(random));
        const auto before = Clock::now();
        const bool is_found = find(key);
        times.push_back(static_cast<double>(std::chrono::nanoseconds(Clock::now() - before).count()));
        if (!is_found) {
            throw std::logic_error("a driver was not found");
        }
    }
    std::sort(times.begin(), times.end());
    return times;
}

std::string times_text(const std::vector<double>& sorted) {
    return text(percentile(sorted, 0.5), 0) + " / " + text(percentile(sorted, 0.99), 0) + " / " +
           text(percentile(sorted, 0.999), 0) + " ns";
}

struct FindById {
    const Drivers& drivers;
    static std::string key(std::uint64_t number) { return SyntheticDrivers::id(number); }
    bool operator()(const std::string& id) const { return drivers.find(id).has_value(); }
};
/// As who asks a question about one driver does, without taking all of him along.
struct LookById {
    const Drivers& drivers;
    static std::string key(std::uint64_t number) { return SyntheticDrivers::id(number); }
    bool operator()(const std::string& id) const {
        return drivers.records().find(id, [](incremental_cache::Bytes record) { static_cast<void>(record.front()); });
    }
};
struct FindByPhone {
    const Drivers& drivers;
    static std::string key(std::uint64_t number) { return SyntheticDrivers::phone(number); }
    bool operator()(const std::string& phone) const {
        return !drivers.find_by_key(CachedDriver::by_phone, phone).empty();
    }
};

/// 10,000 changes a second, in ten updates.
void update_until_stopped(Drivers& cache, std::uint64_t drivers, const std::stop_token& stop) {
    std::minstd_rand random(13);
    for (std::uint32_t generation = 1; !stop.stop_requested(); ++generation) {
        apply_to(cache, random_changes(drivers, generation, random));
        platform::wait_for(stop, std::chrono::milliseconds(100));
    }
}

void measure_lookups(std::uint64_t drivers, int seconds) {
    std::cerr << "look-ups among " << drivers << " drivers\n";
    Drivers cache;
    fill(cache, drivers);
    const auto of_clock = [&] {
        std::vector<double> times;
        for (int i = 0; i < 100'000; ++i) {
            const auto before = Clock::now();
            times.push_back(static_cast<double>(std::chrono::nanoseconds(Clock::now() - before).count()));
        }
        std::sort(times.begin(), times.end());
        return times;
    }();
    const auto by_id = lookup_nanoseconds(drivers, seconds, FindById{cache});
    const auto in_place = lookup_nanoseconds(drivers, seconds, LookById{cache});
    const auto by_phone = lookup_nanoseconds(drivers, seconds, FindByPhone{cache});
    std::vector<double> by_id_meanwhile;
    std::vector<double> in_place_meanwhile;
    std::vector<double> by_phone_meanwhile;
    {
        std::jthread writer([&](const std::stop_token& stop) { update_until_stopped(cache, drivers, stop); });
        by_id_meanwhile = lookup_nanoseconds(drivers, seconds, FindById{cache});
        in_place_meanwhile = lookup_nanoseconds(drivers, seconds, LookById{cache});
        by_phone_meanwhile = lookup_nanoseconds(drivers, seconds, FindByPhone{cache});
    }
    row("look-up by id in place, p50/p99/p99.9, during 10,000 changes/s", times_text(in_place_meanwhile),
        "without changes " + times_text(in_place));
    row("look-up by id, with a copy of the driver", times_text(by_id_meanwhile),
        "without changes " + times_text(by_id));
    row("look-up by phone", times_text(by_phone_meanwhile), "without changes " + times_text(by_phone));
    row("(of which reading the clock twice)", times_text(of_clock));
}

void measure_memory_and_restart(std::uint64_t count) {
    std::cerr << "memory and restart of " << count << " drivers\n";
    const auto folder = std::filesystem::temp_directory_path() / ("bench_driver_cache_" + std::to_string(::getpid()));
    const platform::SystemClock clock;
    log::NullLogger log;
    const incremental_cache::Settings settings{.dump_folder = folder};
    const double mib = 1024.0 * 1024.0;
    SyntheticDrivers source(count);
    {
        const double before = resident_bytes();
        metrics::Registry registry;
        Drivers cache;
        incremental_cache::CacheUpdater updater(cache.records(), source, settings, clock, log, registry,
                                                "driver_cache");
        reset_peak();
        auto started = Clock::now();
        updater.full_pass();
        const double first_fill_ms = milliseconds(Clock::now() - started);
        const double filled = resident_bytes() - before;
        const double filling_peak = peak_resident_bytes() - before;
        row("first full pass, without a store", text(first_fill_ms / 1000) + " s",
            "peak memory " + text(filling_peak / filled) + " x what it ends with");
        row("memory per driver, as the system counts it", text(filled / static_cast<double>(count), 0) + " bytes",
            "the cache itself says " +
                text(static_cast<double>(cache.records().size_bytes()) / static_cast<double>(count), 0) +
                "; BSON as read " + std::to_string(SyntheticDrivers::document(0, 0).size_bytes()));
        const auto full_pass = [&](const char* what) {
            const double base = resident_bytes() - before;
            reset_peak();
            started = Clock::now();
            updater.full_pass();
            const double duration_s = milliseconds(Clock::now() - started) / 1000;
            row(what, "peak memory " + text((peak_resident_bytes() - before) / base) + " x",
                text(duration_s) + " s, ends with " + text((resident_bytes() - before) / base) + " x");
        };
        full_pass("full pass, nothing changed");
        source.set_generation(1);
        full_pass("full pass, everything changed");
        updater.incremental_pass();
        started = Clock::now();
        updater.write_dump();
        const auto path = incremental_cache::dump_path(folder, CachedDriver::name);
        row("writing a dump", text(milliseconds(Clock::now() - started) / 1000) + " s",
            text(static_cast<double>(std::filesystem::file_size(path)) / mib, 0) + " MiB");
    }
    metrics::Registry registry;
    Drivers cache;
    incremental_cache::CacheUpdater updater(cache.records(), source, settings, clock, log, registry, "driver_cache");
    const auto started = Clock::now();
    updater.load();
    const double load_ms = milliseconds(Clock::now() - started);
    if (cache.records().size() != count || !cache.find(SyntheticDrivers::id(count / 2))) {
        throw std::logic_error("the dump was not loaded");
    }
    row("warm start, until it serves", text(load_ms / 1000) + " s", std::to_string(count) + " drivers");
    std::filesystem::remove_all(folder);
}

void measure_store(const Options& options) {
    const char* uri = std::getenv("TWINFLEET_TEST_MONGO_URI");
    if (uri == nullptr) {
        throw std::runtime_error("TWINFLEET_TEST_MONGO_URI is not set: run ./dev bench driver_cache");
    }
    std::cerr << "changes among " << options.store_drivers << " drivers in the store\n";
    const auto seen =
        measure_visibility(uri, options.store_drivers, options.store_changes, std::chrono::milliseconds(50));
    row("change in the store until it is seen, p50/p99/longest, of " + std::to_string(options.store_drivers) +
            " drivers",
        text(percentile(seen.delays_ms, 0.5), 0) + " / " + text(percentile(seen.delays_ms, 0.99), 0) + " / " +
            text(seen.delays_ms.back(), 0) + " ms",
        "promised " + text(seen.promise_ms, 0) + " (at most " + text(seen.promise_ms_max, 0) + "), kept to " +
            std::to_string(seen.delays_ms.size() - static_cast<std::size_t>(seen.broken_promises)) + " of " +
            std::to_string(seen.delays_ms.size()));
}

int run(const Options& options) {
    std::cout << "| what | incremental cache | beside it |\n|---|---|---|\n";
    // First, while the process is small: what it frees later stays with the allocator for a while.
    measure_memory_and_restart(options.drivers);
    compare_updates(std::max<std::uint64_t>(options.drivers / 10, 1), options.rounds);
    compare_updates(options.drivers, options.rounds);
    measure_lookups(options.drivers, options.lookup_seconds);
    if (options.store_changes > 0) {
        measure_store(options);
    }
    return 0;
}

}  // namespace
}  // namespace twinfleet::benchmarks

int main(int argc, char** argv) {
    twinfleet::benchmarks::Options options;
    CLI::App app("The cache of drivers: updates, look-ups, memory, warm start, delay of changes");
    app.add_option("--drivers", options.drivers, "In memory; updates are measured with a tenth of them, too")
        ->capture_default_str()
        ->check(CLI::Range(10, 100'000'000));
    app.add_option("--store-drivers", options.store_drivers, "In the store")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000'000));
    app.add_option("--store-changes", options.store_changes, "0: leave the store out")->capture_default_str();
    app.add_option("--rounds", options.rounds, "Updates; the median counts")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000));
    app.add_option("--lookup-seconds", options.lookup_seconds, "Of each kind")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        return twinfleet::benchmarks::run(options);
    } catch (const std::exception& error) {
        std::cerr << "bench_driver_cache: " << error.what() << '\n';
        return 1;
    }
}
