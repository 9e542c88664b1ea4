#include "apps/fleet_synchronizer/commands/run_jobs.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "apps/fleet_synchronizer/commands/scope_notice.hpp"
#include "apps/fleet_synchronizer/output/printable.hpp"
#include "apps/fleet_synchronizer/output/progress.hpp"
#include "apps/fleet_synchronizer/output/report_lines.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/jobs/dry_run_stores.hpp"
#include "capabilities/mirroring/policy/city_names.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

/// The options as a person would type them, for the record of the run.
std::string options_text(const RunJobs& run) {
    std::string text;
    const auto add = [&text](const std::string& option) { text += (text.empty() ? "" : " ") + option; };
    if (!run.family.empty()) {
        add("--family " + printable(run.family));
    }
    for (const std::string& city : run.cities) {
        add("--city " + printable(city));
    }
    for (const std::string& park : run.parks) {
        add("--park " + printable(park));
    }
    const std::pair<bool, const char*> flags[] = {
        {run.full, "--full"},
        {run.verify_children, "--verify-children"},
        {run.create_missing, "--create-missing"},
        {run.dry_run, "--dry-run"},
        // How the run came about: the record has no other place for it.
        {run.keep_retired == true, "(retire)"},
        {run.keep_retired == false, "(retire --undo)"},
    };
    for (const auto& [is_set, name] : flags) {
        if (is_set) {
            add(name);
        }
    }
    return text;
}

JobRequest request_of(const RunJobs& run, const Entity& entity, const domain::AppFamily& family) {
    JobRequest request;
    request.entity = &entity;
    request.family = family;
    request.mode = run.full ? Mode::full : Mode::incremental;
    request.cities = run.cities;
    for (const std::string& park : run.parks) {
        request.parks.emplace_back(park);
    }
    request.create_missing = run.create_missing;
    request.verify_children = run.verify_children;
    request.dry_run = run.dry_run;
    request.retires_on_purpose = run.keep_retired == true;
    request.options = options_text(run);
    return request;
}

/// Whether anything within the scope of the run is in quarantine.
class QuarantineInScope {
public:
    QuarantineInScope(const RunJobs& run, const JobContext& context)
        : run_(run), cities_(run.cities), stores_(context) {}

    [[nodiscard]] bool holds_any(const Entity& entity, const domain::AppFamily& family) {
        QuarantineFilter filter;
        filter.entity = entity.name;
        filter.family = family.name;
        const bool is_limited = !run_.parks.empty() || !run_.cities.empty();
        if (!is_limited) {
            filter.limit = 1;
            return !stores_.quarantine().list(filter).empty();
        }
        for (;;) {
            const auto entries = stores_.quarantine().list(filter);
            if (std::any_of(entries.begin(), entries.end(),
                            [&](const QuarantineEntry& entry) { return is_in_scope(entry.parent.parent_park_id); })) {
                return true;
            }
            if (entries.size() < filter.limit) {
                return false;
            }
            filter.after_id = entries.back().id;
        }
    }

private:
    [[nodiscard]] bool is_in_scope(const std::string& park_id) {
        if (park_id.empty() ||
            (!run_.parks.empty() && std::find(run_.parks.begin(), run_.parks.end(), park_id) == run_.parks.end())) {
            return false;
        }
        if (run_.cities.empty()) {
            return true;
        }
        const auto known = is_of_cities_.find(park_id);
        return known != is_of_cities_.end() ? known->second
                                            : is_of_cities_.emplace(park_id, is_of_cities(park_id)).first->second;
    }
    [[nodiscard]] bool is_of_cities(const std::string& park_id) {
        const MirrorEnvironment environment = stores_.environment();
        const DocumentBatch parks = environment.stores.of(park_entity()).fetch(std::span(&park_id, 1));
        if (parks.empty()) {
            return false;
        }
        const domain::AppFamily no_family;
        const ParentFacts park = Projector(park_entity(), no_family).inspect(parks[0]);
        return cities_.contains(park.city_id);
    }

    const RunJobs& run_;
    const CityNames cities_;
    RetryingStores stores_;
    std::map<std::string, bool> is_of_cities_;
};

class RunningJobs {
public:
    RunningJobs(const RunJobs& run, const JobContext& context)
        : run_(run),
          context_(context),
          quarantine_(run, context),
          dry_run_stores_(context.dependencies.mirror_stores()) {}

    process::ExitCode run_all() {
        if (run_.keep_retired) {
            keep_retired(*run_.keep_retired);
        } else {
            say_what_no_park_matches(run_.cities, run_.parks, context_);
        }
        const process::ExitCode code = run_each();
        // Between the operations of a dry run the rows would be out of sight.
        for (const std::string& line : table_) {
            context_.console.print(line);
        }
        return code;
    }

private:
    /// Before the passes, which see to the rest.
    void keep_retired(bool is_kept) {
        std::vector<domain::ParentId> parks;
        for (const std::string& park : run_.parks) {
            parks.emplace_back(park);
        }
        LinkStore& links = run_.dry_run ? dry_run_stores_.stores().links : context_.dependencies.links;
        for (const domain::AppFamily& family : families_named(context_, run_.family)) {
            context_.retry([&] { links.keep_retired(park_entity(), family, parks, is_kept); });
        }
    }

    process::ExitCode run_each() {
        for (const domain::AppFamily& family : families_named(context_, run_.family)) {
            for (const std::string_view job : jobs()) {
                if (std::find(run_.jobs.begin(), run_.jobs.end(), job) == run_.jobs.end()) {
                    continue;
                }
                if (const process::ExitCode code = run_job(job, family); code != process::ExitCode::done) {
                    return code;
                }
            }
        }
        if (!run_.dry_run) {
            context_.retry([&] { context_.remove_old_records(); });
        }
        return needs_attention_ ? process::ExitCode::needs_attention : process::ExitCode::done;
    }

    /// One report of all entities of the job. `done` also when something needs attention: then the others go on.
    process::ExitCode run_job(std::string_view job, const domain::AppFamily& family) {
        std::optional<RunReport> together;
        process::ExitCode code = process::ExitCode::done;
        for (const Entity& entity : entities()) {
            if (entity.job != job || code != process::ExitCode::done || !context_.dependencies.has_store(entity)) {
                continue;
            }
            std::optional<RunReport> one;
            code = run_one(entity, family, one);
            if (one && together) {
                add(*together, *one);
            } else if (one) {
                together = std::move(one);
            }
        }
        if (together) {
            together->job = job;
            report(*together);
        }
        return code;
    }

    static void add(RunReport& together, const RunReport& one) {
        together.counts += one.counts;
        together.duration_seconds += one.duration_seconds;
        together.cpu_seconds += one.cpu_seconds;
        together.lag_seconds = std::max(together.lag_seconds, one.lag_seconds);
        together.no_parent_is_left = together.no_parent_is_left || one.no_parent_is_left;
    }

    process::ExitCode run_one(const Entity& entity, const domain::AppFamily& family, std::optional<RunReport>& told) {
        std::unique_ptr<HeldLease> lease;
        if (!run_.dry_run) {
            lease = acquire_lease(context_, entity, family);
        }
        if (context_.stop.stop_requested()) {
            return process::ExitCode::interrupted;
        }
        if (lease == nullptr && !run_.dry_run) {
            return process::ExitCode::lease_is_held;
        }
        const JobResult result = mirror(request_of(run_, entity, family), lease.get());
        told = result.report;
        switch (result.end) {
            case JobEnd::interrupted:
                context_.console.say("interrupted; the next run goes on from here");
                return process::ExitCode::interrupted;
            case JobEnd::lease_lost:
                say_lease_lost(context_, entity, family);
                return process::ExitCode::lease_is_held;
            case JobEnd::done:
                break;
        }
        const RunCounts& counts = result.report.counts;
        if (counts.quarantined + counts.retirements_held_back > 0 || quarantine_.holds_any(entity, family)) {
            needs_attention_ = true;
        }
        return process::ExitCode::done;
    }

    JobResult mirror(const JobRequest& request, const HeldLease* lease) {
        Progress progress(context_.console, context_.dependencies.clock,
                          std::string(request.entity->name) + " (" + request.family.name + ")",
                          context_.retry([&] { return context_.runner.expected_documents(request); }));
        const ProgressTicker ticker(progress);
        JobListener listener;
        listener.on_progress = [&](const RunCounts& counts) { progress.update(counts.read); };
        if (lease != nullptr) {
            return context_.runner.run(request, *lease, listener, context_.stop);
        }
        listener.on_operation = [&](const OperationReport& operation) {
            context_.console.print(run_.json ? operation_json(operation) : operation_text(operation));
        };
        return context_.runner.dry_run(request, dry_run_stores_, listener, context_.stop);
    }

    void report(const RunReport& report) {
        if (run_.json) {
            context_.console.print(job_json(report));
        } else {
            if (!has_header_) {
                print_row(job_table_header());
                has_header_ = true;
            }
            print_row(job_table_row(report));
        }
        context_.console.flush();
        if (const auto held_back = report.counts.retirements_held_back; held_back > 0) {
            context_.console.say(
                grouped(held_back) + " children of " + report.job + " (" + report.family +
                ") whose parents are gone were not retired: " +
                (report.no_parent_is_left
                     ? "not one parent is left, as in a collection that was dropped, is being restored or may not be "
                       "read. If they did leave, set pass.retirement.also_when_no_parent_is_left"
                     : "the budget of a pass is used up. If so many did leave, run it again or raise "
                       "pass.retirement"));
        }
    }

    void print_row(std::string row) {
        if (run_.dry_run) {
            table_.push_back(std::move(row));
        } else {
            context_.console.print(row);
        }
    }

    const RunJobs& run_;
    const JobContext& context_;
    QuarantineInScope quarantine_;
    DryRunStores dry_run_stores_;
    bool needs_attention_ = false;
    bool has_header_ = false;
    /// Of a dry run: what is printed when it ends.
    std::vector<std::string> table_;
};

}  // namespace

process::ExitCode run_jobs(const RunJobs& run, const JobContext& context) {
    return RunningJobs(run, context).run_all();
}

}  // namespace twinfleet::fleet_synchronizer
