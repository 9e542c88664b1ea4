#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bson/builder.hpp"
#include "platform/bson/view.hpp"

/// The documents of contract, section 1, filled with what the other services of a platform would have left in them:
/// beside the fields that the mirror knows there are nested documents, arrays, decimals, dates, binaries and nulls,
/// which the mirror must copy as they stand. Everything that a caller does not give follows from the id of the
/// document.
namespace twinfleet::sample_fleets {

enum class Collection : std::uint8_t { parks, work_rules, cars, drivers, unique_drivers };
/// All collections, each after those that its documents refer to.
inline constexpr std::array collections{Collection::parks, Collection::work_rules, Collection::cars,
                                        Collection::drivers, Collection::unique_drivers};

/// Where a collection is in MongoDB.
struct CollectionName {
    std::string_view database;
    std::string_view name;
};
[[nodiscard]] CollectionName name_of(Collection collection);

/// Takes documents one after another. The view is valid during the call only. The documents have no `updated_ts`: the
/// server sets it.
using Sink = std::function<void(Collection, bson::View)>;

/// The field by which the documents of sample fleets are found again. Every document of a sample fleet has it, and so
/// do their children, since the mirror copies it like any unknown field. Its values are those of `origin`.
inline constexpr std::string_view origin_field = "sample_origin";
namespace origin {
inline constexpr std::string_view chicago = "chicago";
inline constexpr std::string_view new_york = "new_york";
inline constexpr std::string_view bad_documents = "bad_documents";
inline constexpr std::string_view synthetic = "synthetic";
}  // namespace origin

/// What a caller gives of a park.
struct ParkFacts {
    std::string id;
    std::string name;
    std::string login;
    std::string city_id;
    bool is_active = true;
    std::string_view origin;
    /// The id of the record in the register; may be empty.
    std::string register_record;
};
[[nodiscard]] bson::Document park_document(const ParkFacts& facts);

/// What a caller gives of a work rule.
struct WorkRuleFacts {
    std::string id;
    std::string park_id;
    std::string name;
    bool is_default = false;
    double commission_percent = 0;
    std::string_view origin;
};
[[nodiscard]] bson::Document work_rule_document(const WorkRuleFacts& facts);

/// What a caller gives of a car.
struct CarFacts {
    std::string id;
    std::string park_id;
    std::string number;
    std::string callsign;
    /// What is not known, an empty text or the year 0, is left out of the document. This holds for all fields from here
    /// to `fuel`.
    std::string brand;
    std::string model;
    std::int32_t year = 0;
    std::string color;
    std::string fuel;
    bool is_wheelchair_accessible = false;
    bool is_working = true;
    /// The state of the vehicle's licence in the register's words; may be empty.
    std::string license_status;
    std::string_view origin;
};
[[nodiscard]] bson::Document car_document(const CarFacts& facts);

/// What a caller gives of a driver.
struct DriverFacts {
    std::string id;
    std::string park_id;
    std::string first_name;
    std::string last_name;
    /// The phone number in the form of ITU-T E.164.
    std::string phone;
    std::string license_number;
    /// `working`, `not_working` or `fired`.
    std::string_view work_status = "working";
    /// The id of his car; when it is empty, the driver has none and the field is null.
    std::string car_id;
    std::string rule_id;
    std::string_view origin;
};
[[nodiscard]] bson::Document driver_document(const DriverFacts& facts);

/// A driver in one park, as a unique driver lists him.
struct Profile {
    std::string park_id;
    std::string driver_id;
};
/// What a caller gives of a unique driver: one person, known by the licence, with his profiles in all parks.
struct UniqueDriverFacts {
    /// The licence in any spelling. The document holds the normalized number, and its id follows from that.
    std::string license_number;
    std::vector<Profile> profiles;
    std::string_view origin;
};
[[nodiscard]] bson::Document unique_driver_document(const UniqueDriverFacts& facts);

}  // namespace twinfleet::sample_fleets
