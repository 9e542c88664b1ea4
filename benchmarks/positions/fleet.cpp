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

BenchDirectory::BenchDirectory(std::size_t drivers) {
    for (std::size_t number = 0; number < drivers; ++number) {
        const auto key = bench_driver(number);
        const std::string parent = "parent of " + key.driver_id;
        const std::string parent_park = "parent of " + key.park_id;
        drivers_.emplace(key.driver_id, driver_cache::Driver{.id = key.driver_id,
                                                             .park_id = key.park_id,
                                                             .first_name = "Ivan",
                                                             .last_name = "Ivanov",
                                                             .phones = {bench_phone},
                                                             .license = "AB123456",
                                                             .work_status = driver_cache::WorkStatus::working,
                                                             .car_id = "0123456789abcdef0123456789abcdef",
                                                             .rule_id = "0123456789abcdef0123456789abcdef",
                                                             .parent_driver_id = parent});
        drivers_.emplace(parent, driver_cache::Driver{.id = parent,
                                                      .park_id = parent_park,
                                                      .phones = {bench_phone},
                                                      .work_status = driver_cache::WorkStatus::working});
        parks_.emplace(key.park_id,
                       driver_cache::Park{
                           .id = key.park_id, .is_active = true, .fleet_type = "vezet", .parent_park_id = parent_park});
        parks_.emplace(parent_park, driver_cache::Park{.id = parent_park, .is_active = true});
    }
}

std::optional<driver_cache::Driver> BenchDirectory::driver(std::string_view id) const {
    const auto found = drivers_.find(id);
    return found == drivers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<driver_cache::Park> BenchDirectory::park(std::string_view id) const {
    const auto found = parks_.find(id);
    return found == parks_.end() ? std::nullopt : std::optional(found->second);
}

void BenchDirectory::rely_on(std::string_view id) const {
    relied_on_[Hash()(id) % relied_on_.size()].with([&](Ids& ids) {
        if (!ids.contains(id)) {
            ids.emplace(id);
        }
    });
}

}  // namespace twinfleet::benchmarks
