#include "capabilities/driver_positions/sweeping/sweeper.hpp"

#include <exception>

#include "platform/concurrency/backoff.hpp"

namespace twinfleet::driver_positions {

Sweep::Sweep(PositionStore& store, std::vector<std::string> families, const PositionSettings& settings,
             const platform::Clock& clock, metrics::Registry& registry)
    : store_(store),
      families_(std::move(families)),
      settings_(settings),
      clock_(clock),
      swept_(registry.counters("driver_positions_swept_total",
                               "Latest positions that were removed because they were too old.", {"family"})) {}

std::size_t Sweep::run(const std::stop_token& stop) {
    const auto before = std::chrono::floor<std::chrono::milliseconds>(clock_.now() - settings_.latest_age_max);
    std::size_t removed = 0;
    for (const std::string& family : families_) {
        for (std::size_t shard = 0; shard < store_.shards(); ++shard) {
            std::size_t step = 0;
            do {
                step = store_.remove_older(family, shard, before.time_since_epoch().count(),
                                           settings_.sweep_step_positions);
                swept_.with({family}).increment(static_cast<double>(step));
                removed += step;
            } while (step > 0 && !stop.stop_requested());
        }
    }
    return removed;
}

Sweeper::Sweeper(Sweep& sweep, std::chrono::milliseconds interval, log::Logger& log)
    : thread_([&sweep, interval, &log](const std::stop_token& stop) {
          while (platform::wait_for(stop, interval)) {
              try {
                  sweep.run(stop);
              } catch (const std::exception& error) {
                  log.warning("old positions were not removed", {{"reason", error.what()}});
              }
          }
      }) {}

}  // namespace twinfleet::driver_positions
