#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace twinfleet::benchmarks {

/// Sends a request and tells whether the answer was as it should be; platform::StoreUnavailable counts as one that was
/// not, any other exception ends the load and is thrown by it. Called from several threads.
using SendRequest = std::function<bool(std::size_t number)>;

struct LoadFigures {
    /// Of all requests, sorted.
    std::vector<double> latencies_ms;
    std::size_t failures = 0;
    double seconds = 0;

    [[nodiscard]] double percentile_ms(double share) const;
    [[nodiscard]] double per_second() const { return static_cast<double>(latencies_ms.size()) / seconds; }
};

/// Requests at an even pace, whether or not those before were answered, as far as the threads suffice. A latency counts
/// from the time at which the request was due, so what a stall delays is seen in all of them.
[[nodiscard]] LoadFigures open_loop(double requests_per_second, std::chrono::seconds duration, std::size_t threads,
                                    const SendRequest& send);

/// So many clients, each with one request after the other, until `count` are done.
[[nodiscard]] LoadFigures closed_loop(std::size_t clients, std::size_t count, const SendRequest& send);

}  // namespace twinfleet::benchmarks
