#pragma once

#include <string_view>

namespace twinfleet::driver_cache {

/// Brings newcomers into the directory: drivers who are in MongoDB and whom a pass has not brought yet, because they
/// were made, or changed, just now. This is an interface, so that others can be tested without stores.
///
/// Both functions read the driver from MongoDB, with what his profile shows, and wait until that is done, for no longer
/// than NewcomerSettings::wait. They return whether it was done; what the directory holds then is for the caller to
/// ask. A driver who could not be read in time comes with a pass (FleetDirectory::ready_in()). Neither throws because a
/// store is away. Safe to use from any thread.
class Newcomers {
public:
    Newcomers() = default;
    Newcomers(const Newcomers&) = delete;
    Newcomers& operator=(const Newcomers&) = delete;
    virtual ~Newcomers() = default;

    /// For a driver who was made, or brought back, just now: the other replicas are told to read him as well.
    virtual bool announce(std::string_view driver_id) = 0;
    /// For a driver whom somebody asks for and the directory does not know, as when another replica made him. One who
    /// was looked for a moment ago (NewcomerSettings::repeat_after) is not read again, so that asking often costs
    /// nothing.
    virtual bool look_for(std::string_view driver_id) = 0;
};

}  // namespace twinfleet::driver_cache
