#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "simulator/measurements/measurements.hpp"
#include "simulator/virtual_driver/exchange.hpp"
#include "simulator/virtual_driver/life.hpp"

namespace twinfleet::simulator {

/// What a login gives the driver.
struct Session {
    std::string token;
    std::string park_id;
    std::string driver_id;
};

/// One login, from `POST /v1/login/start` until the profile can be read. A state machine without I/O: next() gives a
/// request, take() is told the answer, and then next() is asked again. For one thread at a time.
class Login {
public:
    /// Begins at `not_before`, or later when the other life is logging in then. `life` must outlive it.
    Login(Life& life, Instant not_before);

    /// When next() should be asked at the latest.
    [[nodiscard]] Instant due() const noexcept { return due_; }
    /// The next request; nullopt while nothing is due. To be asked also when the life is woken, because something may
    /// have become due earlier than due() said.
    [[nodiscard]] std::optional<Request> next(Instant now, Measurements& measurements);
    /// Takes the answer to the request that next() gave. Returns the name under which it is counted among the errors;
    /// empty when it was as it should be.
    [[nodiscard]] std::string take(const Answer& answer, Instant now, Measurements& measurements);

    [[nodiscard]] bool is_done() const noexcept { return step_ == Step::done; }
    [[nodiscard]] const Session& session() const noexcept { return session_; }
    /// Why this login has failed for good; empty as long as it has not.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
    /// When the service will let this app ask for a code again.
    [[nodiscard]] Instant next_start() const noexcept { return next_start_; }

private:
    enum class Step : std::uint8_t { turn, start, code, verify, park, profile, done, failed };

    std::optional<Request> look_for_code(Instant now, Measurements& measurements);
    Request request(Operation operation, std::string target, std::string body) const;
    void take_start(const Answer& answer, Instant now);
    std::string take_verify(const Answer& answer, Instant now, Measurements& measurements);
    std::string take_park(const Answer& answer, Instant now, Measurements& measurements);
    std::string take_profile(const Answer& answer, Instant now, Measurements& measurements);
    std::string try_again(const Answer& answer, Instant now);
    void start_again();
    void fail(std::string reason);
    void go_on(Step step, Instant due);

    Life& life_;
    Step step_ = Step::turn;
    Instant due_;
    Instant next_start_;
    unsigned starts_ = 0;
    unsigned failures_in_a_row_ = 0;
    std::string failure_;

    std::string login_id_;
    std::size_t code_length_ = 0;
    Instant started_{};
    std::string code_;
    bool gives_wrong_code_ = false;
    std::string login_token_;
    std::string park_id_;
    Session session_;
    /// How many changes of sessions in the other app had begun before this session did.
    std::uint64_t other_changes_ = 0;
    bool watches_ = false;
    bool is_promise_decided_ = false;
    Instant session_began_{};
    Instant promised_{};
    /// When the profile was asked for last.
    Instant asked_{};
};

}  // namespace twinfleet::simulator
