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

/// How long the requests of one operation took, and which of them failed.
struct OperationFigures {
    /// From the moment at which a request was due to its answer, so that a delay shows in every request that it delays.
    Histogram from_due;
    /// From the moment at which a request was sent to its answer.
    Histogram from_sent;
    /// How many failed, by error_of(): `503 unavailable`, `unreachable`.
    std::map<std::string, std::uint64_t> errors;

    [[nodiscard]] std::uint64_t error_count() const;
};

/// How often something was checked, and how often it failed.
struct CheckFigures {
    std::uint64_t made = 0;
    std::uint64_t failed = 0;
};

/// All that a run, or a part of it, has found out. Merging two loses nothing but examples.
struct Measurements {
    std::array<OperationFigures, operation_names.size()> operations;
    std::array<CheckFigures, check_names.size()> checks;
    /// Examples of failed checks, for a person.
    std::vector<std::string> examples;
    static constexpr std::size_t examples_max = 10;

    /// How often a profile was there by the time that `profile_ready_in_ms` promised, and how often not. A promise is
    /// broken once, however long the profile takes then.
    CheckFigures promises;
    /// The promises themselves.
    Histogram promised;
    /// How long it really took from the answer with the promise until the profile could be read, in those lives that
    /// ask all the time (LifeSettings::watching_share).
    Histogram ready;

    /// How long after it was due a request was sent.
    Histogram lateness;

    std::uint64_t positions_sent = 0;
    std::uint64_t positions_accepted = 0;
    std::uint64_t positions_rejected = 0;

    std::uint64_t logged_in = 0;
    /// Lives that had to end before the run did, by the reason.
    std::map<std::string, std::uint64_t> given_up;
    /// Lives in whose track an earlier run had left positions. What is in such a track beside the life's own positions
    /// is not held against the service.
    std::uint64_t used_tracks = 0;

    /// Records that a request was answered. `error` is its error_of(), empty when it was as it should be.
    void answered(Operation operation, Instant due, Instant sent, Instant now, const std::string& error);
    /// Records a check. `example` tells a person what was wrong, without phones, codes or tokens.
    void checked(Check check, bool has_passed, const std::string& example);
    void merge(const Measurements& other);

    [[nodiscard]] std::uint64_t requests() const;
    [[nodiscard]] std::uint64_t errors() const;
    [[nodiscard]] std::uint64_t failed_checks() const;
    /// The checks about independence, added up.
    [[nodiscard]] CheckFigures independence() const;
    [[nodiscard]] std::uint64_t given_up_count() const;
};

}  // namespace twinfleet::simulator
