#include "capabilities/mirroring/policy/logins.hpp"

namespace twinfleet::mirroring {

std::string derived_login(std::string_view parent_login, const domain::AppFamily& family) {
    return std::string(parent_login) + "-" + family.name;
}

std::string fallback_login(std::string_view parent_login, const domain::AppFamily& family, std::string_view child_id) {
    return derived_login(parent_login, family) + "-" + std::string(child_id.substr(0, 6));
}

std::string stand_in_login(std::string_view child_id) {
    return "~" + std::string(child_id);
}

bool is_stand_in_login(std::string_view login, std::string_view child_id) {
    constexpr std::size_t id_characters_kept = 32;
    return login == stand_in_login(child_id) || login.ends_with(stand_in_login(child_id.substr(0, id_characters_kept)));
}

}  // namespace twinfleet::mirroring
