#include "benchmarks/positions/server.hpp"

#include <csignal>

#include "benchmarks/positions/fleet.hpp"
#include "capabilities/driver_positions/api/positions_http.hpp"
#include "capabilities/driver_positions/store/position_store_redis.hpp"
#include "capabilities/driver_sessions/sessions_redis.hpp"
#include "platform/api/api_server.hpp"

namespace twinfleet::benchmarks {
namespace {

using driver_positions::Owner;
using driver_positions::Position;
using driver_positions::PositionStore;

class OneByOneStore final : public PositionStore {
public:
    explicit OneByOneStore(PositionStore& store) : store_(store) {}

    [[nodiscard]] driver_positions::AddOutcome add(const Owner& owner, std::span<const Position> positions,
                                                   platform::Time now) override {
        std::size_t added = 0;
        for (const Position& position : positions) {
            const auto one = store_.add(owner, {&position, 1}, now);
            if (one.kind != driver_positions::AddOutcome::Kind::stored) {
                return one;
            }
            added += one.added;
        }
        return {.added = added};
    }
    [[nodiscard]] driver_positions::TrackPage track(std::string_view tag, driver_positions::TimeSpan span,
                                                    std::size_t limit) override {
        return store_.track(tag, span, limit);
    }
    [[nodiscard]] std::vector<driver_positions::LatestPosition> search(std::string_view family,
                                                                       const driver_positions::Circle& circle,
                                                                       std::size_t count_max) override {
        return store_.search(family, circle, count_max);
    }
    [[nodiscard]] std::size_t shards() const override { return store_.shards(); }
    [[nodiscard]] std::size_t remove_older(std::string_view family, std::size_t shard, std::int64_t before_ms,
                                           std::size_t count_max) override {
        return store_.remove_older(family, shard, before_ms, count_max);
    }
    [[nodiscard]] std::size_t erase(const Owner& owner) override { return store_.erase(owner); }

private:
    PositionStore& store_;
};

void wait_for_the_end() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    int signal = 0;
    sigwait(&signals, &signal);
}

}  // namespace

void serve_positions(const PositionServer& server) {
    // Before there are threads, so that all of them leave it to wait_for_the_end().
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const auto log = log::make_stderr_logger({.program = "bench_positions"});
    const platform::SystemClock clock;
    metrics::Registry registry;
    const redis::Pool redis(redis::Settings{.uri = server.redis_uri});
    const driver_apps::DriverApps apps = bench_apps();
    const BenchDirectory directory(server.drivers);
    driver_sessions::RedisRevocations revocations(redis, driver_sessions::SessionSettings().absolute_lifetime,
                                                  registry);
    driver_sessions::RedisSessions sessions({redis, directory, revocations, clock, registry}, bench_phone_digest());
    driver_positions::PositionSettings settings;
    driver_positions::RedisPositionStore store(redis, settings);
    OneByOneStore one_by_one(store);
    PositionStore& chosen = server.is_one_by_one ? static_cast<PositionStore&>(one_by_one) : store;
    if (server.is_one_by_one) {
        settings.batch_queue.group_max = 1;
    }
    driver_positions::PositionMetrics metrics(registry);
    const driver_positions::PositionsApi positions{.apps = apps,
                                                   .sessions = sessions,
                                                   .store = chosen,
                                                   .metrics = metrics,
                                                   .clock = clock,
                                                   .log = *log,
                                                   .settings = settings};
    driver_positions::PositionIntake intake(positions, registry);
    auto routes = driver_positions::position_routes(positions, intake);
    api::ApiSettings api_settings;
    api_settings.server.listen = {.host = "127.0.0.1", .port = server.port};
    api_settings.server.connections_max = 256;
    const api::ApiServer api(api_settings, std::move(routes), "openapi: 3.1.0\n", {}, registry, *log);
    wait_for_the_end();
}

}  // namespace twinfleet::benchmarks
