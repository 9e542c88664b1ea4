#include "capabilities/mirroring/verification/misplaced_profiles.hpp"

#include <vector>

#include "domain/license.hpp"

namespace twinfleet::mirroring {
namespace {

std::string_view code_of(ProfilePlace place) {
    switch (place) {
        case ProfilePlace::right:
            return {};
        case ProfilePlace::wrong_content:
            return "unique_driver:content";
        case ProfilePlace::twice:
            return "unique_driver:twice";
        case ProfilePlace::in_wrong_record:
            return "unique_driver:wrong";
        case ProfilePlace::missing:
            break;
    }
    return "unique_driver:missing";
}

bool has_compared_child(const MirrorBatch::Item& item) {
    // Of one that cannot be mirrored now, and is only switched off, nothing else is said.
    return item.link && item.link->state == LinkState::linked && item.park != nullptr &&
           (item.operation.step == Step::unchanged || item.operation.step == Step::update);
}

}  // namespace

MisplacedProfiles misplaced_profiles(UniqueDriverStore& store, const Entity& entity, const domain::AppFamily& family,
                                     const MirrorBatch& batch) {
    MisplacedProfiles misplaced;
    if (!entity.has_driver_profile) {
        return misplaced;
    }
    std::vector<DriverProfile> profiles;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        const MirrorBatch::Item& item = batch.items[i];
        if (has_compared_child(item)) {
            profiles.push_back({.license = domain::normalize_license(item.parent.license_number),
                                .park_id = domain::ChildParkId(item.park->child_park_id),
                                .driver_id = item.link->child_id});
            positions.push_back(i);
        }
    }
    if (profiles.empty()) {
        return misplaced;
    }
    const std::vector<ProfilePlace> places = store.find_profiles(family, profiles);
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (const std::string_view code = code_of(places[i]); !code.empty()) {
            misplaced.emplace(positions[i], code);
        }
    }
    return misplaced;
}

}  // namespace twinfleet::mirroring
