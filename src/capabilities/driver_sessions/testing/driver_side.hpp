#pragma once

#include <string>
#include <variant>

#include "capabilities/driver_cache/testing/fake_fleet_directory.hpp"
#include "capabilities/driver_sessions/sessions_redis.hpp"
#include "capabilities/driver_sessions/statuses_redis.hpp"
#include "platform/clock/testing/manual_clock.hpp"
#include "platform/metrics/registry.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::driver_sessions::testing {

/// A driver who works in both apps, over an empty Redis: `taximeter_driver` in `taximeter_park`, and his child.
struct DriverSide {
    DriverSide() {
        // Redis expires keys by the real time.
        clock.advance(std::chrono::system_clock::now().time_since_epoch());
        for (const auto* family : {"taximeter", "vezet"}) {
            const std::string name = family;
            directory.put(
                driver_cache::Park{.id = name + "_park", .name = "Park", .city_id = "Chicago", .is_active = true});
            directory.put(driver_cache::Driver{.id = name + "_driver",
                                               .park_id = name + "_park",
                                               .first_name = "Ann",
                                               .last_name = "Lee",
                                               .work_status = driver_cache::WorkStatus::working});
        }
    }

    static DriverKey driver_of(const std::string& family) {
        return {.park_id = family + "_park", .driver_id = family + "_driver"};
    }
    std::string begin(const std::string& family) { return sessions.begin(driver_of(family), family); }
    /// `ok`, or why not.
    std::string find(const std::string& token, const std::string& family) {
        const auto found = sessions.find(token, family);
        if (const auto* session = std::get_if<Session>(&found)) {
            return session->driver == driver_of(family) && session->family == family ? "ok" : "somebody else";
        }
        constexpr const char* names[] = {"unauthorized", "session_ended", "wrong_app", "unavailable"};
        return names[static_cast<std::size_t>(std::get<SessionRefusal>(found))];
    }
    /// Throws std::bad_variant_access for a token that is refused.
    Session session(const std::string& token, const std::string& family) {
        return std::get<Session>(sessions.find(token, family));
    }
    /// `labels` as Prometheus' text format has them: `reason="wrong_app"`. 0 when there is no such series.
    [[nodiscard]] int count(const std::string& name, const std::string& labels) const {
        const auto text = registry.text();
        const auto series = '\n' + name + '{' + labels + "} ";
        const auto found = text.find(series);
        return found == std::string::npos ? 0 : std::stoi(text.substr(found + series.size()));
    }

    twinfleet::testing::TestRedis redis;
    driver_cache::testing::FakeFleetDirectory directory;
    platform::testing::ManualClock clock;
    metrics::Registry registry;
    RedisSessions sessions{redis.pool(), directory, clock, registry};
    RedisStatuses statuses{redis.pool()};
};

}  // namespace twinfleet::driver_sessions::testing
