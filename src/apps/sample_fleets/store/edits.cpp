#include "apps/sample_fleets/store/edits.hpp"

#include <numeric>
#include <stdexcept>

namespace twinfleet::sample_fleets {
namespace {

/// Per cent, in the order of EditKind.
constexpr std::array<std::uint32_t, edit_kind_names.size()> shares{30, 22, 18, 12, 10, 5, 3};
static_assert(std::accumulate(shares.begin(), shares.end(), 0U) == 100);

EditKind draw_kind(Dice& dice) {
    auto draw = dice.below(100);
    std::size_t kind = 0;
    while (draw >= shares.at(kind)) {
        draw -= shares.at(kind++);
    }
    return static_cast<EditKind>(kind);
}

}  // namespace

EditSequence::EditSequence(const EditableFleet& fleet, std::uint64_t seed)
    : fleet_(fleet),
      dice_("edits/" + std::to_string(seed)),
      next_phone_(static_cast<std::uint32_t>(dice_.below(phones_per_block - phones_of_edits))) {
    if (fleet.parks.empty() || fleet.work_rules.empty() || fleet.cars.empty() || fleet.drivers.empty()) {
        throw std::invalid_argument("the store holds no sample fleet to edit: load one first");
    }
}

Edit EditSequence::next() {
    ++count_;
    Edit edit;
    edit.kind = draw_kind(dice_);
    bson::Builder set;
    switch (edit.kind) {
        case EditKind::driver_car: {
            const auto& driver = dice_.pick(fleet_.drivers);
            const auto& cars = fleet_.cars_of_park.at(driver.park);
            edit.id = driver.id;
            if (cars.empty() || dice_.per_mille(100)) {
                set.null("car_id");
            } else {
                set.string("car_id", dice_.pick(cars));
            }
            break;
        }
        case EditKind::driver_work_status: {
            edit.id = dice_.pick(fleet_.drivers).id;
            const auto draw = dice_.below(100);
            set.string("work_status", draw < 80 ? "working" : draw < 96 ? "not_working" : "fired");
            break;
        }
        case EditKind::car_status:
            edit.collection = Collection::cars;
            edit.id = dice_.pick(fleet_.cars);
            set.string("status", dice_.per_mille(800) ? "working" : "not_working");
            break;
        case EditKind::driver_phone:
            edit.id = dice_.pick(fleet_.drivers).id;
            set.begin_array("phones")
                .string("0", phone_number(PhoneBlock::samples, phones_of_edits + next_phone_))
                .end();
            next_phone_ = (next_phone_ + 1) % (phones_per_block - phones_of_edits);
            break;
        case EditKind::driver_name:
            edit.id = dice_.pick(fleet_.drivers).id;
            set.string("first_name", first_name(dice_)).string("last_name", last_name(dice_));
            break;
        case EditKind::rule_name: {
            const auto& rule = dice_.pick(fleet_.work_rules);
            edit.collection = Collection::work_rules;
            edit.id = rule.id;
            set.string("name", rule.name + " (" + std::to_string(count_) + ")");
            break;
        }
        case EditKind::park_name: {
            const auto& park = dice_.pick(fleet_.parks);
            edit.collection = Collection::parks;
            edit.id = park.id;
            set.string("name", park.name + " (" + std::to_string(count_) + ")");
            break;
        }
    }
    edit.set = set.take();
    return edit;
}

}  // namespace twinfleet::sample_fleets
