#include "benchmarks/positions/fleet.hpp"

#include "capabilities/driver_login/secrets/login_secrets.hpp"

namespace twinfleet::benchmarks {

driver_apps::DriverApps bench_apps() {
    return driver_apps::DriverApps(
        std::vector<driver_apps::DriverApp>{{.family = "vezet", .product = "Taximeter-Vezet"}});
}

driver_sessions::PhoneDigest bench_phone_digest() {
    return [secrets = driver_login::LoginSecrets(std::string(64, 'k'))](std::string_view phone) {
        return secrets.session_phone_digest(phone);
    };
}

driver_sessions::DriverKey bench_driver(std::size_t number) {
    return {.park_id = "park" + std::to_string(number % 100), .driver_id = "driver" + std::to_string(number)};
}

void put_bench_drivers(driver_cache::testing::FakeFleetDirectory& directory, std::size_t count) {
    for (std::size_t number = 0; number < count; ++number) {
        const auto key = bench_driver(number);
        directory.put(driver_cache::Driver{.id = key.driver_id,
                                           .park_id = key.park_id,
                                           .first_name = "Ivan",
                                           .last_name = "Ivanov",
                                           .phones = {bench_phone},
                                           .license = "AB123456",
                                           .work_status = driver_cache::WorkStatus::working,
                                           .car_id = "0123456789abcdef0123456789abcdef",
                                           .rule_id = "0123456789abcdef0123456789abcdef",
                                           .parent_driver_id = "parent of " + key.driver_id});
        directory.put(driver_cache::Park{
            .id = key.park_id, .is_active = true, .fleet_type = "vezet", .parent_park_id = "parent of " + key.park_id});
        directory.put(driver_cache::Driver{.id = "parent of " + key.driver_id,
                                           .park_id = "parent of " + key.park_id,
                                           .phones = {bench_phone},
                                           .work_status = driver_cache::WorkStatus::working});
        directory.put(driver_cache::Park{.id = "parent of " + key.park_id, .is_active = true});
    }
}

}  // namespace twinfleet::benchmarks
