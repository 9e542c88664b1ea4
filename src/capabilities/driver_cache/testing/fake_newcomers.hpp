#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capabilities/driver_cache/newcomers/newcomers.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::driver_cache::testing {

/// Notes who was announced and looked for, and reads him by calling what it was told to call, if anything. Safe to use
/// from any thread.
class FakeNewcomers final : public Newcomers {
public:
    /// `read` puts the driver into the directory and returns whether it could. Until then nobody can be read.
    void set_read(std::function<bool(std::string_view driver_id)> read) {
        state_.with([&](State& state) { state.read = std::move(read); });
    }
    bool announce(std::string_view driver_id) override { return read(driver_id, &State::announced); }
    bool look_for(std::string_view driver_id) override { return read(driver_id, &State::looked_for); }

    [[nodiscard]] std::vector<std::string> announced() const {
        return state_.with([](const State& state) { return state.announced; });
    }
    [[nodiscard]] std::vector<std::string> looked_for() const {
        return state_.with([](const State& state) { return state.looked_for; });
    }

private:
    struct State {
        std::function<bool(std::string_view)> read;
        std::vector<std::string> announced;
        std::vector<std::string> looked_for;
    };

    bool read(std::string_view driver_id, std::vector<std::string> State::*noted) {
        return state_.with([&](State& state) {
            (state.*noted).emplace_back(driver_id);
            return state.read && state.read(driver_id);
        });
    }

    platform::Guarded<State> state_;
};

}  // namespace twinfleet::driver_cache::testing
