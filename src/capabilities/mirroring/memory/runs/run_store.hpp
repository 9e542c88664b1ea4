#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

enum class Mode : std::uint8_t { incremental, full };

[[nodiscard]] constexpr const char* to_string(Mode mode) {
    return mode == Mode::full ? "full" : "incremental";
}

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

enum class RunState : std::uint8_t {
    waiting,  ///< for the lease of its job
    running,
    done,
    failed,
    interrupted,
};

[[nodiscard]] const char* to_string(RunState state);

struct RunRecord {
    std::int64_t id = 0;
    RunState state = RunState::running;
    RunReport report;
    /// What a person asked for, as the command line has it: "--full --park 12".
    std::string options;
    /// Why it failed; without data.
    std::string error;
    /// Approximate number of documents to be read; 0: not known.
    std::uint64_t expected = 0;
    bool is_cancel_requested = false;
    /// Of a run that waits: since when it has waited.
    Time started_at{};
    std::optional<Time> finished_at;
};

struct RunFilter {
    /// Empty: any.
    std::string job;
    std::string family;
    /// Only runs with a smaller id, for reading in pages; 0: from the newest.
    std::int64_t before_id = 0;
    std::size_t limit = 100;
};

/// How often a run tells that it lives. One that was silent for `run_is_dead_after` has lost its process.
inline constexpr std::chrono::seconds run_heartbeat_interval{1};
inline constexpr std::chrono::seconds run_is_dead_after{60};

/// The record of runs (`fleet_sync.job_runs`).
class RunStore {
public:
    RunStore() = default;
    RunStore(const RunStore&) = delete;
    RunStore& operator=(const RunStore&) = delete;
    virtual ~RunStore() = default;

    /// Returns the run's id.
    [[nodiscard]] virtual std::int64_t begin(const RunReport& report, const std::string& options) = 0;

    struct Announced {
        std::int64_t id = 0;
        /// False: `id` is of a run of the job and family that waits or runs already. Dry runs do not count.
        bool is_new = false;
    };
    /// A run that waits for its lease.
    [[nodiscard]] virtual Announced announce(const RunReport& report, const std::string& options) = 0;
    /// A run that waited runs. False when it was cancelled meanwhile.
    [[nodiscard]] virtual bool start(std::int64_t id, std::uint64_t expected) = 0;

    /// Also a sign of life. True when somebody asked for the run to be cancelled.
    virtual bool progress(std::int64_t id, const RunCounts& counts) = 0;
    /// Signs of life of runs; returns those that somebody asked to be cancelled.
    [[nodiscard]] virtual std::vector<std::int64_t> keep_alive(const std::vector<std::int64_t>& ids) = 0;
    virtual void finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) = 0;

    enum class Cancel : std::uint8_t { requested, has_ended, not_found };
    /// The process that runs it learns of that from its next progress() or keep_alive(). A run that only waits, or
    /// whose process has ended, is interrupted at once.
    [[nodiscard]] virtual Cancel request_cancel(std::int64_t id) = 0;

    /// Newest first.
    [[nodiscard]] virtual std::vector<RunRecord> list(const RunFilter& filter) = 0;
    struct JobAndFamily {
        std::string job;
        std::string family;
    };
    /// The newest run of each, where there is one, in no particular order.
    [[nodiscard]] virtual std::vector<RunRecord> latest(const std::vector<JobAndFamily>& of) = 0;
    [[nodiscard]] virtual std::optional<RunRecord> find(std::int64_t id) = 0;
    /// Removes all but the newest `keep_of_each` of each job and family; returns how many were removed.
    virtual std::size_t prune(std::size_t keep_of_each) = 0;
    /// Runs that have lost their process become `interrupted`; returns how many.
    virtual std::size_t end_dead() = 0;
};

}  // namespace twinfleet::mirroring
