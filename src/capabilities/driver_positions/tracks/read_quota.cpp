#include "capabilities/driver_positions/tracks/read_quota.hpp"

#include <algorithm>

namespace twinfleet::driver_positions {
namespace {

/// However many drivers find no room, nobody looks for it more often.
constexpr std::chrono::milliseconds look_interval{100};

}  // namespace

ReadQuota::ReadQuota(const Settings& settings)
    : settings_(settings),
      page_(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / settings.per_s))) {}

std::chrono::milliseconds ReadQuota::take(std::string_view tag, platform::Time now) {
    const std::lock_guard lock(mutex_);
    auto known = paid_until_.find(std::string(tag));
    if (known == paid_until_.end()) {
        if (paid_until_.size() >= settings_.drivers_max && now - looked_at_ >= look_interval) {
            looked_at_ = now;
            // Whose pages are all paid for by time is as good as new.
            std::erase_if(paid_until_, [now](const auto& entry) { return entry.second <= now; });
        }
        if (paid_until_.size() >= settings_.drivers_max) {
            return std::chrono::milliseconds(0);
        }
        known = paid_until_.emplace(std::string(tag), now).first;
    }
    const auto paid_until = std::max(known->second, now);
    const auto ahead = paid_until + page_ - now;
    const auto burst = page_ * static_cast<std::int64_t>(settings_.burst);
    if (ahead > burst) {
        return std::chrono::ceil<std::chrono::milliseconds>(ahead - burst);
    }
    known->second = std::chrono::time_point_cast<platform::Time::duration>(paid_until + page_);
    return std::chrono::milliseconds(0);
}

}  // namespace twinfleet::driver_positions
