#include "platform/service/stores/mongo/mongo_time.hpp"

#include <chrono>

namespace twinfleet::service {

TimeSource mongo_time(const mongo::Pool& pool) {
    return {.store = "mongodb",
            .ask = [&pool] { return platform::Time(std::chrono::milliseconds(pool.server_time_ms())); }};
}

}  // namespace twinfleet::service
