#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/mirroring/links/link.hpp"

namespace twinfleet::mirroring {

enum class Mode : std::uint8_t { incremental, full };

[[nodiscard]] constexpr const char* to_string(Mode mode) { return mode == Mode::full ? "full" : "incremental"; }

/// What a run of a job did, as `run --json` prints it (contract, section 3).
struct RunCounts {
    std::uint64_t read = 0;
    std::uint64_t created = 0;
    std::uint64_t updated = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t skipped = 0;
    std::uint64_t retired = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t dangling_references = 0;
    /// Children that should have been retired but that the budget held back.
    std::uint64_t retirements_held_back = 0;

    RunCounts& operator+=(const RunCounts& other) {
        read += other.read;
        created += other.created;
        updated += other.updated;
        unchanged += other.unchanged;
        skipped += other.skipped;
        retired += other.retired;
        quarantined += other.quarantined;
        dangling_references += other.dangling_references;
        retirements_held_back += other.retirements_held_back;
        return *this;
    }
    /// `other` was counted in before.
    RunCounts& operator-=(const RunCounts& other) {
        read -= other.read;
        created -= other.created;
        updated -= other.updated;
        unchanged -= other.unchanged;
        skipped -= other.skipped;
        retired -= other.retired;
        quarantined -= other.quarantined;
        dangling_references -= other.dangling_references;
        retirements_held_back -= other.retirements_held_back;
        return *this;
    }
    bool operator==(const RunCounts&) const = default;
};

struct RunReport {
    std::string job;
    std::string family;
    Mode mode = Mode::incremental;
    bool dry_run = false;
    RunCounts counts;
    double duration_seconds = 0;
    double cpu_seconds = 0;
    /// Age, at the end of the run, of the state of the source that the children now reflect.
    double lag_seconds = 0;
};

enum class RunState : std::uint8_t { running, done, failed, interrupted };

struct RunRecord {
    std::int64_t id = 0;
    RunState state = RunState::running;
    RunReport report;
    /// What a person asked for, as the command line has it: "--full --park 12".
    std::string options;
    /// Why it failed; without data.
    std::string error;
    Time started_at{};
    std::optional<Time> finished_at;
};

/// The record of runs (`job_runs`).
class RunStore {
public:
    RunStore() = default;
    RunStore(const RunStore&) = delete;
    RunStore& operator=(const RunStore&) = delete;
    virtual ~RunStore() = default;

    /// Returns the run's id.
    [[nodiscard]] virtual std::int64_t begin(const RunReport& report, const std::string& options) = 0;
    virtual void progress(std::int64_t id, const RunCounts& counts) = 0;
    virtual void finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) = 0;
    /// Newest first; an empty job means any.
    [[nodiscard]] virtual std::vector<RunRecord> list(const std::string& job, std::size_t limit) = 0;
    [[nodiscard]] virtual std::optional<RunRecord> find(std::int64_t id) = 0;
    /// Keeps the newest of each job and family; returns how many went.
    virtual std::size_t prune(std::size_t keep_of_each) = 0;
};

}  // namespace twinfleet::mirroring
