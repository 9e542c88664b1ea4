#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sample_fleets/generator/documents.hpp"
#include "apps/sample_fleets/generator/invented.hpp"

namespace twinfleet::sample_fleets {

/// Which field of which kind of document an edit changes.
enum class EditKind : std::uint8_t {
    driver_car,
    driver_work_status,
    car_status,
    driver_phone,
    driver_name,
    rule_name,
    park_name
};
/// The names of the kinds, in the order of EditKind.
inline constexpr std::array<std::string_view, 7> edit_kind_names{
    "driver_car", "driver_work_status", "car_status", "driver_phone", "driver_name", "rule_name", "park_name"};

/// What can be edited: the parents of the sample fleets.
struct EditableFleet {
    struct Named {
        std::string id;
        std::string name;
    };
    struct Driver {
        std::string id;
        /// The position of his park in EditableFleet::parks.
        std::size_t park = 0;
    };
    std::vector<Named> parks;
    std::vector<Named> work_rules;
    std::vector<std::string> cars;
    std::vector<Driver> drivers;
    /// The ids of the cars of each park, in the order of `parks`.
    std::vector<std::vector<std::string>> cars_of_park;
};

/// One change of one document.
struct Edit {
    EditKind kind = EditKind::driver_car;
    Collection collection = Collection::drivers;
    std::string id;
    /// The fields to set, without `updated_ts` and `modified_date`.
    bson::Document set;
};

/// Draws edits as the day of a dispatcher brings them: most are drivers who change their car or status, few are parks
/// that change their name. The same fleet and seed give the same edits. A phone is a new one each time.
class EditSequence {
public:
    /// Throws std::invalid_argument when the fleet has no drivers, cars, rules or parks. The fleet outlives this.
    EditSequence(const EditableFleet& fleet, std::uint64_t seed);

    [[nodiscard]] Edit next();

private:
    const EditableFleet& fleet_;
    Dice dice_;
    std::uint32_t next_phone_;
    std::uint64_t count_ = 0;
};

}  // namespace twinfleet::sample_fleets
