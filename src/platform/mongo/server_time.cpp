#include "platform/mongo/server_time.hpp"

#include <algorithm>

#include "platform/errors/store_error.hpp"
#include "platform/mongo/errors.hpp"

namespace twinfleet::mongo {

ServerTime ServerTime::of(bson::View hello_answer) {
    constexpr std::int64_t ms_per_second = 1'000;
    ServerTime time;
    const auto local = hello_answer.find("localTime");
    if (local && local->type == bson::Type::date) {
        time.local_ms = local->date_ms();
    } else if (const auto number = local ? local->integer() : std::nullopt) {
        time.local_ms = *number;
    } else {
        throw platform::StoreRefused(store_name, 0, "no localTime in its answer to hello");
    }
    if (const auto gossip = hello_answer.find("$clusterTime"); gossip && gossip->type == bson::Type::document) {
        if (const auto reached = gossip->document().find("clusterTime");
            reached && reached->type == bson::Type::timestamp) {
            time.cluster_ms = std::int64_t{reached->timestamp().seconds} * ms_per_second;
        }
    }
    return time;
}

std::int64_t ServerTime::change_ms() const noexcept {
    return std::min(local_ms, cluster_ms.value_or(local_ms));
}

}  // namespace twinfleet::mongo
