#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/memory/runs/lease_wishes.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"

namespace twinfleet::mirroring::testing {

/// The record of runs in memory. Times stand still; nobody is taken for dead. Safe to use from any thread.
class FakeRunStore final : public RunStore {
public:
    [[nodiscard]] std::int64_t begin(const RunReport& report, const std::string& options) override;
    [[nodiscard]] Announced announce(const RunReport& report, const std::string& options) override;
    [[nodiscard]] bool start(std::int64_t id, std::uint64_t expected) override;
    bool progress(std::int64_t id, const RunCounts& counts) override;
    [[nodiscard]] std::vector<std::int64_t> keep_alive(const std::vector<std::int64_t>& ids) override;
    void finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) override;
    [[nodiscard]] Cancel request_cancel(std::int64_t id) override;
    [[nodiscard]] std::vector<RunRecord> list(const RunFilter& filter) override;
    [[nodiscard]] std::vector<RunRecord> latest(const std::vector<JobAndFamily>& of) override;
    [[nodiscard]] std::optional<RunRecord> find(std::int64_t id) override;
    std::size_t prune(std::size_t keep_of_each) override;
    std::size_t end_dead() override { return 0; }

    /// Returns when the run has ended. Throws std::runtime_error when that takes longer than a test may.
    [[nodiscard]] RunRecord await_end(std::int64_t id);
    /// Returns when somebody who runs has been told that he is cancelled; throws the same.
    void await_cancel_told();

private:
    std::int64_t add(RunState state, const RunReport& report, const std::string& options);
    void end(RunRecord& run, RunState state);
    void tell(bool is_cancelled);

    std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by mutex_.
    std::map<std::int64_t, RunRecord> runs_;
    bool is_cancel_told_ = false;
};

/// Wishes that stand until they are withdrawn, and the memory of all of them.
class FakeLeaseWishes final : public LeaseWishes {
public:
    void wish(std::string_view job, std::string_view family, std::chrono::milliseconds lifetime) override;
    void withdraw(std::string_view job, std::string_view family) override;
    [[nodiscard]] bool is_wished(std::string_view job, std::string_view family) override;

    /// The jobs of wishes in order, of several for one job in a row the first.
    [[nodiscard]] std::vector<std::string> jobs() const;
    [[nodiscard]] bool none_stands() const;

private:
    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::vector<std::string> jobs_;
    std::map<std::pair<std::string, std::string>, bool> stands_;
};

}  // namespace twinfleet::mirroring::testing
