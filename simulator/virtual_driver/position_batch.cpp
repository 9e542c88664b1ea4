#include "simulator/virtual_driver/position_batch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "platform/clock/time_text.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;

/// A tenth of a metre.
double rounded(double degrees) {
    return std::round(degrees * 1e6) / 1e6;
}

void append_number(std::string& json, double number, int decimals) {
    std::array<char, 32> text{};
    const auto [end, problem] =
        std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, decimals);
    json.append(text.data(), end);
}

std::string position_json(const Fix& fix, platform::Time time) {
    std::string json = R"({"lat":)";
    append_number(json, fix.place.latitude, 6);
    json += R"(,"lon":)";
    append_number(json, fix.place.longitude, 6);
    json += R"(,"timestamp":")" + platform::time_text(time) + R"(","speed":)";
    append_number(json, fix.speed_mps, 1);
    json += R"(,"direction":)";
    append_number(json, std::floor(fix.direction_degrees), 0);
    json += R"(,"accuracy":5})";
    return json;
}

struct BadPosition {
    std::string json;
    std::string_view code;
};

/// A good one with one thing wrong.
BadPosition bad_position(Fix fix, platform::Time time, platform::Time wall, Random& random) {
    switch (random.below(7)) {
        case 0:
            fix.place.latitude = 90.5;
            return {position_json(fix, time), "bad_coordinates"};
        case 1:
            fix.place.longitude = -180.5;
            return {position_json(fix, time), "bad_coordinates"};
        case 2:
            fix.place = {};
            return {position_json(fix, time), "bad_coordinates"};
        case 3:
            return {position_json(fix, wall - 25h), "too_old"};
        case 4:
            return {position_json(fix, wall + 10min), "in_future"};
        case 5:
            fix.speed_mps = 100.5;
            return {position_json(fix, time), "bad_speed"};
        default: {
            auto json = position_json(fix, time);
            json.replace(json.rfind('5'), 1, "\"good\"");
            return {json, "bad_field"};
        }
    }
}

struct Item {
    std::string json;
    std::string_view refusal;
};

}  // namespace

PositionBatch make_batch(const BatchPlan& plan, Track& track, platform::Time track_start, platform::Time wall,
                         Random& random) {
    PositionBatch batch;
    std::vector<Item> items;
    Fix fix;
    auto time = plan.first;
    for (std::size_t count = 0; count < plan.count; ++count, time += plan.interval) {
        fix = track.at(std::chrono::duration_cast<std::chrono::milliseconds>(time - track_start));
        fix.place = {.latitude = rounded(fix.place.latitude), .longitude = rounded(fix.place.longitude)};
        batch.stored.push_back({time, fix.place});
        items.push_back({position_json(fix, time), {}});
    }
    if (plan.is_shuffled) {
        items.push_back(items[random.below(items.size())]);
    }
    if (plan.has_bad_position) {
        // A time of its own: were it stored, it would be in the track.
        auto bad = bad_position(fix, batch.stored.back().time - 1ms, wall, random);
        items.push_back({std::move(bad.json), bad.code});
    }
    if (plan.is_shuffled) {
        std::shuffle(items.begin(), items.end(), random);
    }

    batch.positions = items.size();
    batch.body = R"({"positions":[)";
    for (std::size_t index = 0; index < items.size(); ++index) {
        batch.body += (index == 0 ? "" : ",") + items[index].json;
        if (items[index].refusal.empty()) {
            ++batch.accepted;
        } else {
            batch.rejections.push_back({index, std::string(items[index].refusal)});
        }
    }
    batch.body += "]}";
    return batch;
}

}  // namespace twinfleet::simulator
