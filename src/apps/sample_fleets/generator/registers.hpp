#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// The public registers that the sample fleets are built on; samples/README.md tells where they come from.
namespace twinfleet::sample_fleets {

/// A taxi of Chicago that belongs to a company.
struct Taxi {
    std::string record_id;
    std::string number;
    /// The state of its licence in the register's words: ACTIVE, VIOLATION, SURRENDER, ...
    std::string license_status;
    std::string make;
    std::string model;
    /// The year of manufacture; 0 when the register does not say.
    std::int32_t year = 0;
    std::string color;
    std::string fuel;
    bool is_wheelchair_accessible = false;
    std::string company;
};

/// A for-hire-vehicle base of New York City.
struct Base {
    std::string license;
    std::string name;
    /// The trade name; may be empty.
    std::string trade_name;
    /// The last month in which it had trips, such as `2024-04`.
    std::string last_month;
    /// How many vehicles it had in that month.
    std::uint32_t vehicles = 0;
};

/// What both registers hold, as far as sample fleets need it.
struct Registers {
    /// The taxis in the order of the register. Vehicles of other trades are left out, and so are those without a
    /// company: an empty affiliation, DIS-AFFILIATED or EXPIRED AFFILIATION (not one of these has an active licence).
    std::vector<Taxi> chicago_taxis;
    /// The bases in order of licence. Licences that differ in case only are one base; its row with the latest month
    /// counts.
    std::vector<Base> new_york_bases;
};

/// Reads chicago_vehicles.csv and nyc_bases.csv. Throws std::invalid_argument with the file and what is wrong with it.
[[nodiscard]] Registers read_registers(const std::filesystem::path& folder);

}  // namespace twinfleet::sample_fleets
