#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulator/measurements/measurements.hpp"
#include "simulator/tracks/track.hpp"
#include "simulator/virtual_driver/exchange.hpp"
#include "simulator/virtual_driver/life.hpp"
#include "simulator/virtual_driver/login.hpp"
#include "simulator/virtual_driver/position_batch.hpp"

namespace twinfleet::simulator {

/// What a driver does in one app while he has a session: he sets his status, sends positions, and reads both back.
/// Driving knows only what was sent in this app; anything else that comes back is a fault of the service. It goes on
/// from one session to the next.
///
/// A state machine without I/O: next() gives a request, take() is told the answer, and then next() is asked again. For
/// one thread at a time.
class Driving {
public:
    /// `life` must outlive it.
    Driving(Life& life, std::unique_ptr<Track> track);

    /// A login has given the driver a new session.
    void begin(const Session& session, Instant now);

    /// When next() should be asked at the latest; `never` while there is no session.
    [[nodiscard]] Instant due() const;
    /// The next request; nullopt while nothing is due. To be asked also when the life is woken, because something may
    /// have become due earlier than due() said.
    [[nodiscard]] std::optional<Request> next(Instant now, Measurements& measurements);
    /// Takes the answer to the request that next() gave. Returns the name under which it is counted among the errors;
    /// empty when it was as it should be.
    [[nodiscard]] std::string take(const Answer& answer, Instant now, Measurements& measurements);

    /// Whether the driver is to log in again: he has logged out, was logged out, or has a new phone.
    [[nodiscard]] bool wants_login() const noexcept { return wants_login_; }
    /// How many batches of positions are due and were not sent.
    [[nodiscard]] std::uint64_t batches_behind(Instant now) const;

private:
    /// Tasks that are due at the same time are done in this order.
    enum class Task : std::uint8_t {
        ended_session,
        first_look,
        status_read,
        positions,
        status_write,
        track_read,
        leave
    };
    static constexpr std::size_t tasks = 7;
    /// A reading of the track of which some pages have come.
    struct TrackReading {
        std::vector<TrackPoint> expected;
        std::vector<TrackPoint> found;
        std::string cursor;
        std::size_t pages = 0;
    };
    enum class Leaving : std::uint8_t { logs_out, takes_new_phone };

    [[nodiscard]] Instant& due_of(Task task) { return due_.at(static_cast<std::size_t>(task)); }
    [[nodiscard]] Instant batch_due() const;
    [[nodiscard]] Instant later(Instant now, std::chrono::milliseconds simulated_mean);
    [[nodiscard]] bool other_session_changed() const;
    Request request(Task task, Operation operation, std::string method, std::string target,
                    std::string body = {}) const;

    std::optional<Request> begin_task(Task task, Instant now, Measurements& measurements);
    Request send_positions(Instant now, Measurements& measurements);
    Request write_status();
    std::optional<Request> read_status(Instant now);
    std::optional<Request> read_track(Instant now);

    std::string take_ended_session(const Answer& answer, Instant now, Measurements& measurements);
    std::string take_first_look(const Answer& answer, Measurements& measurements);
    std::string take_positions(const Answer& answer, Instant now, Measurements& measurements);
    std::string take_status_write(const Answer& answer, Instant now);
    std::string take_status_read(const Answer& answer, Instant now, Measurements& measurements);
    std::string take_track_read(const Answer& answer, Instant now, Measurements& measurements);
    std::string take_leave(const Answer& answer, Instant now);
    std::string lose_session(const Answer& answer, Measurements& measurements);
    void finish_track_reading(Measurements& measurements);
    void end_session();

    Life& life_;
    const std::unique_ptr<Track> track_;

    std::optional<Session> session_;
    bool began_before_ = false;
    bool wants_login_ = false;
    std::array<Instant, tasks> due_;
    Task task_ = Task::positions;
    Leaving leaving_ = Leaving::logs_out;
    /// The token of a session that is to be ended.
    std::string ended_token_;

    std::optional<platform::Time> track_start_;
    platform::Time next_position_;
    /// A batch that was sent and is not known to be stored. It is sent again until it is.
    std::optional<PositionBatch> pending_batch_;
    bool repeats_batch_ = false;
    /// The last few batches that are known to be stored, without a gap between them.
    std::deque<std::vector<TrackPoint>> stored_;
    std::optional<TrackReading> reading_;
    bool has_used_track_ = false;

    /// nullopt while it is not known.
    std::optional<std::string> status_;
    std::string wanted_status_;
    bool is_first_status_ = false;
    bool was_telling_ = false;

    // Changes of sessions in the other app (Pair::SessionChanges).
    /// How many of the other app's changes this session was seen to outlive.
    std::uint64_t changes_outlived_ = 0;
    Pair::SessionChanges changes_at_request_;
    /// How many of them had begun when the last request that succeeded was sent.
    std::uint64_t changes_at_success_ = 0;
};

}  // namespace twinfleet::simulator
