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

/// The life of a driver in one app: he logs in, drives, logs out, and logs in again. A state machine without I/O or
/// clock: next() gives a request, take() is told the answer, and then next() is asked again. For one thread at a time.
class AppLife {
public:
    /// The first login begins at `start`.
    AppLife(Life life, std::unique_ptr<Track> track, Instant start);
    AppLife(const AppLife&) = delete;
    AppLife& operator=(const AppLife&) = delete;

    /// When next() should be asked at the latest; `never` when only waking the life can give it something to do.
    [[nodiscard]] Instant due() const;
    /// The next request; nullopt while nothing is due. To be asked also when the life is woken.
    [[nodiscard]] std::optional<Request> next(Instant now, Measurements& measurements);
    /// Takes the answer to the request that next() gave. Returns the name under which it is counted among the errors;
    /// empty when it was as it should be.
    [[nodiscard]] std::string take(const Answer& answer, Instant now, Measurements& measurements);

    /// How many batches of positions are due and were not sent.
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
