#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock/clock.hpp"

/// Drivers, cars and parks as the services of the driver side see them: in memory, at most seconds behind MongoDB.
/// FleetDirectory is what other capabilities use; DriverCaches is the real one, and CachedDriver, CachedCar and
/// CachedPark say how each collection is read.
namespace twinfleet::driver_cache {

/// The `work_status` of a driver (contract, section 1). `other` is any other text there, and counts as not working.
enum class WorkStatus : std::uint8_t { working, not_working, fired, other };
/// `working`.
[[nodiscard]] std::string_view name_of(WorkStatus status);

/// A document of `dbdrivers.drivers`. Text fields that the document does not have are empty here.
struct Driver {
    std::string id;
    std::string park_id;
    std::string first_name;
    std::string last_name;
    /// In E.164, as in the document.
    std::vector<std::string> phones;
    /// Normalized (domain/license.hpp); empty when the driver has none.
    std::string license;
    WorkStatus work_status = WorkStatus::other;
    /// Empty when the driver has no car. The same goes for `rule_id`, his work rule.
    std::string car_id;
    std::string rule_id;
    /// The driver whose copy this one is; empty in a parent.
    std::string parent_driver_id;
    /// Tells which of two drivers is the newer one: `created_date` or else `updated_ts`, in ms since 1970; 0 when the
    /// document has neither.
    std::int64_t created_at_ms = 0;
};

/// A document of `dbcars.cars`. Text fields that the document does not have are empty here.
struct Car {
    std::string id;
    std::string park_id;
    std::string number;
    std::string callsign;
    std::string brand;
    std::string model;
    std::string color;
    std::string status;
    /// 0 when unknown.
    int year = 0;
};

/// A document of `dbparks.parks`.
struct Park {
    std::string id;
    std::string name;
    std::string city_id;
    bool is_active = false;
    /// Both are empty in a parent park.
    std::string fleet_type;
    std::string parent_park_id;

    /// The app family whose app the drivers of this park use.
    [[nodiscard]] std::string_view family() const noexcept;
    /// Whether the park is the child of another, by either of the fields that only a child has.
    [[nodiscard]] bool is_child() const noexcept { return !fleet_type.empty() || !parent_park_id.empty(); }
};

/// What the profile of a driver in a park shows.
struct Profile {
    Driver driver;
    Park park;
    /// nullopt when the driver has no car, or when the directory does not hold his car.
    std::optional<Car> car;

    /// Whether nothing is missing that the driver refers to.
    [[nodiscard]] bool is_whole() const noexcept { return driver.car_id.empty() || car.has_value(); }
};

/// A read-only view of drivers, cars and parks. Safe to use from any thread; never blocks. Each answer is consistent in
/// itself, but two calls may see two states.
class FleetDirectory {
public:
    FleetDirectory() = default;
    FleetDirectory(const FleetDirectory&) = delete;
    FleetDirectory& operator=(const FleetDirectory&) = delete;
    virtual ~FleetDirectory() = default;

    [[nodiscard]] virtual std::optional<Driver> driver(std::string_view id) const = 0;
    /// The drivers who have this phone, in all parks, parents and children alike. `phone` is in E.164.
    [[nodiscard]] virtual std::vector<Driver> drivers_by_phone(std::string_view phone) const = 0;
    [[nodiscard]] virtual std::optional<Car> car(std::string_view id) const = 0;
    [[nodiscard]] virtual std::optional<Park> park(std::string_view id) const = 0;
    /// The children of a parent park in all families.
    [[nodiscard]] virtual std::vector<Park> child_parks(std::string_view parent_park_id) const = 0;

    /// Whether there is a driver, or a park, of that id whose document cannot be read. The functions above then answer
    /// from the last version that could be read, if there was one. From a document that cannot be read as a whole, what
    /// takes a right away counts all the same: `work_status` and `park_id` of a driver, `is_active` of a park.
    [[nodiscard]] virtual bool is_driver_kept_aside(std::string_view id) const = 0;
    [[nodiscard]] virtual bool is_park_kept_aside(std::string_view id) const = 0;

    /// Says that somebody is let in on the word of this driver's document, or of this park's. The directory looks at
    /// the document again within seconds, so that its removal, or a change that does not move `updated_ts`, need not
    /// wait for a full pass.
    virtual void rely_on_driver(std::string_view id) const = 0;
    virtual void rely_on_park(std::string_view id) const = 0;

    /// Whether no pass over MongoDB has succeeded for longer than the configured expiry, or none has since the process
    /// started; what a dump says about rights is not believed before. What is not found here may exist then, and what
    /// is found may have changed. Whoever decides about access refuses for now (503).
    [[nodiscard]] virtual bool is_stale() const = 0;
    /// What was written to MongoDB before this time is in the directory or was kept aside. It is the time at which the
    /// last successful pass over each of the three collections began, the earliest of the three; nullopt while one of
    /// them has had no such pass.
    [[nodiscard]] virtual std::optional<platform::Time> complete_until() const = 0;
    /// The same while it is not known yet which documents are kept aside, as after a start from a dump: what was
    /// written before this time and is not in the directory has been removed or cannot be read.
    [[nodiscard]] virtual std::optional<platform::Time> caught_up_until() const = 0;
    /// How long, from now on, it may take until passes have brought a document that was just written into the
    /// directories of all replicas. The figure comes from the measured passes and the age of the last one, so that at
    /// least 99 of 100 documents keep it. A driver who was just made mostly comes sooner (Newcomers).
    [[nodiscard]] virtual std::chrono::milliseconds ready_in() const = 0;
};

/// The profile of a driver in a park, of what the directory holds; nullopt while it lacks the driver or the park.
[[nodiscard]] std::optional<Profile> profile_of(const FleetDirectory& directory, std::string_view park_id,
                                                std::string_view driver_id);

}  // namespace twinfleet::driver_cache
