#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Which app of drivers is calling. Families are configured, never coded (design, "Words").
namespace twinfleet::driver_apps {

/// Numbers between dots, compared one by one from the left; one that is left out is 0: 9.8 < 9.61, 9 == 9.0.
class Version {
public:
    Version() = default;
    /// 1 to 4 numbers of at most 9 digits; nullopt for anything else.
    [[nodiscard]] static std::optional<Version> parse(std::string_view text);
    std::strong_ordering operator<=>(const Version&) const = default;
    bool operator==(const Version&) const = default;

private:
    std::uint32_t parts_[4] = {};
};

struct DriverApp {
    /// `taximeter`, `vezet`.
    std::string family;
    /// What its User-Agent begins with, a token of RFC 9110, section 5.6.2, upper and lower case told apart:
    /// `Taximeter-Vezet`.
    std::string product;
    Version minimum_version;
};

enum class Refusal : std::uint8_t { unknown_app, update_required };

/// Never changes; safe to use from any thread.
class DriverApps {
public:
    /// Throws std::invalid_argument when a family is empty, a product no token, or either stands twice.
    explicit DriverApps(std::vector<DriverApp> apps);

    /// By `User-Agent: <product> <version> (<build>)`, the build optional; `<product>/<version>` (RFC 9110, section
    /// 10.1.5) is understood, too. The pointer is valid as long as this lives.
    [[nodiscard]] std::variant<const DriverApp*, Refusal> find(std::optional<std::string_view> user_agent) const;
    [[nodiscard]] const std::vector<DriverApp>& all() const noexcept { return apps_; }

private:
    std::vector<DriverApp> apps_;
};

}  // namespace twinfleet::driver_apps
