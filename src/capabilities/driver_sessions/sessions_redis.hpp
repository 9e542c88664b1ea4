#pragma once

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "capabilities/driver_sessions/standing.hpp"
#include "platform/clock/clock.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_sessions {

/// Sessions as Redis hashes `driver_session:{<tag>}`: one key for each driver in a park, so that a new session takes
/// the place of the earlier one in one step, whoever else logs in at the same time.
///
/// find() reads the session from Redis and asks the directory whether the driver still works in his park
/// (standing_of()). If he does not, his session is ended at that moment. A token that is not the one of the stored
/// session changes nothing.
///
/// That a session was used is written down at most once in a 200th of its idle lifetime, because otherwise nearly every
/// request would be a write. An idle session may therefore end earlier by that much. While Redis takes no writes (it is
/// full, or a replica), uses go unnoted, and find() answers all the same.
///
/// Metrics:
/// - driver_sessions_begun_total{family}
/// - driver_sessions_ended_total{family,reason}: `reason` is `logged_out`, `replaced` or the name of a Standing.
///   Sessions that expire are not counted, because Redis drops them silently.
/// - driver_sessions_unreplicated_total{family}: sessions that began although no replica was seen to have them in time
///   (redis::Settings::replica_wait_count). They are lost if the master is lost just then.
/// - driver_session_refusals_total{reason}: `reason` is the name of a SessionRefusal.
/// - driver_session_notes_lost_total: uses, and ends that find() saw, which Redis did not take.
class RedisSessions final : public Sessions {
public:
    /// Everything but `settings` must outlive this object. Throws std::invalid_argument for a lifetime under a second.
    RedisSessions(const redis::Pool& pool, const driver_cache::FleetDirectory& directory, const platform::Clock& clock,
                  metrics::Registry& registry, const SessionSettings& settings = {});

    [[nodiscard]] std::string begin(const DriverKey& driver, std::string_view family) override;
    [[nodiscard]] std::variant<Session, SessionRefusal> find(std::string_view token, std::string_view family) override;
    void end(std::string_view token) override;

private:
    struct Stored;
    [[nodiscard]] std::variant<Session, SessionRefusal> judge(std::string_view token, std::string_view family);
    /// The stored session of this tag; nullopt when there is none, when it is another token's, or when it has expired.
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
    metrics::Family<metrics::Counter>& unreplicated_;
    metrics::Family<metrics::Counter>& ended_;
    metrics::Family<metrics::Counter>& refusals_;
    metrics::Counter notes_lost_;
};

}  // namespace twinfleet::driver_sessions
