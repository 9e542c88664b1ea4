#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

#include "capabilities/driver_cache/fleet_watcher.hpp"
#include "capabilities/driver_sessions/revocation/revocations_redis.hpp"
#include "capabilities/driver_sessions/revocation/subjects.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_sessions {

/// Sees in the fleet what ends sessions even when nobody uses them meanwhile, and notes it in the record of
/// revocations:
///
/// - a driver who stopped working, left his park or was removed; and one who works again, because until now he did not,
///   even if no replica was there to see him stop
/// - a park that was switched off or removed, or that is switched on again
/// - a phone that was taken out of a profile
///
/// What a replica does not see, it does not note: of a driver who was fired and hired again between two passes it sees
/// the last state alone. His sessions live on if that is so on every replica (design, "Sessions that end").
class Stops final : public driver_cache::FleetWatcher {
public:
    /// `revocations` must outlive this object.
    Stops(RedisRevocations& revocations, PhoneDigest phone_digest);

    void driver_changed(const driver_cache::Driver& before, const driver_cache::Driver* after,
                        std::uint64_t document_hash) override;
    void park_changed(const driver_cache::Park& before, const driver_cache::Park* after,
                      std::uint64_t document_hash) override;

private:
    RedisRevocations& revocations_;
    const PhoneDigest phone_digest_;
};

/// Writes what is noted, on a thread of its own, from construction to destruction. While Redis is away, that is logged
/// once, and tried again after pauses of retry_first to retry_longest.
class NoteWriter {
public:
    /// `revocations` and `log` must outlive this object.
    NoteWriter(RedisRevocations& revocations, log::Logger& log);

    static constexpr std::chrono::milliseconds retry_first{100};
    static constexpr std::chrono::milliseconds retry_longest{2'000};

private:
    std::jthread thread_;
};

}  // namespace twinfleet::driver_sessions
