#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulator/measurements/histogram.hpp"
#include "simulator/measurements/operation.hpp"
#include "simulator/simulated_time.hpp"

namespace twinfleet::simulator {

struct OperationFigures {
    /// From when it was due to the answer, so that what a stall delays is seen in all of them.
    Histogram from_due;
    /// From when it was sent.
    Histogram from_sent;
    /// By code: `503 unavailable`, `unreachable`.
    std::map<std::string, std::uint64_t> errors;

    [[nodiscard]] std::uint64_t error_count() const;
};

struct CheckFigures {
    std::uint64_t made = 0;
    std::uint64_t failed = 0;
};

/// All that a run has found out so far. Merging two loses nothing but examples.
struct Measurements {
    std::array<OperationFigures, operation_names.size()> operations;
    std::array<CheckFigures, check_names.size()> checks;
    /// Of failed checks.
    std::vector<std::string> examples;
    static constexpr std::size_t examples_max = 10;

    /// A profile that could not be read at the promised time is one broken promise, however long it takes.
    CheckFigures promises;
    Histogram promised;
    /// From the answer with the promise until the profile could be read, of those who asked all the time.
    Histogram ready;

    /// How long after it was due a request was sent.
    Histogram lateness;

    std::uint64_t positions_sent = 0;
    std::uint64_t positions_accepted = 0;
    std::uint64_t positions_rejected = 0;

    std::uint64_t logged_in = 0;
    /// Lives that ended before the run did, by the reason.
    std::map<std::string, std::uint64_t> given_up;
    /// Lives that found positions of an earlier run where they were to drive: what is in their track beside their own
    /// is not held against the service.
    std::uint64_t used_tracks = 0;

    void answered(Operation operation, Instant due, Instant sent, Instant now, const std::string& error);
    /// `example` is for a person; no phones, codes or tokens.
    void checked(Check check, bool has_passed, const std::string& example);
    void merge(const Measurements& other);

    [[nodiscard]] std::uint64_t requests() const;
    [[nodiscard]] std::uint64_t errors() const;
    [[nodiscard]] std::uint64_t failed_checks() const;
    [[nodiscard]] CheckFigures independence() const;
    [[nodiscard]] std::uint64_t given_up_count() const;
};

}  // namespace twinfleet::simulator
