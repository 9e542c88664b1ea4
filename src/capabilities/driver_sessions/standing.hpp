#pragma once

#include <cstdint>
#include <string_view>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_sessions/sessions.hpp"

/// Whether a driver may work in a park: the one judgement that sessions, log-ins and searches for drivers share. A
/// child's right is copied from its parent, so it is judged at its source as well (design, "Standing and trust"): a
/// child driver may work only while he works, his park is active, his parent works in the parent of that park, and that
/// park is active, too. All four are in the directory, whether or not the mirror is running.
namespace twinfleet::driver_sessions {

/// What the directory says about a driver and his park. With `works` the driver is let in, with `unknown` he is not let
/// in for now, and every other value ends his session.
enum class Standing : std::uint8_t {
    works,
    /// The directory is stale, or has never been able to read one of the documents that decide.
    unknown,
    driver_not_working,
    /// The driver is in another park now and has to log in there.
    driver_moved,
    /// The directory does not hold the driver, although it is complete up to a time after the session began.
    driver_missing,
    park_not_active,
    /// The same for the park.
    park_missing,
    /// What follows is said of a child alone. Its parent does not work.
    parent_not_working,
    /// The parent works in another park than the parent of the child's park.
    parent_moved,
    /// The directory does not hold the parent, or the child names none.
    parent_missing,
    parent_park_not_active,
    parent_park_missing,
};
/// The name as in the enum: `driver_not_working`.
[[nodiscard]] std::string_view name_of(Standing standing) noexcept;

/// Judges the driver of `session` by what the directory says at this moment.
///
/// What the directory does not hold counts, at first, as something that was made for this very login and has not
/// reached the directory yet. Such a driver works, because fleet-synchronizer has just said so. Once the directory is
/// complete up to a time after the session began, what is not in it has been removed. While it has caught up to such a
/// time and does not know yet which documents it cannot read, nothing is known of what it does not hold.
///
/// A document that becomes unreadable does not end a session unless it still says that a right is gone; the directory
/// answers from the last version that it could read. There is none when the document was unreadable from the first, as
/// on a replica that starts without a dump. Whether the driver was fired may not be known then: he is not let in, but
/// his session stays until the document is mended.
[[nodiscard]] Standing standing_of(const Session& session, const driver_cache::FleetDirectory& directory);

/// Judges a driver in a park without a session: what the directory does not hold is missing at once. Does not ask
/// whether the directory is stale; what a stale directory says is for the caller to weigh.
[[nodiscard]] Standing standing_of(const DriverKey& driver, const driver_cache::FleetDirectory& directory);

/// Judges a park alone in the same way: whether anybody may work there.
[[nodiscard]] Standing standing_of_park(std::string_view park_id, const driver_cache::FleetDirectory& directory);

/// How far the clocks of the replicas and of MongoDB may be apart. The directory counts as complete up to a time after
/// a session began only when FleetDirectory::complete_until() is later than that beginning by more than this.
inline constexpr std::chrono::seconds clock_skew_max{10};

}  // namespace twinfleet::driver_sessions
