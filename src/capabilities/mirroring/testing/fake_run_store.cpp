#include "capabilities/mirroring/testing/fake_run_store.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace twinfleet::mirroring::testing {
namespace {

constexpr std::chrono::seconds patience{20};

}  // namespace

std::int64_t FakeRunStore::add(RunState state, const RunReport& report, const std::string& options) {
    const std::int64_t id = runs_.empty() ? 1 : runs_.rbegin()->first + 1;
    runs_[id] = {.id = id, .state = state, .report = report, .options = options, .error = {}};
    return id;
}

void FakeRunStore::end(RunRecord& run, RunState state) {
    run.state = state;
    run.finished_at = Time{};
    changed_.notify_all();
}

std::int64_t FakeRunStore::begin(const RunReport& report, const std::string& options) {
    const std::lock_guard lock(mutex_);
    return add(RunState::running, report, options);
}

RunStore::Announced FakeRunStore::announce(const RunReport& report, const std::string& options) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, run] : runs_) {
        if (!run.finished_at && !run.report.dry_run && run.report.job == report.job &&
            run.report.family == report.family) {
            return {.id = id, .is_new = false};
        }
    }
    return {.id = add(RunState::waiting, report, options), .is_new = true};
}

bool FakeRunStore::start(std::int64_t id, std::uint64_t expected) {
    const std::lock_guard lock(mutex_);
    RunRecord& run = runs_.at(id);
    if (run.finished_at) {
        return false;
    }
    run.state = RunState::running;
    run.expected = expected;
    return true;
}

bool FakeRunStore::progress(std::int64_t id, const RunCounts& counts) {
    const std::lock_guard lock(mutex_);
    RunRecord& run = runs_.at(id);
    run.report.counts = counts;
    tell(run.is_cancel_requested);
    return run.is_cancel_requested;
}

std::vector<std::int64_t> FakeRunStore::keep_alive(const std::vector<std::int64_t>& ids) {
    const std::lock_guard lock(mutex_);
    std::vector<std::int64_t> cancelled;
    std::ranges::copy_if(ids, std::back_inserter(cancelled),
                         [this](std::int64_t id) { return runs_.at(id).is_cancel_requested; });
    tell(!cancelled.empty());
    return cancelled;
}

void FakeRunStore::finish(std::int64_t id, RunState state, const RunReport& report, const std::string& error) {
    const std::lock_guard lock(mutex_);
    RunRecord& run = runs_.at(id);
    run.report = report;
    run.error = error;
    end(run, state);
}

RunStore::Cancel FakeRunStore::request_cancel(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const auto run = runs_.find(id);
    if (run == runs_.end()) {
        return Cancel::not_found;
    }
    if (run->second.finished_at) {
        return Cancel::has_ended;
    }
    run->second.is_cancel_requested = true;
    if (run->second.state == RunState::waiting) {
        end(run->second, RunState::interrupted);
    }
    return Cancel::requested;
}

std::vector<RunRecord> FakeRunStore::list(const RunFilter& filter) {
    const std::lock_guard lock(mutex_);
    std::vector<RunRecord> found;
    for (auto run = runs_.rbegin(); run != runs_.rend() && found.size() < filter.limit; ++run) {
        const RunReport& report = run->second.report;
        if ((filter.job.empty() || report.job == filter.job) &&
            (filter.family.empty() || report.family == filter.family) &&
            (filter.before_id == 0 || run->first < filter.before_id)) {
            found.push_back(run->second);
        }
    }
    return found;
}

std::vector<RunRecord> FakeRunStore::latest(const std::vector<JobAndFamily>& of) {
    std::vector<RunRecord> found;
    for (const auto& [job, family] : of) {
        auto newest = list({.job = job, .family = family, .limit = 1});
        std::ranges::move(newest, std::back_inserter(found));
    }
    return found;
}

std::optional<RunRecord> FakeRunStore::find(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    const auto run = runs_.find(id);
    return run == runs_.end() ? std::nullopt : std::optional(run->second);
}

std::size_t FakeRunStore::prune(std::size_t keep_of_each) {
    const std::lock_guard lock(mutex_);
    std::map<std::pair<std::string, std::string>, std::size_t> kept;
    std::size_t gone = 0;
    for (auto run = runs_.end(); run != runs_.begin();) {
        --run;
        const RunReport& report = run->second.report;
        if (++kept[{report.job, report.family}] > keep_of_each) {
            run = runs_.erase(run);
            ++gone;
        }
    }
    return gone;
}

void FakeRunStore::tell(bool is_cancelled) {
    is_cancel_told_ = is_cancel_told_ || is_cancelled;
    changed_.notify_all();
}

void FakeRunStore::await_cancel_told() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return is_cancel_told_; })) {
        throw std::runtime_error("nobody is told that he is cancelled");
    }
}

RunRecord FakeRunStore::await_end(std::int64_t id) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return runs_.at(id).finished_at.has_value(); })) {
        throw std::runtime_error("run " + std::to_string(id) + " does not end");
    }
    return runs_.at(id);
}

void FakeLeaseWishes::wish(std::string_view job, std::string_view family, std::chrono::milliseconds /*lifetime*/) {
    const std::lock_guard lock(mutex_);
    if (jobs_.empty() || jobs_.back() != job) {
        jobs_.emplace_back(job);
    }
    stands_[{std::string(job), std::string(family)}] = true;
}

void FakeLeaseWishes::withdraw(std::string_view job, std::string_view family) {
    const std::lock_guard lock(mutex_);
    stands_[{std::string(job), std::string(family)}] = false;
}

bool FakeLeaseWishes::is_wished(std::string_view job, std::string_view family) {
    const std::lock_guard lock(mutex_);
    const auto found = stands_.find({std::string(job), std::string(family)});
    return found != stands_.end() && found->second;
}

std::vector<std::string> FakeLeaseWishes::jobs() const {
    const std::lock_guard lock(mutex_);
    return jobs_;
}

bool FakeLeaseWishes::none_stands() const {
    const std::lock_guard lock(mutex_);
    return std::ranges::none_of(stands_, [](const auto& wish) { return wish.second; });
}

}  // namespace twinfleet::mirroring::testing
