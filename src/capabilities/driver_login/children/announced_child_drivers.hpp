#pragma once

#include "capabilities/driver_cache/newcomers/newcomers.hpp"
#include "capabilities/driver_login/children/child_drivers.hpp"

namespace twinfleet::driver_login {

/// A ChildDrivers that has every child announced whose profile is not ready here (driver_cache::Newcomers): when make()
/// returns, this replica has his profile, or his documents could not be read in time, and the others are reading them.
/// Who has been here all along is not announced again.
class AnnouncedChildDrivers final : public ChildDrivers {
public:
    /// All of them must outlive this.
    AnnouncedChildDrivers(ChildDrivers& children, const driver_cache::FleetDirectory& directory,
                          driver_cache::Newcomers& newcomers)
        : children_(children), directory_(directory), newcomers_(newcomers) {}

    [[nodiscard]] std::variant<ChildDriver, ChildRefusal> make(std::string_view family,
                                                               std::string_view parent_driver_id) override {
        auto made = children_.make(family, parent_driver_id);
        if (const auto* child = std::get_if<ChildDriver>(&made);
            child != nullptr && !is_profile_ready(directory_, child->park_id, child->driver_id)) {
            // Whether it was read in time shows in the directory.
            static_cast<void>(newcomers_.announce(child->driver_id));
        }
        return made;
    }

private:
    ChildDrivers& children_;
    const driver_cache::FleetDirectory& directory_;
    driver_cache::Newcomers& newcomers_;
};

}  // namespace twinfleet::driver_login
