#include "capabilities/mirroring/policy/logins.hpp"

namespace twinfleet::mirroring {

std::string derived_login(std::string_view parent_login, const domain::AppFamily& family) {
    return std::string(parent_login) + "-" + family.name;
}

std::string fallback_login(std::string_view parent_login, const domain::AppFamily& family, std::string_view child_id) {
    return derived_login(parent_login, family) + "-" + std::string(child_id.substr(0, 6));
}

}  // namespace twinfleet::mirroring
