#include "capabilities/driver_apps/driver_apps.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>

namespace twinfleet::driver_apps {
namespace {

constexpr std::size_t parts_max = 4;
constexpr std::size_t digits_max = 9;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
    Version version;
    for (std::size_t part = 0; part < parts_max; ++part) {
        const auto dot = text.find('.');
        const std::string_view number = text.substr(0, dot);
        if (number.empty() || number.size() > digits_max || !std::all_of(number.begin(), number.end(), is_digit)) {
            return std::nullopt;
        }
        std::from_chars(number.data(), number.data() + number.size(), version.parts_[part]);
        if (dot == std::string_view::npos) {
            return version;
        }
        text.remove_prefix(dot + 1);
    }
    return std::nullopt;
}

DriverApps::DriverApps(std::vector<DriverApp> apps) : apps_(std::move(apps)) {
    std::set<std::string_view> families;
    std::set<std::string_view> products;
    for (const DriverApp& app : apps_) {
        if (app.family.empty() || !families.insert(app.family).second) {
            throw std::invalid_argument("the family of an app is empty or stands twice: \"" + app.family + '"');
        }
        if (!is_token(app.product) || !products.insert(app.product).second) {
            throw std::invalid_argument("the product of an app is no token or stands twice: \"" + app.product + '"');
        }
    }
}

std::variant<const DriverApp*, Refusal> DriverApps::find(std::optional<std::string_view> user_agent) const {
    if (!user_agent) {
        return Refusal::unknown_app;
    }
    // The whole name decides: `Taximeter` is no prefix of `Taximeter-Vezet` here, as products end at ' ' or '/'.
    const auto product_end = user_agent->find_first_of(" /");
    const auto app = std::find_if(apps_.begin(), apps_.end(), [&](const DriverApp& known) {
        return known.product == user_agent->substr(0, product_end);
    });
    if (app == apps_.end() || product_end == std::string_view::npos) {
        return Refusal::unknown_app;
    }
    std::string_view rest = user_agent->substr(product_end + 1);
    const auto version = Version::parse(rest.substr(0, rest.find(' ')));
    if (!version) {
        return Refusal::unknown_app;
    }
    if (*version < app->minimum_version) {
        return Refusal::update_required;
    }
    return &*app;
}

}  // namespace twinfleet::driver_apps
