#include "platform/api/request_log.hpp"

#include <algorithm>

#include "platform/json/shown.hpp"

namespace twinfleet::api::detail {

std::pair<bool, std::uint64_t> RequestLog::take(int status, std::chrono::nanoseconds now) {
    const std::lock_guard lock(mutex_);
    Bucket& bucket = buckets_.at(static_cast<std::size_t>(std::clamp(status, 100, 599) - 100));
    const std::chrono::duration<double> passed = now - bucket.counted_at;
    bucket.room = std::min(burst, bucket.room + passed.count() * lines_per_s);
    bucket.counted_at = now;
    if (bucket.room < 1) {
        ++bucket.left_out;
        return {false, 0};
    }
    bucket.room -= 1;
    return {true, std::exchange(bucket.left_out, 0)};
}

void RequestLog::write(const RequestLine& line, std::chrono::nanoseconds now) {
    const bool is_refused = line.status >= 400;
    const auto level = line.is_frequent && !is_refused ? log::Level::debug : log::Level::info;
    if (!log_.enabled(level)) {
        return;
    }
    if (level == log::Level::info && (is_refused || line.is_open)) {
        const auto [has_room, left_out] = take(line.status, now);
        if (!has_room) {
            return;
        }
        if (left_out > 0) {
            log_.info("lines of requests were left out", {{"status", line.status}, {"lines", left_out}});
        }
    }
    std::vector<log::Field> fields{{"request_id", line.request_id},   {"method", line.method},
                                   {"handler", line.handler},         {"status", line.status},
                                   {"duration_ms", line.duration_ms}, {"caller", line.caller}};
    if (!line.code.empty()) {
        fields.push_back({"code", line.code});
    }
    if (!line.address.empty()) {
        fields.push_back({"address", line.address});
    }
    const std::string user = json::shown_person(line.user);
    if (!user.empty()) {
        fields.push_back({"user", user});
    }
    // Room for all of them beforehand, because the fields refer to them.
    std::vector<std::string> shown;
    if (line.path_arguments != nullptr) {
        shown.reserve(line.path_arguments->size());
        for (const auto& [name, value] : *line.path_arguments) {
            fields.push_back({name, shown.emplace_back(json::shown(value))});
        }
    }
    if (line.notes != nullptr) {
        for (const auto& [key, value] : *line.notes) {
            fields.push_back({key, value});
        }
    }
    log_.log(level, "request", fields);
}

}  // namespace twinfleet::api::detail
