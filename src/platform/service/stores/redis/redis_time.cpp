#include "platform/service/stores/redis/redis_time.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/errors/store_error.hpp"

namespace twinfleet::service {
namespace {

std::int64_t number_in(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw platform::StoreRefused("Redis", 0, "its answer to TIME is no time");
    }
    return number;
}

}  // namespace

TimeSource redis_time(const redis::Pool& pool) {
    return {.store = "redis", .ask = [&pool] {
                // Seconds and microseconds since 1970 (redis.io/docs/latest/commands/time).
                // By a script with a key, as that leads every replica to the same server of a cluster.
                static const redis::Script script("return redis.call('TIME')");
                static const std::vector<std::string> keys{"{clock}"};
                const redis::Reply reply = pool.call(redis::Command(script, keys, {}));
                if (reply.items().size() != 2) {
                    throw platform::StoreRefused("Redis", 0, "its answer to TIME is no time");
                }
                return platform::Time(std::chrono::seconds(number_in(reply.items()[0].text())) +
                                      std::chrono::microseconds(number_in(reply.items()[1].text())));
            }};
}

}  // namespace twinfleet::service
