#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::driver_cache::testing {

/// A directory that knows what it is told. Fresh and complete for all time unless told otherwise. Safe to use from any
/// thread.
class FakeFleetDirectory final : public FleetDirectory {
public:
    /// A second one of the same id replaces the first; the same for cars and parks.
    void put(Driver driver) {
        state_.with([&](State& state) { state.drivers.insert_or_assign(driver.id, driver); });
    }
    void put(Car car) {
        state_.with([&](State& state) { state.cars.insert_or_assign(car.id, car); });
    }
    void put(Park park) {
        state_.with([&](State& state) { state.parks.insert_or_assign(park.id, park); });
    }
    void remove_driver(const std::string& id) {
        state_.with([&](State& state) { state.drivers.erase(id); });
    }
    void remove_car(const std::string& id) {
        state_.with([&](State& state) { state.cars.erase(id); });
    }
    void remove_park(const std::string& id) {
        state_.with([&](State& state) { state.parks.erase(id); });
    }
    /// Changes a driver that is there; throws std::out_of_range when it is not.
    void set_work_status(const std::string& driver_id, WorkStatus work_status) {
        state_.with([&](State& state) { state.drivers.at(driver_id).work_status = work_status; });
    }
    /// The same for a park.
    void set_active(const std::string& park_id, bool is_active) {
        state_.with([&](State& state) { state.parks.at(park_id).is_active = is_active; });
    }
    /// Its document cannot be read from now on; what is known of it stays.
    void keep_driver_aside(const std::string& id) {
        state_.with([&](State& state) { state.drivers_aside.insert(id); });
    }
    void keep_park_aside(const std::string& id) {
        state_.with([&](State& state) { state.parks_aside.insert(id); });
    }
    void set_stale(bool is_stale) {
        state_.with([&](State& state) { state.is_stale = is_stale; });
    }
    /// nullopt: no pass has ended yet.
    void set_complete_until(std::optional<platform::Time> time) {
        state_.with([&](State& state) { state.complete_until = time; });
    }
    /// While it is not known what is kept aside; otherwise both times are the same.
    void set_caught_up_until(platform::Time time) {
        state_.with([&](State& state) { state.caught_up_until = time; });
    }
    void set_ready_in(std::chrono::milliseconds ready_in) {
        state_.with([&](State& state) { state.ready_in = ready_in; });
    }

    [[nodiscard]] std::optional<Driver> driver(std::string_view id) const override {
        return state_.with([&](const State& state) { return find(state.drivers, id); });
    }
    [[nodiscard]] std::vector<Driver> drivers_by_phone(std::string_view phone) const override {
        return state_.with([&](const State& state) {
            std::vector<Driver> found;
            for (const auto& [id, driver] : state.drivers) {
                if (std::ranges::find(driver.phones, phone) != driver.phones.end()) {
                    found.push_back(driver);
                }
            }
            return found;
        });
    }
    [[nodiscard]] std::optional<Car> car(std::string_view id) const override {
        return state_.with([&](const State& state) { return find(state.cars, id); });
    }
    [[nodiscard]] std::optional<Park> park(std::string_view id) const override {
        return state_.with([&](const State& state) { return find(state.parks, id); });
    }
    [[nodiscard]] std::vector<Park> child_parks(std::string_view parent_park_id) const override {
        return state_.with([&](const State& state) {
            std::vector<Park> found;
            for (const auto& [id, park] : state.parks) {
                if (!parent_park_id.empty() && park.parent_park_id == parent_park_id) {
                    found.push_back(park);
                }
            }
            return found;
        });
    }
    [[nodiscard]] bool is_driver_kept_aside(std::string_view id) const override {
        return state_.with([&](const State& state) { return state.drivers_aside.contains(id); });
    }
    [[nodiscard]] bool is_park_kept_aside(std::string_view id) const override {
        return state_.with([&](const State& state) { return state.parks_aside.contains(id); });
    }
    void rely_on_driver(std::string_view id) const override {
        relied_on_.with([&](Ids& ids) { ids.emplace("driver " + std::string(id)); });
    }
    void rely_on_park(std::string_view id) const override {
        relied_on_.with([&](Ids& ids) { ids.emplace("park " + std::string(id)); });
    }
    /// `driver <id>` and `park <id>` of those that somebody was let in by.
    [[nodiscard]] std::set<std::string> relied_on() const {
        return relied_on_.with([](const Ids& ids) { return ids; });
    }
    [[nodiscard]] bool is_stale() const override {
        return state_.with([](const State& state) { return state.is_stale; });
    }
    [[nodiscard]] std::optional<platform::Time> complete_until() const override {
        return state_.with([](const State& state) { return state.complete_until; });
    }
    [[nodiscard]] std::optional<platform::Time> caught_up_until() const override {
        return state_.with(
            [](const State& state) { return state.caught_up_until ? state.caught_up_until : state.complete_until; });
    }
    [[nodiscard]] std::chrono::milliseconds ready_in() const override {
        return state_.with([](const State& state) { return state.ready_in; });
    }

private:
    template <typename Value>
    using ById = std::map<std::string, Value, std::less<>>;

    struct State {
        ById<Driver> drivers;
        ById<Car> cars;
        ById<Park> parks;
        std::set<std::string, std::less<>> drivers_aside;
        std::set<std::string, std::less<>> parks_aside;
        bool is_stale = false;
        std::optional<platform::Time> complete_until = platform::Time::max();
        std::optional<platform::Time> caught_up_until;
        std::chrono::milliseconds ready_in{700};
    };

    template <typename Value>
    static std::optional<Value> find(const ById<Value>& values, std::string_view id) {
        const auto found = values.find(id);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    }

    using Ids = std::set<std::string>;

    platform::Guarded<State> state_;
    mutable platform::Guarded<Ids> relied_on_;
};

}  // namespace twinfleet::driver_cache::testing
