#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sample_fleets/generator/documents.hpp"
#include "apps/sample_fleets/generator/invented.hpp"

namespace twinfleet::sample_fleets {

enum class EditKind : std::uint8_t {
    driver_car,
    driver_work_status,
    car_status,
    driver_phone,
    driver_name,
    rule_name,
    park_name
};
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
        /// Position in `parks`.
        std::size_t park = 0;
    };
    std::vector<Named> parks;
    std::vector<Named> work_rules;
    std::vector<std::string> cars;
    std::vector<Driver> drivers;
    /// By park, as in `parks`.
    std::vector<std::vector<std::string>> cars_of_park;
};

struct Edit {
    EditKind kind = EditKind::driver_car;
    Collection collection = Collection::drivers;
    std::string id;
    /// The fields to set, without the dates.
    bson::Document set;
};

/// Draws edits as a dispatcher's day has them: mostly drivers changing cars and statuses, rarely a park its name. The
/// same fleet and seed give the same edits. Phones are new ones each time.
class EditSequence {
public:
    /// Throws std::invalid_argument when the fleet has no drivers, cars, rules or parks. Keeps a reference to the
    /// fleet.
    EditSequence(const EditableFleet& fleet, std::uint64_t seed);

    [[nodiscard]] Edit next();

private:
    const EditableFleet& fleet_;
    Dice dice_;
    std::uint32_t next_phone_;
    std::uint64_t count_ = 0;
};

}  // namespace twinfleet::sample_fleets
