#pragma once

#include <string>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/testing/fake_fleet_directory.hpp"
#include "capabilities/driver_sessions/revocation/subjects.hpp"
#include "capabilities/driver_sessions/sessions.hpp"

/// The drivers of the benchmark.
namespace twinfleet::benchmarks {

/// That of all of them.
inline constexpr const char* bench_phone = "+79120000000";
inline constexpr const char* bench_agent = "Taximeter-Vezet 9.61 (1234)";

[[nodiscard]] driver_apps::DriverApps bench_apps();
/// By one key in every process.
[[nodiscard]] driver_sessions::PhoneDigest bench_phone_digest();
[[nodiscard]] driver_sessions::DriverKey bench_driver(std::size_t number);
/// Working in active parks, as the caches would hold them.
void put_bench_drivers(driver_cache::testing::FakeFleetDirectory& directory, std::size_t count);

}  // namespace twinfleet::benchmarks
