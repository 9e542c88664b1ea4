#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_sessions/revocation/subjects.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/concurrency/guarded.hpp"

/// The drivers of the benchmark.
namespace twinfleet::benchmarks {

/// That of all of them.
inline constexpr const char* bench_phone = "+79120000000";
inline constexpr const char* bench_agent = "Taximeter-Vezet 9.61 (1234)";

[[nodiscard]] driver_apps::DriverApps bench_apps();
/// By one key in every process.
[[nodiscard]] driver_sessions::PhoneDigest bench_phone_digest();
[[nodiscard]] driver_sessions::DriverKey bench_driver(std::size_t number);

/// What stands in for the caches: so many drivers who work in active parks, and their parents. It never changes, so its
/// readers do not wait, as those of the caches do not, and a look-up with a copy takes about as long as there
/// (docs/benchmarks.md, "The cache of drivers"). It takes note of who is relied on as they do.
class BenchDirectory final : public driver_cache::FleetDirectory {
public:
    explicit BenchDirectory(std::size_t drivers);

    [[nodiscard]] std::optional<driver_cache::Driver> driver(std::string_view id) const override;
    [[nodiscard]] std::optional<driver_cache::Park> park(std::string_view id) const override;
    void rely_on_driver(std::string_view id) const override { rely_on(id); }
    void rely_on_park(std::string_view id) const override { rely_on(id); }

    // Nobody has a car, nothing is kept aside, and all is complete for ever.
    [[nodiscard]] std::vector<driver_cache::Driver> drivers_by_phone(std::string_view /*phone*/) const override {
        return {};
    }
    [[nodiscard]] std::optional<driver_cache::Car> car(std::string_view /*id*/) const override { return std::nullopt; }
    [[nodiscard]] std::vector<driver_cache::Park> child_parks(std::string_view /*parent_park_id*/) const override {
        return {};
    }
    [[nodiscard]] bool is_driver_kept_aside(std::string_view /*id*/) const override { return false; }
    [[nodiscard]] bool is_park_kept_aside(std::string_view /*id*/) const override { return false; }
    [[nodiscard]] bool is_stale() const override { return false; }
    [[nodiscard]] std::optional<platform::Time> complete_until() const override { return platform::Time::max(); }
    [[nodiscard]] std::optional<platform::Time> caught_up_until() const override { return platform::Time::max(); }
    [[nodiscard]] std::chrono::milliseconds ready_in() const override { return std::chrono::milliseconds(0); }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    template <typename Value>
    using ById = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
    using Ids = std::unordered_set<std::string, Hash, std::equal_to<>>;

    void rely_on(std::string_view id) const;

    ById<driver_cache::Driver> drivers_;
    ById<driver_cache::Park> parks_;
    mutable std::array<platform::Guarded<Ids>, 16> relied_on_;
};

}  // namespace twinfleet::benchmarks
