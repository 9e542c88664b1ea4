#include "capabilities/mirroring/policy/city_names.hpp"

#include "platform/text/nfc.hpp"

namespace twinfleet::mirroring {

CityNames::CityNames(std::span<const std::string> names) {
    for (const std::string& name : names) {
        names_.insert(platform::nfc(name));
    }
}

bool CityNames::contains(std::string_view city_id) const {
    return names_.contains(platform::nfc(city_id));
}

void CityNames::erase(std::string_view city_id) {
    names_.erase(platform::nfc(city_id));
}

}  // namespace twinfleet::mirroring
