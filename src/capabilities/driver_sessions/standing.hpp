#pragma once

#include <cstdint>
#include <string_view>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_sessions/sessions.hpp"

namespace twinfleet::driver_sessions {

/// What the directory says about the driver of a session and his park. With `works` the driver is let in, with
/// `unknown` he is not let in for now, and every other value ends the session.
enum class Standing : std::uint8_t {
    works,
    /// The directory is stale, or has never been able to read the document of the driver or of the park.
    unknown,
    driver_not_working,
    /// The driver is in another park now and has to log in there.
    driver_moved,
    /// The directory does not hold the driver, although it is complete up to a time after the session began.
    driver_missing,
    park_not_active,
    /// The same for the park.
    park_missing,
};
/// The name as in the enum: `driver_not_working`.
[[nodiscard]] std::string_view name_of(Standing standing) noexcept;

/// Judges the driver of `session` by what the directory says at this moment.
///
/// A driver or park that the directory does not hold counts, at first, as one that was made for this very login and has
/// not reached the directory yet. Such a driver works, because fleet-synchronizer has just said so. Once the directory
/// is complete up to a time after the session began, a driver or park that is not in it has been removed.
///
/// A document that becomes unreadable does not end a session, because the directory keeps the last version that it
/// could read. There is none when the document was unreadable from the first, as on a replica that starts without a
/// dump. Whether the driver was fired cannot be known then: he is not let in, but his session stays until the document
/// is mended.
[[nodiscard]] Standing standing_of(const Session& session, const driver_cache::FleetDirectory& directory);

/// How far the clocks of the replicas and of MongoDB may be apart. The directory counts as complete up to a time after
/// a session began only when FleetDirectory::complete_until() is later than that beginning by more than this.
inline constexpr std::chrono::seconds clock_skew_max{10};

}  // namespace twinfleet::driver_sessions
