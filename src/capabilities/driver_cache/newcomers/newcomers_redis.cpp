#include "capabilities/driver_cache/newcomers/newcomers_redis.hpp"

#include <array>
#include <random>

#include "capabilities/driver_cache/newcomers/newcomer_news.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_cache {
namespace {

/// 16 hex digits. Not a secret: it only has to be another one in each process.
std::string random_name() {
    std::random_device random;
    std::string name;
    for (int i = 0; i < 16; ++i) {
        name += "0123456789abcdef"[random() % 16];
    }
    return name;
}

}  // namespace

RedisNewcomers::RedisNewcomers(const redis::Pool& pool, const redis::Settings& server,
                               const redis::SubscriberSettings& settings, NewcomerReader& reader,
                               metrics::Registry& registry, log::Logger& log)
    : pool_(pool),
      reader_(reader),
      log_(log),
      name_(random_name()),
      news_(
          registry.counters("driver_cache_news_total", "What replicas tell each other about new drivers", {"outcome"})),
      is_subscribed_(registry.gauge("driver_cache_news_subscribed",
                                    "1 while this replica hears what others tell about new drivers")),
      subscriber_(server, channel,
                  {.heard = [this](std::string_view message) { hear(message); },
                   .subscribed =
                       [this] {
                           is_subscribed_.set(1);
                           log_.info("news of new drivers are heard");
                       },
                   .lost =
                       [this](std::string_view reason) {
                           is_subscribed_.set(0);
                           log_.warning("news of new drivers are not heard", {{"reason", reason}});
                       }},
                  settings) {}

bool RedisNewcomers::announce(std::string_view driver_id) {
    // First, so that the others read while this one does.
    tell(driver_id);
    return reader_.take_in(driver_id);
}

void RedisNewcomers::tell(std::string_view driver_id) {
    const NewcomerNews news{.from = name_, .ids = {std::string(driver_id)}};
    try {
        static_cast<void>(pool_.call({"PUBLISH", channel, text_of(news)}));
        news_.with({"sent"}).increment();
        is_refused_ = false;
    } catch (const platform::StoreUnavailable&) {
        news_.with({"not_sent"}).increment();
    } catch (const platform::StoreRefused& refused) {
        // A user, say, who may not write to the channel.
        news_.with({"not_sent"}).increment();
        if (!is_refused_.exchange(true)) {
            log_.warning("news of new drivers are refused", {{"reason", refused.what()}});
        }
    }
}

void RedisNewcomers::hear(std::string_view message) {
    const auto news = read_news(message);
    if (!news) {
        news_.with({"malformed"}).increment();
        return;
    }
    if (news->from == name_) {
        return;
    }
    news_.with({"heard"}).increment();
    reader_.note(news->ids);
}

}  // namespace twinfleet::driver_cache
