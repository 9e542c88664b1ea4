#include "capabilities/driver_sessions/statuses_redis.hpp"

#include "capabilities/driver_sessions/hash_redis.hpp"

namespace twinfleet::driver_sessions {
namespace {

/// KEYS: session, state. ARGV: token_sha256, park_id, driver_id, family, lifetime, status (none: offline). Whether the
/// session is still there.
const redis::Script set_script(R"(
if redis.call('HGET', KEYS[1], 'token_sha256') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[2], 'park_id', ARGV[2], 'driver_id', ARGV[3], 'family', ARGV[4])
if ARGV[6] then
    redis.call('HSET', KEYS[2], 'status', ARGV[6])
else
    redis.call('HDEL', KEYS[2], 'status')
end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1
)");

}  // namespace

RedisStatuses::RedisStatuses(const redis::Pool& pool, std::chrono::seconds lifetime)
    : pool_(pool), lifetime_(lifetime) {}

DriverStatus RedisStatuses::get(const DriverKey& driver) {
    const auto status = pool_.call({"HGET", state_key(redis_tag(driver)), "status"}).optional_text();
    return parse_driver_status(status.value_or("")).value_or(DriverStatus::offline);
}

bool RedisStatuses::set(const Session& session, DriverStatus status) {
    const auto tag = redis_tag(session.driver);
    const std::vector<std::string> keys{session_key(tag), state_key(tag)};
    std::vector<std::string> arguments{session.token_sha256, session.driver.park_id, session.driver.driver_id,
                                       session.family, std::to_string(lifetime_.count())};
    if (status != DriverStatus::offline) {
        arguments.emplace_back(name_of(status));
    }
    return pool_.call(redis::Command(set_script, keys, arguments)).integer() == 1;
}

std::vector<std::optional<DriverState>> RedisStatuses::states(std::span<const std::string> tags) {
    std::vector<redis::Command> commands;
    commands.reserve(2 * tags.size());
    for (const auto& tag : tags) {
        commands.push_back({"HGETALL", state_key(tag)});
        commands.push_back({"EXISTS", session_key(tag)});
    }
    std::vector<std::optional<DriverState>> states;
    states.reserve(tags.size());
    const auto replies = pool_.pipeline(commands);
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const auto& hash = replies[2 * i];
        if (hash.items().empty()) {
            states.emplace_back(std::nullopt);
            continue;
        }
        states.emplace_back(
            DriverState{.driver = {.park_id = std::string(field_of(hash, "park_id")),
                                   .driver_id = std::string(field_of(hash, "driver_id"))},
                        .family = std::string(field_of(hash, "family")),
                        .status = parse_driver_status(field_of(hash, "status")).value_or(DriverStatus::offline),
                        .is_logged_in = replies[2 * i + 1].integer() != 0});
    }
    return states;
}

void RedisStatuses::forget(const DriverKey& driver) {
    static_cast<void>(pool_.call({"DEL", state_key(redis_tag(driver))}));
}

}  // namespace twinfleet::driver_sessions
