#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "capabilities/mirroring/stores/entity_store.hpp"
#include "clients/access_control/access_control.hpp"
#include "platform/mongo/client.hpp"

namespace twinfleet::fleet_synchronizer {

/// Makes and owns the store of each entity: MongoDB or access-control.
class EntityStores {
public:
    /// When `access_control` is nullptr, groups and users have no store. Both arguments outlive this.
    EntityStores(const mongo::Pool& mongo, const clients::AccessControl* access_control);

    /// The stores by the name of their entity.
    [[nodiscard]] const std::map<std::string, mirroring::EntityStore*, std::less<>>& by_name() const noexcept {
        return by_name_;
    }

private:
    std::vector<std::unique_ptr<mirroring::EntityStore>> stores_;
    std::map<std::string, mirroring::EntityStore*, std::less<>> by_name_;
};

}  // namespace twinfleet::fleet_synchronizer
