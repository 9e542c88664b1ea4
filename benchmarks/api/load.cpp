#include "benchmarks/api/load.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <optional>
#include <thread>

#include "platform/errors/store_error.hpp"

namespace twinfleet::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

struct ThreadFigures {
    std::vector<double> latencies_ms;
    std::size_t failures = 0;
    std::exception_ptr mistake;
};

/// When a request is due; nullopt: as soon as a thread is free.
using DueAt = std::function<std::optional<Clock::time_point>(std::size_t number)>;

void send_one(std::size_t number, const std::optional<Clock::time_point>& due_at, const SendRequest& send,
              ThreadFigures& figures) {
    if (due_at) {
        std::this_thread::sleep_until(*due_at);
    }
    const auto counts_from = due_at.value_or(Clock::now());
    bool is_as_it_should_be = false;
    try {
        is_as_it_should_be = send(number);
    } catch (const platform::StoreUnavailable&) {
        // A failure like a wrong answer.
    }
    figures.latencies_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - counts_from).count());
    figures.failures += is_as_it_should_be ? 0 : 1;
}

LoadFigures run(std::size_t threads, std::size_t count, const DueAt& due_at, const SendRequest& send) {
    std::vector<ThreadFigures> figures(threads);
    std::atomic<std::size_t> next = 0;
    const auto began_at = Clock::now();
    {
        std::vector<std::jthread> workers;
        workers.reserve(threads);
        for (ThreadFigures& own : figures) {
            workers.emplace_back([&own, &next, &due_at, &send, count] {
                try {
                    for (std::size_t number = next++; number < count; number = next++) {
                        send_one(number, due_at(number), send, own);
                    }
                } catch (...) {
                    own.mistake = std::current_exception();
                }
            });
        }
    }
    LoadFigures all;
    all.seconds = std::chrono::duration<double>(Clock::now() - began_at).count();
    for (const ThreadFigures& own : figures) {
        if (own.mistake) {
            std::rethrow_exception(own.mistake);
        }
        all.latencies_ms.insert(all.latencies_ms.end(), own.latencies_ms.begin(), own.latencies_ms.end());
        all.failures += own.failures;
    }
    std::ranges::sort(all.latencies_ms);
    return all;
}

}  // namespace

double LoadFigures::percentile_ms(double share) const {
    // The nearest rank: at least this share of the requests took no longer.
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(latencies_ms.size())));
    return latencies_ms.at(std::max<std::size_t>(rank, 1) - 1);
}

LoadFigures open_loop(double requests_per_second, std::chrono::seconds duration, std::size_t threads,
                      const SendRequest& send) {
    // Time for every thread to have started.
    const auto began_at = Clock::now() + std::chrono::milliseconds(50);
    const auto due_at = [&](std::size_t number) {
        const std::chrono::duration<double> after(static_cast<double>(number) / requests_per_second);
        return std::optional(began_at + std::chrono::duration_cast<Clock::duration>(after));
    };
    const auto count = static_cast<std::size_t>(requests_per_second * static_cast<double>(duration.count()));
    return run(threads, count, due_at, send);
}

LoadFigures closed_loop(std::size_t clients, std::size_t count, const SendRequest& send) {
    return run(
        clients, count, [](std::size_t) { return std::optional<Clock::time_point>(); }, send);
}

}  // namespace twinfleet::benchmarks
