#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace twinfleet::mirroring {

/// Cities that somebody has asked for by their names. Names that look alike are the same, in whichever Unicode form
/// each of them is written (platform::nfc()).
class CityNames {
public:
    explicit CityNames(std::span<const std::string> names);

    [[nodiscard]] bool empty() const noexcept { return names_.empty(); }
    /// Whether the `city_id` of a park is one of them.
    [[nodiscard]] bool contains(std::string_view city_id) const;
    /// Takes it out of them.
    void erase(std::string_view city_id);
    /// In order, each in normalization form C.
    [[nodiscard]] const std::set<std::string>& names() const noexcept { return names_; }

private:
    std::set<std::string> names_;
};

}  // namespace twinfleet::mirroring
