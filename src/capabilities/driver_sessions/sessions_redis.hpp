#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_sessions/revocation/revocations_redis.hpp"
#include "capabilities/driver_sessions/revocation/session_index_redis.hpp"
#include "capabilities/driver_sessions/revocation/subjects.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "capabilities/driver_sessions/standing.hpp"
#include "platform/clock/clock.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::driver_sessions {

/// Sessions as Redis hashes `driver_session:{<tag>}`: one key for each driver in a park, so that a new session takes
/// the place of the earlier one in one step, whoever else logs in at the same time.
///
/// find() reads the session from Redis and, in the same round trip, what is new in the record of revocations, which
/// find_each() reads once for all of its sessions. A session
/// is over when the record has a later entry about its driver, park, phone or family, or when its driver or park, or
/// for a child its parent or the parent's park, stopped meanwhile. Then the directory is asked whether the driver works
/// in his park now (standing_of()), and whether the phone is in his profile, or in his parent's if he has one. A
/// session that is over is ended at that moment. A token that is not the one of the stored session changes nothing.
///
/// A profile may be newer on the replica that let the driver in than on this one, so a phone that is not in it counts
/// only once the directory is complete up to a time after the session began. Sessions that another key than ours made
/// the digest for, or that have none because they began before digests were stored, are not judged by their phone.
///
/// That a session was used is written down at most once in a 200th of its idle lifetime, because otherwise nearly every
/// request would be a write. An idle session may therefore end earlier by that much. While Redis takes no writes (it is
/// full, or a replica), uses go unnoted, and find() answers all the same.
///
/// revoke() first writes to the record, from when on the sessions are over, and then ends those that SessionIndex
/// knows, tags_of_a_page to a round trip.
///
/// Metrics:
/// - driver_sessions_begun_total{family}
/// - driver_sessions_ended_total{family,reason}: `reason` is `logged_out`, `replaced`, `revoked` (by a request),
///   `driver_stopped` or `park_stopped` (for a time, and works again), `phone_removed`, or the name of a Standing.
///   Sessions that expire are not counted, because Redis drops them silently.
/// - driver_sessions_unreplicated_total{family}: sessions that began although no replica was seen to have them in time
///   (redis::Settings::replica_wait_count). They are lost if the master is lost just then.
/// - driver_session_refusals_total{reason}: `reason` is the name of a SessionRefusal.
/// - driver_session_notes_lost_total: uses, and ends that find() saw, which Redis did not take.
class RedisSessions final : public Sessions {
public:
    /// What sessions work with. Each part must outlive them.
    struct Parts {
        const redis::Pool& pool;
        const driver_cache::FleetDirectory& directory;
        RedisRevocations& revocations;
        const platform::Clock& clock;
        metrics::Registry& registry;
    };
    /// Throws std::invalid_argument for a lifetime under a second.
    RedisSessions(const Parts& parts, PhoneDigest phone_digest, const SessionSettings& settings = {});

    [[nodiscard]] std::optional<std::string> begin(const DriverKey& driver, std::string_view family,
                                                   const LogIn& log_in) override;
    [[nodiscard]] FoundSession find(std::string_view token, std::string_view family) override;
    [[nodiscard]] std::vector<platform::Outcome<FoundSession>> find_each(std::span<const ShownToken> tokens) override;
    void end(std::string_view token) override;
    [[nodiscard]] Position now() override;
    [[nodiscard]] bool is_revoked(const LogIn& log_in, std::string_view family) override;
    std::size_t revoke(const RevocationTarget& target) override;

private:
    struct Stored;
    struct Revoked;
    /// `tag` is that of the token's driver, and `reply` what Redis holds of his session. `takes_writes`: whether Redis
    /// is asked to write what follows from it; false once it could not.
    [[nodiscard]] FoundSession judge(const ShownToken& shown, std::string_view tag, const redis::Reply& reply,
                                     bool& takes_writes);
    void count_refusal(const FoundSession& found);
    /// The stored session; nullopt when there is none, when it is another token's, or when it has expired.
    [[nodiscard]] std::optional<Stored> read(const redis::Reply& reply, std::string token_sha256) const;
    /// Whether a request has ended the session since it began.
    [[nodiscard]] bool is_revoked(const Stored& stored) const;
    /// What has stopped since the session began, although all is well now; empty: nothing.
    [[nodiscard]] std::string_view reason_of_a_stop(const Stored& stored) const;
    [[nodiscard]] bool has_lost_its_phone(const Stored& stored) const;
    void note_use(std::string_view tag, const Stored& stored);
    void end(std::string_view tag, std::string_view token_sha256, std::string_view reason);
    [[nodiscard]] std::vector<Revoked> revoked_by(const RevocationTarget& target) const;
    std::size_t end_found(const Revoked& revoked, const Position& before);
    [[nodiscard]] std::int64_t expires_at_ms(std::int64_t created_at_ms, std::int64_t used_at_ms) const;
    [[nodiscard]] std::int64_t now_ms() const;

    const Parts parts_;
    const PhoneDigest phone_digest_;
    /// By which our key is known.
    const std::string digest_of_nothing_;
    const SessionSettings settings_;
    const SessionIndex index_;
    metrics::Family<metrics::Counter>& begun_;
    metrics::Family<metrics::Counter>& unreplicated_;
    metrics::Family<metrics::Counter>& ended_;
    metrics::Family<metrics::Counter>& refusals_;
    metrics::Counter notes_lost_;
};

}  // namespace twinfleet::driver_sessions
