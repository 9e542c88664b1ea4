#include "platform/process/shutdown_deadline.hpp"

#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "platform/concurrency/backoff.hpp"

namespace twinfleet::process {

ShutdownDeadline::ShutdownDeadline(std::stop_token stop, std::chrono::milliseconds limit, log::Logger& log)
    : thread_([stop = std::move(stop), limit, &log](const std::stop_token& ended) {
          std::mutex mutex;
          std::condition_variable_any wake;
          const std::stop_callback on_stop(stop, [&] {
              const std::lock_guard lock(mutex);
              wake.notify_all();
          });
          {
              std::unique_lock lock(mutex);
              if (!wake.wait(lock, ended, [&] { return stop.stop_requested(); })) {
                  return;
              }
          }
          if (platform::wait_for(ended, limit)) {
              log.warning("the end took too long: what is under way is cut off");
              std::_Exit(EXIT_SUCCESS);
          }
      }) {}

}  // namespace twinfleet::process
