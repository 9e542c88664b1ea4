#pragma once

#include <exception>
#include <map>
#include <string>
#include <vector>

#include "capabilities/mirroring/overview/overview.hpp"

namespace twinfleet::mirroring::testing {

/// Tells what a test says. Its clock stands still 1000 s after 1970.
class FakeOverview final : public Overview {
public:
    std::vector<JobState> jobs() override {
        fail_if_asked_to();
        return job_states;
    }
    ParkState park(const domain::ParentParkId& id) override {
        fail_if_asked_to();
        const auto found = parks.find(id.value());
        return found == parks.end() ? ParkState{} : found->second;
    }
    Time now() override { return Time(std::chrono::seconds(1'000)); }

    std::vector<JobState> job_states;
    /// By the parent's id.
    std::map<std::string, ParkState> parks;
    /// Thrown in place of an answer, where there is one.
    std::exception_ptr failure;

private:
    void fail_if_asked_to() const {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
};

}  // namespace twinfleet::mirroring::testing
