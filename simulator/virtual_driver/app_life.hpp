#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "simulator/measurements/measurements.hpp"
#include "simulator/tracks/track.hpp"
#include "simulator/virtual_driver/driving.hpp"
#include "simulator/virtual_driver/exchange.hpp"
#include "simulator/virtual_driver/life.hpp"
#include "simulator/virtual_driver/login.hpp"

namespace twinfleet::simulator {

/// A driver's life in one app: login, driving, log-out, and again. A state machine without I/O and clock: asked for its
/// next request, told the answer, one at a time. For one thread at a time.
class AppLife {
public:
    /// Logs in at `start`.
    AppLife(Life life, std::unique_ptr<Track> track, Instant start);
    AppLife(const AppLife&) = delete;
    AppLife& operator=(const AppLife&) = delete;

    /// When to ask next() at the latest; never: when it is woken.
    [[nodiscard]] Instant due() const;
    /// nullopt: nothing yet; due() says when.
    [[nodiscard]] std::optional<Request> next(Instant now, Measurements& measurements);
    /// The answer to what next() gave. Returns how it is counted among the errors; empty: it was as it should be.
    [[nodiscard]] std::string take(const Answer& answer, Instant now, Measurements& measurements);

    /// Of positions that are due and were not sent.
    [[nodiscard]] std::uint64_t batches_behind(Instant now) const { return login_ ? 0 : driving_.batches_behind(now); }

private:
    void follow_up(Instant now, Measurements& measurements);

    Life life_;
    Driving driving_;
    std::optional<Login> login_;
    Instant next_login_;
    bool has_given_up_ = false;
};

}  // namespace twinfleet::simulator
