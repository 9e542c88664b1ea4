#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capabilities/mirroring/memory/link.hpp"

namespace twinfleet::mirroring {

/// Whether a pass reads what has changed since the cursor, or everything.
enum class Mode : std::uint8_t { incremental, full };

[[nodiscard]] constexpr const char* to_string(Mode mode) {
    return mode == Mode::full ? "full" : "incremental";
}

/// Numbers of documents by the name of their entity. An entity that is not there has none.
using CountsByEntity = std::map<std::string, std::uint64_t, std::less<>>;

/// What a run of a job did, in numbers of parents, with the names of `run --json` (contract, section 3).
struct RunCounts {
    std::uint64_t read = 0;
    /// Children of the job's own entity.
    std::uint64_t created = 0;
    /// Children of other entities that were made because those of the job need them: of a driver his car and his rule.
    CountsByEntity created_with{};
    std::uint64_t updated = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t skipped = 0;
    std::uint64_t retired = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t dangling_references = 0;
    /// Children that would have been retired if the budget had allowed it.
    std::uint64_t retirements_held_back = 0;

    RunCounts& operator+=(const RunCounts& other) {
        read += other.read;
        created += other.created;
        for (const auto& [entity, count] : other.created_with) {
            created_with[entity] += count;
        }
        updated += other.updated;
        unchanged += other.unchanged;
        skipped += other.skipped;
        retired += other.retired;
        quarantined += other.quarantined;
        dangling_references += other.dangling_references;
        retirements_held_back += other.retirements_held_back;
        return *this;
    }
    /// Takes away counts that were added before.
    RunCounts& operator-=(const RunCounts& other) {
        read -= other.read;
        created -= other.created;
        for (const auto& [entity, count] : other.created_with) {
            if ((created_with[entity] -= count) == 0) {
                created_with.erase(entity);
            }
        }
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

/// What a run of a job did, and how long that took.
struct RunReport {
    std::string job;
    std::string family;
    Mode mode = Mode::incremental;
    bool dry_run = false;
    RunCounts counts;
    double duration_seconds = 0;
    double cpu_seconds = 0;
    /// How old, at the end of the run, the state of the source is that the children now reflect.
    double lag_seconds = 0;
    /// Whether retirements were held back because not one parent is left. For whoever ran the job; not in the record.
    bool no_parent_is_left = false;
};

/// How a run stands.
enum class RunState : std::uint8_t {
    waiting,  ///< it waits for the lease of its job
    running,
    done,
    failed,
    interrupted,
};

[[nodiscard]] const char* to_string(RunState state);

/// The record of one run.
struct RunRecord {
    std::int64_t id = 0;
    RunState state = RunState::running;
    RunReport report;
    /// The options that a person asked for, as the command line has them: "--full --park 12".
    std::string options;
    /// Why the run failed; empty when it did not. Holds no data of documents.
    std::string error;
    /// The approximate number of documents that the run reads; 0 when it is not known.
    std::uint64_t expected = 0;
    bool is_cancel_requested = false;
    /// When the run began; while it waits, when it began to wait.
    Time started_at{};
    std::optional<Time> finished_at;
};

/// Which runs to list.
struct RunFilter {
    /// The name of a job, and the name of a family; empty for any.
    std::string job;
    std::string family;
    /// Only runs with a smaller id, for reading in pages; 0 begins with the newest run.
    std::int64_t before_id = 0;
    std::size_t limit = 100;
};

/// How often the process of a run gives a sign of life. A run without one for `run_is_dead_after` has lost its process.
inline constexpr std::chrono::seconds run_heartbeat_interval{1};
inline constexpr std::chrono::seconds run_is_dead_after{60};

/// The records of runs (`fleet_sync.job_runs`). Safe to use from any thread.
class RunStore {
public:
    RunStore() = default;
    RunStore(const RunStore&) = delete;
    RunStore& operator=(const RunStore&) = delete;
    virtual ~RunStore() = default;

    /// Records that a run begins, without waiting for a lease. Returns its id.
    [[nodiscard]] virtual std::int64_t begin(const RunReport& report, const std::string& options) = 0;

    /// The answer of announce().
    struct Announced {
        std::int64_t id = 0;
        /// Whether a record was made. When it was not, `id` is the run of this job and family that waits or runs
        /// already; dry runs do not count as such.
        bool is_new = false;
    };
    /// Records a run that waits for its lease, unless one of its job and family waits or runs already.
    [[nodiscard]] virtual Announced announce(const RunReport& report, const std::string& options) = 0;
    /// Records that a run which waited runs now, and the approximate number of documents that it reads. Returns false
    /// when it was cancelled meanwhile.
    [[nodiscard]] virtual bool start(std::int64_t id, std::uint64_t expected) = 0;

    /// Records what a run has done so far, which is a sign of life as well. Returns true when somebody asked for the
    /// run to be cancelled.
    virtual bool progress(std::int64_t id, const RunCounts& counts) = 0;
    /// Records a sign of life of each of these runs. Returns the ids of those that somebody asked to be cancelled.
    [[nodiscard]] virtual std::vector<std::int64_t> keep_alive(const std::vector<std::int64_t>& ids) = 0;
    /// Records how a run ended, and what it did. `error` says why it failed, without data of documents.
    virtual void finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) = 0;

    /// What became of a request to cancel a run.
    enum class Cancel : std::uint8_t { requested, has_ended, not_found };
    /// Asks for a run to be cancelled. Its process learns of that by its next call of progress() or keep_alive(). A run
    /// that only waits, or whose process has ended, is interrupted at once.
    [[nodiscard]] virtual Cancel request_cancel(std::int64_t id) = 0;

    /// The runs that the filter finds, newest first.
    [[nodiscard]] virtual std::vector<RunRecord> list(const RunFilter& filter) = 0;
    struct JobAndFamily {
        std::string job;
        std::string family;
    };
    /// The newest run of each job and family, as far as there is one, in no particular order.
    [[nodiscard]] virtual std::vector<RunRecord> latest(const std::vector<JobAndFamily>& of) = 0;
    /// The run with this id; nullopt when there is none.
    [[nodiscard]] virtual std::optional<RunRecord> find(std::int64_t id) = 0;
    /// Removes all records but the newest `keep_of_each` of each job and family; returns how many were removed.
    virtual std::size_t prune(std::size_t keep_of_each) = 0;
    /// Gives runs that have lost their process the state `interrupted`; returns how many there were.
    virtual std::size_t end_dead() = 0;
};

}  // namespace twinfleet::mirroring
