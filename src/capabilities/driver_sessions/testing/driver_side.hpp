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
                                               .phones = {phone},
                                               .work_status = driver_cache::WorkStatus::working});
        }
    }

    static DriverKey driver_of(const std::string& family) {
        return {.park_id = family + "_park", .driver_id = family + "_driver"};
    }
    /// What somebody who logs in with this phone now begins with.
    driver_sessions::LogIn log_in(const std::string& with = phone) {
        return {.phone = with, .since = revocations.now()};
    }
    std::string begin(const std::string& family) { return sessions.begin(driver_of(family), family, log_in()).value(); }
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

    /// That of both drivers.
    static constexpr const char* phone = "+79031234567";
    /// Stands for what a key makes of a phone.
    static std::string digest_of(std::string_view of) { return "00000001" + std::string(of.rbegin(), of.rend()); }
    /// Sessions of another replica, or after a restart: they know what is in Redis, and use `with` to keep the record.
    RedisSessions sessions_with(RedisRevocations& with, const SessionSettings& settings = {}) {
        return RedisSessions({redis.pool(), directory, with, clock, registry}, digest_of, settings);
    }

    twinfleet::testing::TestRedis redis;
    driver_cache::testing::FakeFleetDirectory directory;
    platform::testing::ManualClock clock;
    metrics::Registry registry;
    RedisRevocations revocations{redis.pool(), SessionSettings().absolute_lifetime, registry};
    RedisSessions sessions{{redis.pool(), directory, revocations, clock, registry}, digest_of};
    RedisStatuses statuses{redis.pool()};
};

}  // namespace twinfleet::driver_sessions::testing
