#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/clock/clock.hpp"
#include "platform/clock/store_clock.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/service/settings/clock_section.hpp"
#include "platform/service/stores/time_source.hpp"

namespace twinfleet::service {

class Host;

/// Compares the clock of this machine with those of stores. The first source is the one whose time counts; the others
/// are looked at besides. Shows each difference in the gauge `clock_skew_seconds{store}`, positive when this machine is
/// ahead, and says in the log when a machine's clock goes wrong and when it is right again. Safe to use from any
/// thread.
class ClockWatch {
public:
    /// There is at least one source. `local`, `log` and `registry` outlive this.
    ClockWatch(std::vector<TimeSource> sources, const ClockSettings& settings, const platform::Clock& local,
               log::Logger& log, metrics::Registry& registry);

    /// The time of the first source.
    [[nodiscard]] const platform::Clock& clock() const noexcept { return watched_.front()->clock; }

    /// Asks the first source; throws what it throws.
    void measure_first();
    /// Asks all sources. Those that are away are passed over: their clocks go on with what is known.
    void measure_all();

    /// Why this replica had better not serve: its clock is further from that of the first source than skew_max. Empty
    /// when it is not.
    [[nodiscard]] std::string problem() const;

private:
    struct Watched {
        Watched(TimeSource source, const platform::Clock& local)
            : store(std::move(source.store)), clock(local, std::move(source.ask)) {}

        const std::string store;
        platform::StoreClock clock;
        platform::Guarded<bool> is_off{false};
    };

    void measure(Watched& watched);

    const ClockSettings settings_;
    log::Logger& log_;
    metrics::Family<metrics::Gauge>& skew_seconds_;
    std::vector<std::unique_ptr<Watched>> watched_;
};

/// Makes the time of a store the one that counts for a service, however wrong the clock of its machine is: replicas
/// that share the store agree on when a limit, a session or a position is too old. From the construction to the end of
/// this object, Host::clock() has that time, and /ready asks for ClockWatch::problem() under the name `clock`. While
/// the service is serving, a thread measures every measure_interval.
///
/// To be made before everything that is given Host::clock(), and to outlive that.
class StoreTime {
public:
    /// Asks the first source, and throws what that throws. `host` and what the sources refer to outlive this.
    StoreTime(Host& host, std::vector<TimeSource> sources, const ClockSettings& settings);
    ~StoreTime();
    StoreTime(const StoreTime&) = delete;
    StoreTime& operator=(const StoreTime&) = delete;

private:
    struct State;
    const std::unique_ptr<State> state_;
};

}  // namespace twinfleet::service
