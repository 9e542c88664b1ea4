#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/driver_sessions/sessions.hpp"

namespace twinfleet::driver_sessions {

/// What a driver says about himself (contract, section 4). A status belongs to a driver in a park, hence to one app
/// family: somebody who works in two apps has two statuses.
enum class DriverStatus : std::uint8_t { offline, busy, free };

/// The name in the API: `offline`, `busy`, `free`.
[[nodiscard]] std::string_view name_of(DriverStatus status) noexcept;
/// The status of that name; nullopt for any other text.
[[nodiscard]] std::optional<DriverStatus> parse_driver_status(std::string_view text) noexcept;

/// The driver who stands behind a tag (redis_tag()), and his status.
struct DriverState {
    DriverKey driver;
    std::string family;
    DriverStatus status = DriverStatus::offline;
    /// Whether the driver has a session. What is known of one who has none is from the time before it ended.
    bool is_logged_in = true;
};

/// The statuses of all drivers. Every function throws platform::StoreUnavailable while the store is away. Safe to use
/// from any thread.
class Statuses {
public:
    Statuses() = default;
    Statuses(const Statuses&) = delete;
    Statuses& operator=(const Statuses&) = delete;
    virtual ~Statuses() = default;

    /// The driver's status; `offline` for a driver about whom nothing is known.
    [[nodiscard]] virtual DriverStatus get(const DriverKey& driver) = 0;
    /// Sets the status of the session's driver and returns true. When the session has ended meanwhile, nothing changes
    /// and the result is false: a request that was under way must not undo what a log-out did.
    [[nodiscard]] virtual bool set(const Session& session, DriverStatus status) = 0;
    /// The states of many drivers in one round trip, in the order of `tags` (redis_tag()). nullopt for a tag about
    /// which nothing is known; such a driver is offline. A driver who has not been heard of for 14 days is forgotten.
    [[nodiscard]] virtual std::vector<std::optional<DriverState>> states(std::span<const std::string> tags) = 0;
    /// Forgets everything about a driver.
    virtual void forget(const DriverKey& driver) = 0;
};

}  // namespace twinfleet::driver_sessions
