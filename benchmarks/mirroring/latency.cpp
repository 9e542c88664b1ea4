#include "benchmarks/mirroring/latency.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "platform/mongo/client.hpp"

namespace twinfleet::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::string_view marker = "benchmark_marker";
constexpr std::chrono::seconds given_up_after{30};
/// How closely a delay is told: children are looked at this often.
constexpr std::chrono::milliseconds look_interval{10};

struct Change {
    Clock::time_point made_at;
    std::int64_t number;
};

}  // namespace

std::vector<double> measure_delays(const std::string& mongo_uri, int changes_per_second,
                                   std::chrono::seconds duration) {
    const mongo::Pool pool({.uri = mongo_uri});
    const auto drivers = pool.collection("dbdrivers", "drivers");
    std::vector<std::pair<std::string, std::string>> linked;  // parent, child
    auto children = drivers.find(bson::from_json(R"({"parent_driver_id": {"$exists": true}})"),
                                 {.projection = bson::from_json(R"({"parent_driver_id": 1})"), .sort = {}});
    while (const auto child = children.next()) {
        linked.emplace_back(child->find("parent_driver_id")->string(), child->find("_id")->string());
    }
    const auto total = static_cast<std::size_t>(changes_per_second) * static_cast<std::size_t>(duration.count());
    if (linked.size() < total) {
        throw std::runtime_error("too few linked drivers to change each once");
    }

    std::unordered_map<std::string, Change> pending;  // by child
    std::vector<double> delays;
    const auto began_at = Clock::now();
    std::size_t made = 0;
    while (made < total || !pending.empty()) {
        const auto now = Clock::now();
        const auto due = std::min<std::size_t>(
            total,
            static_cast<std::size_t>(std::chrono::duration<double>(now - began_at).count() * changes_per_second));
        if (made < due) {
            auto bulk = drivers.bulk();
            std::vector<std::string> changed;
            for (; made < due; ++made) {
                const auto number = static_cast<std::int64_t>(made);
                bson::Builder filter;
                filter.string("_id", linked[made].first);
                bson::Builder update;
                update.begin_document("$set").int64(marker, number).end();
                update.begin_document("$currentDate")
                    .begin_document("updated_ts")
                    .string("$type", "timestamp")
                    .end()
                    .end();
                bulk.update_one(filter.take(), update.take());
                pending.emplace(linked[made].second, Change{now, number});
            }
            static_cast<void>(bulk.execute());
        }
        std::vector<std::string_view> ids;
        ids.reserve(pending.size());
        for (const auto& [child, change] : pending) {
            ids.push_back(child);
        }
        bson::Builder filter;
        filter.begin_document("_id").array("$in", bson::string_array(ids)).end();
        bson::Builder projection;
        projection.int32(marker, 1);
        auto seen = drivers.find(filter.take(), {.projection = projection.take(), .sort = {}, .batch_size = 1000});
        while (const auto child = seen.next()) {
            const auto change = pending.find(std::string(child->find("_id")->string()));
            const auto value = child->find(marker);
            if (value && value->integer() == change->second.number) {
                delays.push_back(std::chrono::duration<double>(Clock::now() - change->second.made_at).count());
                pending.erase(change);
            }
        }
        std::erase_if(pending, [&](const auto& entry) {
            const bool is_given_up = Clock::now() - entry.second.made_at > given_up_after;
            if (is_given_up) {
                delays.push_back(std::chrono::duration<double>(given_up_after).count());
            }
            return is_given_up;
        });
        std::this_thread::sleep_for(look_interval);
    }
    std::sort(delays.begin(), delays.end());
    return delays;
}

}  // namespace twinfleet::benchmarks
