#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock/clock.hpp"

/// Drivers, cars and parks as the services of the driver side see them: from memory, at most seconds old.
namespace twinfleet::driver_cache {

/// `dbdrivers.drivers.work_status`; anything else there is `other` and counts as not working.
enum class WorkStatus : std::uint8_t { working, not_working, fired, other };
/// `working`.
[[nodiscard]] std::string_view name_of(WorkStatus status);

struct Driver {
    std::string id;
    std::string park_id;
    std::string first_name;
    std::string last_name;
    /// As they stand: E.164.
    std::vector<std::string> phones;
    /// Normalized (domain/license.hpp); empty: none.
    std::string license;
    WorkStatus work_status = WorkStatus::other;
    /// Empty: none.
    std::string car_id;
    std::string rule_id;
    /// Empty in a parent.
    std::string parent_driver_id;
    /// `created_date`, else `updated_ts`: which of two drivers is the newer one.
    std::int64_t created_at_ms = 0;
};

struct Car {
    std::string id;
    std::string park_id;
    std::string number;
    std::string callsign;
    std::string brand;
    std::string model;
    std::string color;
    std::string status;
    /// 0: unknown.
    int year = 0;
};

struct Park {
    std::string id;
    std::string name;
    std::string city_id;
    bool is_active = false;
    /// Empty in a parent park.
    std::string fleet_type;
    std::string parent_park_id;

    /// The app family that drivers of this park use.
    [[nodiscard]] std::string_view family() const noexcept;
};

/// Read-only view of all three. Safe to use from any thread; never blocks. An answer is whole, but two calls may see
/// two states.
class FleetDirectory {
public:
    FleetDirectory() = default;
    FleetDirectory(const FleetDirectory&) = delete;
    FleetDirectory& operator=(const FleetDirectory&) = delete;
    virtual ~FleetDirectory() = default;

    [[nodiscard]] virtual std::optional<Driver> driver(std::string_view id) const = 0;
    /// Of all parks, parents and children. `phone` is E.164.
    [[nodiscard]] virtual std::vector<Driver> drivers_by_phone(std::string_view phone) const = 0;
    [[nodiscard]] virtual std::optional<Car> car(std::string_view id) const = 0;
    [[nodiscard]] virtual std::optional<Park> park(std::string_view id) const = 0;
    /// The children of a parent park, of all families.
    [[nodiscard]] virtual std::vector<Park> child_parks(std::string_view parent_park_id) const = 0;

    /// Whether there is a document of that id that cannot be read. What the above say of it is an earlier version, if
    /// there was one.
    [[nodiscard]] virtual bool is_driver_kept_aside(std::string_view id) const = 0;
    [[nodiscard]] virtual bool is_park_kept_aside(std::string_view id) const = 0;

    /// No pass has succeeded for longer than the configured expiry (or never): what is not found here may exist all the
    /// same, and what is may have changed. Whoever decides about access refuses for now (503).
    [[nodiscard]] virtual bool is_stale() const = 0;
    /// When the oldest pass began that all three have seen the end of: what was written before that is in here, or was
    /// kept aside. nullopt: none yet.
    [[nodiscard]] virtual std::optional<platform::Time> complete_until() const = 0;
    /// How long from now on a document that was written just now may take to be here in every replica: from measured
    /// passes and from the age of the last one, so that at least 99 of 100 are.
    [[nodiscard]] virtual std::chrono::milliseconds ready_in() const = 0;
};

}  // namespace twinfleet::driver_cache
