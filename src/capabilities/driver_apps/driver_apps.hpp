#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Which of the drivers' apps is calling, and so which app family. The families are configured, never coded (design,
/// "Words").
namespace twinfleet::driver_apps {

/// The version of an app: numbers with dots between them, compared one by one from the left. A number that is left out
/// counts as 0: 9.8 < 9.61, and 9 == 9.0.
class Version {
public:
    Version() = default;
    /// Reads 1 to 4 numbers of at most 9 digits each; nullopt for anything else.
    [[nodiscard]] static std::optional<Version> parse(std::string_view text);
    std::strong_ordering operator<=>(const Version&) const = default;
    bool operator==(const Version&) const = default;

private:
    std::uint32_t parts_[4] = {};
};

/// An app that may call, as configured.
struct DriverApp {
    /// `taximeter`, `vezet`.
    std::string family;
    /// What the User-Agent of the app begins with: `Taximeter-Vezet`. A token as RFC 9110, section 5.6.2 has it; upper
    /// and lower case are told apart.
    std::string product;
    Version minimum_version;
};

/// Why a caller is not let in: no configured app has sent this User-Agent, or the app's version is below
/// minimum_version (contract, section 4).
enum class Refusal : std::uint8_t { unknown_app, update_required };

/// All apps that may call. Never changes after construction; safe to use from any thread.
class DriverApps {
public:
    /// Throws std::invalid_argument when a family is empty, a product is not a token, or a family or product occurs
    /// twice.
    explicit DriverApps(std::vector<DriverApp> apps);

    /// The app that sent the header `User-Agent: <product> <version> (<build>)`. The build is optional, and
    /// `<product>/<version>` (RFC 9110, section 10.1.5) is understood, too. nullopt stands for a request without the
    /// header. The pointer is valid as long as this object.
    [[nodiscard]] std::variant<const DriverApp*, Refusal> find(std::optional<std::string_view> user_agent) const;
    [[nodiscard]] const std::vector<DriverApp>& all() const noexcept { return apps_; }

private:
    std::vector<DriverApp> apps_;
};

}  // namespace twinfleet::driver_apps
