#pragma once

#include <map>
#include <set>

#include "capabilities/access_control/child_parks/park_memory.hpp"
#include "capabilities/access_control/child_parks/park_source.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::access_control::testing {

/// A source that a test sets, and that counts how often it is asked.
class FakeParkSource final : public ParkSource {
public:
    struct State {
        std::set<ParkId> children;
        bool is_away = false;
        bool refuses = false;
        int questions = 0;
    };

    [[nodiscard]] bool is_child(const ParkId& park_id) const override {
        return state_.with([&](State& state) {
            ++state.questions;
            if (state.is_away) {
                throw platform::StoreUnavailable("the fake source", "it is away");
            }
            if (state.refuses) {
                throw platform::StoreRefused("the fake source", 13, "not authorized");
            }
            return state.children.contains(park_id);
        });
    }
    void add_child(const ParkId& park_id) {
        state_.with([&](State& state) { state.children.insert(park_id); });
    }
    void set_away(bool is_away) {
        state_.with([&](State& state) { state.is_away = is_away; });
    }
    void set_refuses(bool refuses) {
        state_.with([&](State& state) { state.refuses = refuses; });
    }
    [[nodiscard]] int questions() const {
        return state_.with([](const State& state) { return state.questions; });
    }

private:
    mutable platform::Guarded<State> state_;
};

class FakeParkMemory final : public ParkMemory {
public:
    [[nodiscard]] std::optional<bool> recall_is_child(const ParkId& park_id) override {
        return known_.with([&](const auto& known) {
            const auto found = known.find(park_id);
            return found == known.end() ? std::nullopt : std::optional(found->second);
        });
    }
    void remember(const ParkId& park_id, bool is_child) override {
        known_.with([&](auto& known) { known[park_id] = is_child || known[park_id]; });
    }

private:
    platform::Guarded<std::map<ParkId, bool>> known_;
};

}  // namespace twinfleet::access_control::testing
