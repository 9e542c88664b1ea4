#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "simulator/app.hpp"

namespace twinfleet::simulator {

/// What the two lives of a driver, one in each app, must know of each other. `Side` says which of them is meant. Safe
/// to use from any thread.
class Pair {
public:
    /// `wake` makes a life look again whether there is something to do. It is called while no mutex is held.
    explicit Pair(std::function<void(Side)> wake) : wake_(std::move(wake)) {}

    // Both lives have the same phone, and a text message does not say for which app it is. So they log in one after the
    // other: each takes its turn first.

    /// False while the other life is logging in; this one is woken as soon as the other has ended its turn.
    [[nodiscard]] bool take_turn(Side side);
    void end_turn(Side side);
    /// A text message for the driver has come; wakes the life whose turn it is.
    void put_message(std::string text);
    /// The last message that has come, once; nullopt when there is none.
    [[nodiscard]] std::optional<std::string> take_message();
    /// Counts a code that the service has sent to this phone.
    void count_code();
    [[nodiscard]] unsigned codes() const;

    // The beginning or end of a session in one app. It must leave the other app alone, which the other life checks.

    /// To be called before the request is sent.
    void begin_session_change(Side side);
    /// To be called after the answer. Wakes the other life.
    void end_session_change(Side side);
    /// How many changes have begun so far, and how many are done.
    struct SessionChanges {
        std::uint64_t begun = 0;
        std::uint64_t done = 0;
    };
    [[nodiscard]] SessionChanges session_changes(Side side) const;

    /// The status as the service has confirmed it; nullopt when it is not known.
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
