#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

/// The documents of contract, section 1, filled with what a platform's other services would have left in them: beside
/// the fields known to the mirror there are nested documents, arrays, decimals, dates, binaries and nulls that it must
/// copy as they stand. Everything that a caller does not give follows from the document's id.
namespace twinfleet::sample_fleets {

enum class Collection : std::uint8_t { parks, work_rules, cars, drivers, unique_drivers };
/// In the order in which references can be followed.
inline constexpr std::array collections{Collection::parks, Collection::work_rules, Collection::cars,
                                        Collection::drivers, Collection::unique_drivers};

struct CollectionName {
    std::string_view database;
    std::string_view name;
};
[[nodiscard]] CollectionName name_of(Collection collection);

/// Takes documents one after another; the view is good during the call only. `updated_ts` is not in them: the server
/// sets it.
using Sink = std::function<void(Collection, bson::View)>;

/// Field that every document of a sample fleet carries, children included (a mirror copies it like any unknown field);
/// this is how the fleets are found again. Its values:
inline constexpr std::string_view origin_field = "sample_origin";
namespace origin {
inline constexpr std::string_view chicago = "chicago";
inline constexpr std::string_view new_york = "new_york";
inline constexpr std::string_view bad_documents = "bad_documents";
inline constexpr std::string_view synthetic = "synthetic";
}  // namespace origin

struct ParkFacts {
    std::string id;
    std::string name;
    std::string login;
    std::string city_id;
    bool is_active = true;
    std::string_view origin;
    /// What the register calls it; may be empty.
    std::string register_record;
};
[[nodiscard]] bson::Document park_document(const ParkFacts& facts);

struct WorkRuleFacts {
    std::string id;
    std::string park_id;
    std::string name;
    bool is_default = false;
    double commission_percent = 0;
    std::string_view origin;
};
[[nodiscard]] bson::Document work_rule_document(const WorkRuleFacts& facts);

struct CarFacts {
    std::string id;
    std::string park_id;
    std::string number;
    std::string callsign;
    /// Empty texts and the year 0: not known, the field is left out.
    std::string brand;
    std::string model;
    std::int32_t year = 0;
    std::string color;
    std::string fuel;
    bool is_wheelchair_accessible = false;
    bool is_working = true;
    /// The register's word for the vehicle's licence; may be empty.
    std::string license_status;
    std::string_view origin;
};
[[nodiscard]] bson::Document car_document(const CarFacts& facts);

struct DriverFacts {
    std::string id;
    std::string park_id;
    std::string first_name;
    std::string last_name;
    /// E.164.
    std::string phone;
    std::string license_number;
    /// working, not_working or fired.
    std::string_view work_status = "working";
    /// Empty: the driver has none, the field is null.
    std::string car_id;
    std::string rule_id;
    std::string_view origin;
};
[[nodiscard]] bson::Document driver_document(const DriverFacts& facts);

struct Profile {
    std::string park_id;
    std::string driver_id;
};
struct UniqueDriverFacts {
    /// In any spelling; the document holds the normalized one, and its id follows from that.
    std::string license_number;
    std::vector<Profile> profiles;
    std::string_view origin;
};
[[nodiscard]] bson::Document unique_driver_document(const UniqueDriverFacts& facts);

}  // namespace twinfleet::sample_fleets
