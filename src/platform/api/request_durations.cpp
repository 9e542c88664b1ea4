#include "platform/api/request_durations.hpp"

#include <algorithm>

namespace twinfleet::api::detail {

namespace {

std::vector<double> buckets() {
    // Much is answered from memory, well within a millisecond.
    std::vector<double> bounds = {0.00025, 0.0005};
    const auto usual = metrics::request_seconds_buckets();
    bounds.insert(bounds.end(), usual.begin(), usual.end());
    return bounds;
}

}  // namespace

std::size_t method_index(std::string_view method) {
    const auto found = std::find(method_names.begin(), method_names.end() - 1, method);
    return static_cast<std::size_t>(found - method_names.begin());
}

RequestDurations::RequestDurations(metrics::Registry& registry, std::string handler)
    : family_(registry.histograms("http_request_duration_seconds",
                                  "From the end of a request to the beginning of its answer.",
                                  {"handler", "method", "code"}, buckets())),
      handler_(std::move(handler)) {}

void RequestDurations::observe(std::size_t method, int status, std::chrono::duration<double> duration) {
    const std::lock_guard lock(mutex_);
    auto& of_method = series_.at(method);
    auto found =
        std::find_if(of_method.begin(), of_method.end(), [status](const auto& entry) { return entry.first == status; });
    if (found == of_method.end()) {
        of_method.emplace_back(status, family_.with({handler_, method_names.at(method), std::to_string(status)}));
        found = of_method.end() - 1;
    }
    found->second.observe(duration.count());
}

}  // namespace twinfleet::api::detail
