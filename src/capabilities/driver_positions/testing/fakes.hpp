#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_positions/store/position_store.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "capabilities/driver_sessions/statuses.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::driver_positions::testing {

/// The haversine formula on the sphere that Redis uses (geohash_helper.c, 6372797.560856 m).
inline double distance_m(const GeoPoint& one, const GeoPoint& other) {
    constexpr double radius_m = 6'372'797.560856;
    const auto radians = [](double degrees) { return degrees * std::numbers::pi / 180; };
    const double by_lat = std::sin(radians(other.lat - one.lat) / 2);
    const double by_lon = std::sin(radians(other.lon - one.lon) / 2);
    const double chord = by_lat * by_lat + std::cos(radians(one.lat)) * std::cos(radians(other.lat)) * by_lon * by_lon;
    return 2 * radius_m * std::asin(std::sqrt(std::min(chord, 1.0)));
}

/// A PositionStore in memory, written for being plain.
class MemoryStore final : public PositionStore {
public:
    struct Latest {
        GeoPoint point;
        std::int64_t timestamp_ms;
        /// As the app said, which may be ahead of the time at which it came.
        std::int64_t reported_ms = timestamp_ms;
    };
    struct Data {
        std::map<std::string, std::map<std::int64_t, Position>, std::less<>> tracks;
        /// By family and tag.
        std::map<std::pair<std::string, std::string>, Latest> latest;
        /// When it is not `stored`, what add() says.
        AddOutcome refusal;
        /// Called by add(), and by search() before it looks.
        std::function<void()> before_add;
        std::function<void()> before_search;
        std::size_t searches = 0;
    };

    [[nodiscard]] AddOutcome add(const Owner& owner, std::span<const Position> positions, platform::Time now) override {
        const std::int64_t now_ms = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
        if (auto before = data.with([](const Data& of) { return of.before_add; })) {
            before();
        }
        return data.with([&](Data& of) -> AddOutcome {
            if (of.refusal.kind != AddOutcome::Kind::stored) {
                return of.refusal;
            }
            auto& track = of.tracks[owner.tag];
            const std::size_t before = track.size();
            for (const Position& position : positions) {
                track[position.timestamp_ms] = position;
                auto& latest = of.latest[{owner.family, owner.tag}];
                const bool is_ahead = position.timestamp_ms > now_ms;
                const bool may_overtake = now_ms - latest.timestamp_ms < overtaking_max.count();
                if (position.timestamp_ms > (is_ahead && may_overtake ? latest.reported_ms : latest.timestamp_ms)) {
                    latest = {.point = position.point,
                              .timestamp_ms = std::min(position.timestamp_ms, now_ms),
                              .reported_ms = position.timestamp_ms};
                }
            }
            return {.added = track.size() - before};
        });
    }

    [[nodiscard]] TrackPage track(std::string_view tag, TimeSpan span, std::size_t limit) override {
        return data.with([&](const Data& of) {
            TrackPage page;
            const auto found = of.tracks.find(tag);
            if (found == of.tracks.end()) {
                return page;
            }
            for (const auto& [timestamp_ms, position] : found->second) {
                if (timestamp_ms < span.from_ms || timestamp_ms >= span.to_ms) {
                    continue;
                }
                if (page.positions.size() == limit) {
                    page.has_more = true;
                    break;
                }
                page.positions.push_back(position);
            }
            return page;
        });
    }

    [[nodiscard]] std::vector<LatestPosition> search(std::string_view family, const Circle& circle,
                                                     std::size_t count_max) override {
        if (auto before = data.with([](const Data& of) { return of.before_search; })) {
            before();
        }
        return data.with([&](Data& of) {
            ++of.searches;
            std::vector<LatestPosition> found;
            for (const auto& [who, latest] : of.latest) {
                const double distance = distance_m(circle.centre, latest.point);
                if (who.first == family && distance <= circle.radius_m) {
                    found.push_back({.tag = who.second,
                                     .point = latest.point,
                                     .timestamp_ms = latest.timestamp_ms,
                                     .distance_m = distance});
                }
            }
            std::ranges::stable_sort(found, {}, &LatestPosition::distance_m);
            found.resize(std::min(found.size(), count_max));
            return found;
        });
    }

    [[nodiscard]] std::size_t shards() const override { return 2; }

    /// All are in shard 1.
    [[nodiscard]] std::size_t remove_older(std::string_view family, std::size_t shard, std::int64_t before_ms,
                                           std::size_t count_max) override {
        return data.with([&](Data& of) {
            std::size_t removed = 0;
            for (auto entry = of.latest.begin(); shard == 1 && removed < count_max && entry != of.latest.end();) {
                const bool is_old = entry->first.first == family && entry->second.timestamp_ms < before_ms;
                removed += is_old ? 1 : 0;
                entry = is_old ? of.latest.erase(entry) : std::next(entry);
            }
            return removed;
        });
    }

    [[nodiscard]] std::size_t erase(const Owner& owner) override {
        return data.with([&](Data& of) {
            of.latest.erase({owner.family, owner.tag});
            const auto track = of.tracks.find(owner.tag);
            const std::size_t erased = track == of.tracks.end() ? 0 : track->second.size();
            of.tracks.erase(owner.tag);
            return erased;
        });
    }

    platform::Guarded<Data> data;
};

/// Tokens are what they are registered as.
class FakeSessions final : public driver_sessions::Sessions {
public:
    [[nodiscard]] std::optional<std::string> begin(const driver_sessions::DriverKey& driver, std::string_view family,
                                                   const driver_sessions::LogIn& /*log_in*/) override {
        std::string token = driver.driver_id + "-of-" + std::string(family);
        sessions[token] = {.driver = driver, .family = std::string(family)};
        return token;
    }
    [[nodiscard]] std::variant<driver_sessions::Session, driver_sessions::SessionRefusal> find(
        std::string_view token, std::string_view family) override {
        const auto found = sessions.find(token);
        if (found == sessions.end()) {
            return driver_sessions::SessionRefusal::session_ended;
        }
        if (found->second.family != family) {
            return driver_sessions::SessionRefusal::wrong_app;
        }
        return found->second;
    }
    void end(std::string_view token) override { sessions.erase(std::string(token)); }
    [[nodiscard]] driver_sessions::Position now() override { return {}; }
    [[nodiscard]] bool is_revoked(const driver_sessions::LogIn& /*log_in*/, std::string_view /*family*/) override {
        return false;
    }
    /// Of a driver by his id.
    std::size_t revoke(const driver_sessions::RevocationTarget& target) override {
        return std::erase_if(sessions,
                             [&](const auto& session) { return session.second.driver.driver_id == target.id; });
    }

    /// Not to be changed while others look.
    std::map<std::string, driver_sessions::Session, std::less<>> sessions;
};

class FakeStatuses final : public driver_sessions::Statuses {
public:
    [[nodiscard]] driver_sessions::DriverStatus get(const driver_sessions::DriverKey& /*driver*/) override {
        return driver_sessions::DriverStatus::offline;
    }
    [[nodiscard]] bool set(const driver_sessions::Session& /*session*/,
                           driver_sessions::DriverStatus /*status*/) override {
        return true;
    }
    [[nodiscard]] std::vector<std::optional<driver_sessions::DriverState>> states(
        std::span<const std::string> tags) override {
        std::vector<std::optional<driver_sessions::DriverState>> found;
        for (const std::string& tag : tags) {
            const auto known = by_tag.find(tag);
            found.push_back(known == by_tag.end() ? std::nullopt : std::optional(known->second));
        }
        return found;
    }

    void forget(const driver_sessions::DriverKey& driver) override { by_tag.erase(redis_tag(driver)); }

    std::map<std::string, driver_sessions::DriverState> by_tag;
};

/// What is called `Taximeter` and `Taximeter-Vezet`, of any version.
inline driver_apps::DriverApps test_apps() {
    return driver_apps::DriverApps(
        {{.family = "taximeter", .product = "Taximeter"}, {.family = "vezet", .product = "Taximeter-Vezet"}});
}

}  // namespace twinfleet::driver_positions::testing
