#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "simulator/app.hpp"

namespace twinfleet::simulator {

/// What the two lives of a driver, one in each app, know of each other. Safe to use from any thread.
class Pair {
public:
    /// `wake` makes that life look again; called without locks.
    explicit Pair(std::function<void(Side)> wake) : wake_(std::move(wake)) {}

    // The phone is one, and a text message does not say for which app it is: they log in one after the other.

    /// False: the other is logging in. It is woken when the turn is free.
    [[nodiscard]] bool take_turn(Side side);
    void end_turn(Side side);
    /// A text message for the driver; wakes whoever has the turn.
    void put_message(std::string text);
    [[nodiscard]] std::optional<std::string> take_message();
    /// Codes that the service has sent to this phone.
    void count_code();
    [[nodiscard]] unsigned codes() const;

    // Sessions: a change is begun before its request is sent and done after its answer.

    void begin_session_change(Side side);
    /// Wakes the other life.
    void end_session_change(Side side);
    struct SessionChanges {
        std::uint64_t begun = 0;
        std::uint64_t done = 0;
    };
    [[nodiscard]] SessionChanges session_changes(Side side) const;

    /// As confirmed by the service; nullopt: unknown.
    void set_status(Side side, std::optional<std::string> status);
    [[nodiscard]] std::optional<std::string> status(Side side) const;
    void set_driver_id(Side side, std::string driver_id);
    [[nodiscard]] std::string driver_id(Side side) const;

private:
    struct Half {
        SessionChanges session_changes;
        std::optional<std::string> status;
        std::string driver_id;
        bool waits_for_turn = false;
    };

    const std::function<void(Side)> wake_;
    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::array<Half, 2> halves_;
    std::optional<Side> turn_;
    std::optional<std::string> message_;
    unsigned codes_ = 0;
};

}  // namespace twinfleet::simulator
