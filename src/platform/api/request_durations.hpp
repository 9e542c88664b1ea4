#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/metrics/registry.hpp"

namespace twinfleet::api::detail {

/// The methods that metrics and logs tell apart. The last one stands for all others, which clients may make up.
inline constexpr std::array<std::string_view, 8> method_names = {"GET",    "HEAD",  "POST",    "PUT",
                                                                 "DELETE", "PATCH", "OPTIONS", "other"};
/// The place of the method in method_names.
[[nodiscard]] std::size_t method_index(std::string_view method);

/// The durations of the requests of one handler: the histogram `http_request_duration_seconds{handler,method,code}`.
/// Safe to use from any thread.
class RequestDurations {
public:
    RequestDurations(metrics::Registry& registry, std::string handler);

    /// `method` is a place in method_names.
    void observe(std::size_t method, int status, std::chrono::duration<double> duration);

private:
    metrics::Family<metrics::Histogram>& family_;
    const std::string handler_;

    std::mutex mutex_;
    // Guarded by mutex_: by method, the status and its series, because looking a series up by its labels takes longer
    // than many a request.
    std::array<std::vector<std::pair<int, metrics::Histogram>>, method_names.size()> series_;
};

}  // namespace twinfleet::api::detail
