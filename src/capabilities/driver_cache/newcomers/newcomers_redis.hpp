#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "capabilities/driver_cache/newcomers/newcomer_reader.hpp"
#include "capabilities/driver_cache/newcomers/newcomers.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/redis/client.hpp"
#include "platform/redis/subscriber.hpp"

namespace twinfleet::driver_cache {

/// Newcomers of all replicas: this one reads them by a NewcomerReader, and the replicas tell each other by what they
/// publish in Redis (NewcomerNews), on the channel `driver_cache:newcomers`. News that is lost costs nothing but
/// waiting for the next pass.
///
/// Metrics:
/// - driver_cache_news_total{outcome}: `sent`; `not_sent` (Redis is away); `heard`, from other replicas; `malformed`,
///   what was heard and could not be read
/// - driver_cache_news_subscribed: 1 while this replica hears the others, otherwise 0
class RedisNewcomers final : public Newcomers {
public:
    static constexpr const char* channel = "driver_cache:newcomers";

    /// `pool`, `reader`, `registry` and `log` must outlive this. Of `server` the URI and the time-outs are taken for
    /// the connection that hears the others.
    RedisNewcomers(const redis::Pool& pool, const redis::Settings& server, const redis::SubscriberSettings& settings,
                   NewcomerReader& reader, metrics::Registry& registry, log::Logger& log);

    bool announce(std::string_view driver_id) override;
    bool look_for(std::string_view driver_id) override { return reader_.look_for(driver_id); }

private:
    void tell(std::string_view driver_id);
    void hear(std::string_view message);

    const redis::Pool& pool_;
    NewcomerReader& reader_;
    log::Logger& log_;
    /// Names this process among those that hear its news.
    const std::string name_;
    metrics::Family<metrics::Counter>& news_;
    metrics::Gauge is_subscribed_;
    /// Whether the last news were refused.
    std::atomic<bool> is_refused_ = false;
    const redis::Subscriber subscriber_;
};

}  // namespace twinfleet::driver_cache
