#pragma once

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "capabilities/driver_sessions/standing.hpp"
#include "platform/clock/clock.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_sessions {

/// Sessions as hashes `driver_session:{<tag>}`: one key for each (park, driver), so that a new session takes the place
/// of the earlier one in one step, whoever else logs in at the same time.
///
/// find() asks Redis for the session, and the directory whether the driver still works in the park (standing.hpp);
/// whoever does not is logged out at that moment. A token that is not the right one changes nothing. That a session was
/// used is noted once in a 200th of its idle lifetime at most, as nearly every request would be a write otherwise; so
/// an idle session may end by so much earlier.
///
/// Metrics: driver_sessions_begun_total{family}; driver_sessions_ended_total{family,reason}: `logged_out`, `replaced`,
/// or a Standing (those that expire are not counted, as Redis drops them silently);
/// driver_session_refusals_total{reason}.
class RedisSessions final : public Sessions {
public:
    /// All outlive this. Throws std::invalid_argument for a lifetime under a second.
    RedisSessions(const redis::Pool& pool, const driver_cache::FleetDirectory& directory, const platform::Clock& clock,
                  metrics::Registry& registry, const SessionSettings& settings = {});

    [[nodiscard]] std::string begin(const DriverKey& driver, std::string_view family) override;
    [[nodiscard]] std::variant<Session, SessionRefusal> find(std::string_view token, std::string_view family) override;
    void end(std::string_view token) override;

private:
    struct Stored;
    [[nodiscard]] std::variant<Session, SessionRefusal> judge(std::string_view token, std::string_view family);
    /// nullopt: there is none, it is another token's, or it has expired.
    [[nodiscard]] std::optional<Stored> load(std::string_view tag, std::string_view token_sha256) const;
    void note_use(std::string_view tag, const Stored& stored);
    void end(std::string_view tag, std::string_view token_sha256, std::string_view reason);
    [[nodiscard]] std::int64_t expires_at_ms(std::int64_t created_at_ms, std::int64_t used_at_ms) const;
    [[nodiscard]] std::int64_t now_ms() const;

    const redis::Pool& pool_;
    const driver_cache::FleetDirectory& directory_;
    const platform::Clock& clock_;
    const SessionSettings settings_;
    metrics::Family<metrics::Counter>& begun_;
    metrics::Family<metrics::Counter>& ended_;
    metrics::Family<metrics::Counter>& refusals_;
};

}  // namespace twinfleet::driver_sessions
