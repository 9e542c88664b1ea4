#pragma once

#include <chrono>

#include "capabilities/driver_sessions/statuses.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_sessions {

/// Statuses as the field `status` of the Redis hashes `driver_state:{<tag>}`; the field is absent while the driver is
/// `offline`. RedisSessions makes the hash when a session begins. Redis drops it when nothing has been written to it
/// for `lifetime`.
class RedisStatuses final : public Statuses {
public:
    /// `pool` must outlive this object.
    explicit RedisStatuses(const redis::Pool& pool, std::chrono::seconds lifetime = SessionSettings().idle_lifetime);

    [[nodiscard]] DriverStatus get(const DriverKey& driver) override;
    [[nodiscard]] bool set(const Session& session, DriverStatus status) override;
    [[nodiscard]] std::vector<std::optional<DriverState>> states(std::span<const std::string> tags) override;
    void forget(const DriverKey& driver) override;

private:
    const redis::Pool& pool_;
    const std::chrono::milliseconds lifetime_;
};

}  // namespace twinfleet::driver_sessions
