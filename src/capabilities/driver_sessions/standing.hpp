#pragma once

#include <cstdint>
#include <string_view>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_sessions/sessions.hpp"

namespace twinfleet::driver_sessions {

/// What the directory says of whom a session belongs to. All but the first two end the session.
enum class Standing : std::uint8_t {
    works,
    /// The directory is stale, or cannot read the document of the driver or the park and never could.
    unknown,
    driver_not_working,
    /// He is in another park now; there he logs in anew.
    driver_moved,
    /// The directory does not hold him, though it would by now if it could.
    driver_missing,
    park_not_active,
    park_missing,
};
/// `driver_not_working`.
[[nodiscard]] std::string_view name_of(Standing standing) noexcept;

/// A driver or park that the directory does not hold is, at first, one that was made for this login and has not reached
/// the directory: he works, as fleet-synchronizer has just said. Once the directory is complete until after the session
/// began, he has been removed.
///
/// A document that becomes unreadable later ends nothing, as the directory keeps the last good version of what it keeps
/// aside. Of one that was never readable, as for a replica that starts without a dump, nobody can say whether he is
/// fired: he is not let in, but his session lives on for the day when the document is mended.
[[nodiscard]] Standing standing_of(const Session& session, const driver_cache::FleetDirectory& directory);

/// What clocks of replicas and of MongoDB may differ by: the directory counts as complete until the beginning of a
/// session only when it is by so much more.
inline constexpr std::chrono::seconds clock_skew_max{10};

}  // namespace twinfleet::driver_sessions
