#include "platform/service/stores/wait_for_stores.hpp"

#include <algorithm>
#include <string>

#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr milliseconds first_pause{100};
constexpr seconds longest_pause{2};
constexpr seconds message_interval{4};

}  // namespace

void wait_for_stores(const std::vector<Ping>& pings, milliseconds timeout, const platform::Clock& clock, const Say& say,
                     const std::stop_token& stop) {
    const nanoseconds deadline = clock.monotonic() + timeout;
    nanoseconds next_message_at = clock.monotonic();
    for (const Ping& ping : pings) {
        platform::Backoff backoff(first_pause, longest_pause);
        while (!stop.stop_requested()) {
            try {
                ping();
                break;
            } catch (const platform::StoreUnavailable& away) {
                const nanoseconds now = clock.monotonic();
                if (now >= deadline) {
                    throw;
                }
                if (now >= next_message_at) {
                    next_message_at = now + message_interval;
                    say(std::string(away.what()) + "; trying again for " +
                        std::to_string(std::chrono::ceil<seconds>(deadline - now).count()) + " s");
                }
                platform::wait_for(stop, std::min<nanoseconds>(backoff.next(), deadline - now));
            }
        }
    }
}

}  // namespace twinfleet::service
