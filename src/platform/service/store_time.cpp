#include "platform/service/store_time.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <thread>
#include <utility>

#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/service/host.hpp"

namespace twinfleet::service {
namespace {

using std::chrono::microseconds;

double seconds_of(microseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

/// `3600.0 s`
std::string text_of(microseconds duration) {
    char text[32] = "";
    std::snprintf(text, sizeof text, "%.1f s", std::abs(seconds_of(duration)));
    return text;
}

}  // namespace

ClockWatch::ClockWatch(std::vector<TimeSource> sources, const ClockSettings& settings, const platform::Clock& local,
                       log::Logger& log, metrics::Registry& registry)
    : settings_(settings),
      log_(log),
      skew_seconds_(registry.gauges("clock_skew_seconds",
                                    "How far the clock of this machine is ahead of that of a store", {"store"})) {
    for (TimeSource& source : sources) {
        watched_.push_back(std::make_unique<Watched>(std::move(source), local));
    }
}

void ClockWatch::measure_first() {
    measure(*watched_.front());
}

void ClockWatch::measure_all() {
    for (const auto& watched : watched_) {
        try {
            measure(*watched);
        } catch (const platform::StoreUnavailable&) {
            // Whoever needs the store says so.
        } catch (const platform::StoreRefused& refused) {
            log_.warning("a store does not tell its time", {{"store", watched->store}, {"reason", refused.what()}});
        }
    }
}

void ClockWatch::measure(Watched& watched) {
    watched.clock.measure();
    const microseconds skew = watched.clock.skew().value();
    skew_seconds_.with({watched.store}).set(seconds_of(skew));
    const bool is_off = std::chrono::abs(skew) > settings_.skew_max;
    const bool was_off = watched.is_off.with([&](bool& known) { return std::exchange(known, is_off); });
    if (is_off != was_off) {
        log_.log(is_off ? log::Level::warning : log::Level::info,
                 is_off ? "the clock of this machine and that of a store differ"
                        : "the clock of this machine and that of a store agree again",
                 {{"store", watched.store}, {"ahead_s", seconds_of(skew)}});
    }
}

std::string ClockWatch::problem() const {
    const Watched& first = *watched_.front();
    const auto skew = first.clock.skew();
    if (!skew || std::chrono::abs(*skew) <= settings_.skew_max) {
        return "";
    }
    // Where another store agrees with this machine, it is the first one that is off, and all replicas go by it alike.
    const bool is_machine_right = std::any_of(std::next(watched_.begin()), watched_.end(), [&](const auto& other) {
        const auto skew_of_other = other->clock.skew();
        return skew_of_other && std::chrono::abs(*skew_of_other) <= settings_.skew_max;
    });
    if (is_machine_right) {
        return "";
    }
    return "the clock of this machine is " + text_of(*skew) + (*skew > microseconds(0) ? " ahead of" : " behind") +
           " that of " + first.store + ", more than clock.skew_max_ms allows";
}

struct StoreTime::State {
    State(Host& served, std::vector<TimeSource> sources, const ClockSettings& settings)
        : host(served), watch(std::move(sources), settings, served.machine_clock(), served.log(), served.metrics()) {
        // It was there a moment ago, but perhaps not all of it: of a cluster, a master may be on its way.
        host.wait_for([this] { watch.measure_first(); });
        host.take_time_from(watch.clock(), {"clock", [this] { return watch.problem(); }});
        if (host.is_serving()) {
            measuring = std::jthread([this, interval = settings.measure_interval](const std::stop_token& stop) {
                do {
                    watch.measure_all();
                } while (platform::wait_for(stop, interval));
            });
        }
    }
    ~State() { host.take_time_from_machine(); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Host& host;
    ClockWatch watch;
    std::jthread measuring;
};

StoreTime::StoreTime(Host& host, std::vector<TimeSource> sources, const ClockSettings& settings)
    : state_(std::make_unique<State>(host, std::move(sources), settings)) {}

StoreTime::~StoreTime() = default;

}  // namespace twinfleet::service
