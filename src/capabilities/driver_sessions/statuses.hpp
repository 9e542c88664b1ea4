#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/driver_sessions/sessions.hpp"

namespace twinfleet::driver_sessions {

/// What a driver says of himself; of each (park, driver), hence of each app family, on its own.
enum class DriverStatus : std::uint8_t { offline, busy, free };

/// `offline`, `busy`, `free`.
[[nodiscard]] std::string_view name_of(DriverStatus status) noexcept;
[[nodiscard]] std::optional<DriverStatus> parse_driver_status(std::string_view text) noexcept;

/// Who stands behind a tag (redis_tag), and what he does.
struct DriverState {
    DriverKey driver;
    std::string family;
    DriverStatus status = DriverStatus::offline;
};

/// Statuses of drivers. Throws platform::StoreUnavailable. Safe to use from any thread.
class Statuses {
public:
    Statuses() = default;
    Statuses(const Statuses&) = delete;
    Statuses& operator=(const Statuses&) = delete;
    virtual ~Statuses() = default;

    /// `offline` for whom nothing is known of.
    [[nodiscard]] virtual DriverStatus get(const DriverKey& driver) = 0;
    /// Without effect, and false, when the session has ended meanwhile: what a log-out did must not be undone by a
    /// request that was under way.
    [[nodiscard]] virtual bool set(const Session& session, DriverStatus status) = 0;
    /// Of many drivers in one round trip, in the order of the tags; nullopt for a tag that nothing is known of, or no
    /// more: whoever has not said anything for 14 days is offline.
    [[nodiscard]] virtual std::vector<std::optional<DriverState>> states(std::span<const std::string> tags) = 0;
};

}  // namespace twinfleet::driver_sessions
