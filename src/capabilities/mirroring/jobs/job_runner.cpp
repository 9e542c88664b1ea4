#include "capabilities/mirroring/jobs/job_runner.hpp"

#include <algorithm>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/jobs/dry_run_stores.hpp"
#include "capabilities/mirroring/policy/city_names.hpp"
#include "capabilities/mirroring/stores/retrying_stores.hpp"
#include "platform/process/resources.hpp"

namespace twinfleet::mirroring {
namespace {

/// A pass whose stream breaks off this often without a store being found away is not going to end.
constexpr int restarts_max = 20;
constexpr std::chrono::milliseconds progress_record_interval{1'000};

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

bool has_happened(const RunCounts& counts) {
    return counts.created + counts.updated + counts.retired + counts.quarantined + counts.retirements_held_back > 0 ||
           !counts.created_with.empty();
}

}  // namespace

JobRunner::JobRunner(const JobDependencies& dependencies, const JobSettings& settings)
    : dependencies_(dependencies), settings_(settings) {}

JobResult JobRunner::run(const JobRequest& request, const HeldLease& lease, const JobListener& listener,
                         std::stop_token stop) {
    return run_recorded(
        request, lease.lease(), [&lease] { lease.assert_held(); }, dependencies_.mirror_stores(), listener,
        std::move(stop));
}

JobResult JobRunner::dry_run(const JobRequest& request, DryRunStores& stores, const JobListener& listener,
                             std::stop_token stop) {
    const Lease none{std::string(request.entity->name), request.family.name, 0};
    return run_recorded(
        request, none, [] {}, stores.stores(), listener, std::move(stop));
}

JobResult JobRunner::run_recorded(const JobRequest& request, const Lease& lease,
                                  const std::function<void()>& assert_lease, const MirrorStores& stores,
                                  const JobListener& listener, std::stop_token stop) {
    const platform::Clock& clock = dependencies_.clock;
    JobResult result;
    RunReport& report = result.report;
    report.job = request.entity->name;
    report.family = request.family.name;
    report.dry_run = request.dry_run;
    PassRequest pass_request{
        .mode = request.mode,
        .scope = {},
        .create_missing = request.create_missing && request.entity->creation == Creation::on_demand,
        .verify_children = request.verify_children,
        .configuration_fingerprint = {},
        .shard = request.shard,
        .grant_retirements = request.grant_retirements,
        .retires_on_purpose = request.retires_on_purpose,
    };
    report.mode = pass_request.reads_everything() ? Mode::full : Mode::incremental;

    // Ends with `stop`, or when somebody cancels the run in its record.
    std::stop_source ended;
    const std::stop_callback on_stop(stop, [&ended] { ended.request_stop(); });
    const Retry retry(settings_.store_timeout, clock, dependencies_.log, stop);
    std::optional<std::int64_t> run_id = request.run_id;
    const auto record_begin = [&] {
        if (!run_id) {
            run_id = retry([&] { return dependencies_.runs.begin(report, request.options); });
        }
    };
    if (!request.record_only_if_something_happened) {
        record_begin();
    }

    const auto started_at = clock.monotonic();
    const double cpu_before = process::cpu_seconds();
    const auto record_end = [&](RunState state, const std::string& error) {
        report.duration_seconds = seconds(clock.monotonic() - started_at);
        report.cpu_seconds = process::cpu_seconds() - cpu_before;
        if (run_id || state == RunState::failed || has_happened(report.counts)) {
            record_begin();
            retry([&] { dependencies_.runs.finish(*run_id, state, report, error); });
        }
    };

    try {
        RetryingStores retrying(stores, retry);
        retry([&] { dependencies_.require_source(JobDependencies::source_age_max); });
        const EnabledParks enabled = dependencies_.enabled_parks();
        const MirrorEnvironment environment =
            dependencies_.environment(retrying.stores(), enabled.is_enabled, listener.on_operation);
        LinkStore& links = environment.stores.links;
        pass_request.scope = scope_of(request, environment.stores.of(park_entity()));
        const bool nothing_in_scope =
            pass_request.scope.everything() && (!request.cities.empty() || !request.parks.empty());
        if (request.entity->is_park()) {
            pass_request.configuration_fingerprint = enabled.fingerprint;
        }

        if (request.entity->has_accounts_beside && !request.dry_run && dependencies_.on_parks_get_users) {
            see_to_accounts(links, request);
        }

        MirrorPass pass(environment, *request.entity, request.family, settings_.pass);
        const bool is_verifying_round = dependencies_.verification != nullptr && !request.dry_run &&
                                        pass_request.mode == Mode::full && pass_request.verify_children &&
                                        pass_request.scope.everything() && !pass_request.shard && !nothing_in_scope;
        auto recorded_at = started_at;
        auto pass_began_at = started_at;
        auto progressed_at = started_at;
        RunCounts counts_of_earlier_attempts;
        const auto on_progress = [&](const RunCounts& counts) {
            progressed_at = clock.monotonic();
            report.counts = counts_of_earlier_attempts;
            report.counts += counts;
            if (listener.on_progress) {
                listener.on_progress(report.counts);
            }
            if (run_id && clock.monotonic() - recorded_at > progress_record_interval) {
                recorded_at = clock.monotonic();
                if (dependencies_.runs.progress(*run_id, report.counts)) {
                    ended.request_stop();
                }
            }
        };
        for (int attempt = 0; !nothing_in_scope; ++attempt) {
            try {
                pass_began_at = clock.monotonic();
                const Time round_began_at = is_verifying_round ? links.now() : Time{};
                const PassResult passed = pass.run(pass_request, lease, assert_lease, on_progress, ended.get_token());
                report.counts = counts_of_earlier_attempts;
                report.counts += passed.counts;
                report.no_parent_is_left = passed.no_parent_is_left;
                result.end = passed.is_complete ? JobEnd::done : JobEnd::interrupted;
                if (is_verifying_round && passed.is_complete) {
                    retry([&] {
                        dependencies_.verification->round_completed(*request.entity, request.family, round_began_at);
                    });
                }
                break;
            } catch (const platform::StoreUnavailable& away) {
                // Single calls were tried again for as long as they may; this is a stream that broke off. What was
                // mirrored stands, so the pass begins again where the cursor is, once the stores answer. A store that
                // answers all the time and yet gets nothing done, as one that does not acknowledge writes, is away.
                const bool is_stuck = clock.monotonic() - progressed_at > settings_.store_timeout;
                if (attempt == restarts_max || is_stuck || stop.stop_requested()) {
                    throw;
                }
                dependencies_.log.warning("a pass broke off and begins again",
                                          {{"job", report.job}, {"family", report.family}, {"reason", away.what()}});
                counts_of_earlier_attempts = report.counts;
                static_cast<void>(links.now());
                static_cast<void>(environment.stores.of(*request.entity).server_time_ms());
            }
        }
        report.lag_seconds = seconds(clock.monotonic() - pass_began_at);
        record_end(result.end == JobEnd::done ? RunState::done : RunState::interrupted, {});
    } catch (const LeaseLost& lost) {
        result.end = JobEnd::lease_lost;
        record_end(RunState::interrupted, lost.what());
    } catch (const platform::StoreUnavailable& away) {
        if (stop.stop_requested()) {
            // Whatever was under way was given up because of the stop, and is no failure.
            result.end = JobEnd::interrupted;
            try {
                record_end(RunState::interrupted, {});
            } catch (const std::exception&) {
                // The store with the record is away as well. Without a sign of life the record ends by itself.
            }
            return result;
        }
        // The record is in one of the stores; when that one is away the run stays `running` in it.
        try {
            if (run_id) {
                dependencies_.runs.finish(*run_id, RunState::failed, report, away.what());
            }
        } catch (const std::exception&) {
        }
        throw;
    } catch (const std::exception& failure) {
        record_end(RunState::failed, failure.what());
        throw;
    }
    return result;
}

Scope JobRunner::scope_of(const JobRequest& request, EntityStore& park_store) const {
    Scope scope;
    scope.parks = request.parks;
    if (!request.cities.empty()) {
        const Projector projector(park_entity(), request.family);
        const CityNames cities(request.cities);
        const auto stream = park_store.all({}, settings_.pass.batch);
        std::vector<domain::ParentParkId> of_cities;
        DocumentBatch parks;
        while (stream->next(parks)) {
            for (std::size_t i = 0; i < parks.size(); ++i) {
                const ParentFacts facts = projector.inspect(parks[i]);
                if (!facts.is_child && cities.contains(facts.city_id) && facts.problem != reason::bad_id) {
                    of_cities.emplace_back(facts.id);
                }
            }
        }
        if (request.parks.empty()) {
            scope.parks = std::move(of_cities);
        } else {
            std::erase_if(scope.parks, [&](const domain::ParentParkId& park) {
                return std::find(of_cities.begin(), of_cities.end(), park) == of_cities.end();
            });
        }
    }
    return scope;
}

RunCounts JobRunner::retry(const Entity& entity, const domain::AppFamily& family,
                           const std::vector<QuarantineEntry>& entries, const HeldLease& lease) {
    dependencies_.require_source(JobDependencies::source_age_max);
    const MirrorEnvironment environment = dependencies_.environment(dependencies_.mirror_stores());
    MirrorPass pass(environment, entity, family, settings_.pass);
    return pass.retry(entries, lease.lease(), [&lease] { lease.assert_held(); }).counts;
}

void JobRunner::see_to_accounts(LinkStore& links, const JobRequest& request) const {
    // A park that was linked waits for its users in the list of backfills until they are mirrored.
    constexpr std::size_t parks_at_once = 1000;
    std::vector<domain::ParentParkId> parks;
    for (const Backfill& backfill : links.pending_backfills(*request.entity, request.family, parks_at_once)) {
        parks.push_back(backfill.parent_park_id);
    }
    if (!parks.empty()) {
        dependencies_.on_parks_get_users(request.family, parks);
    }
}

std::size_t JobRunner::retirement_budget(const Entity& entity, const domain::AppFamily& family) {
    return settings_.pass.retirement.of(dependencies_.links.count_not_retired(entity, family, {}));
}

std::uint64_t JobRunner::expected_documents(const JobRequest& request) {
    const bool reads_everything = request.mode == Mode::full ||
                                  (request.create_missing && request.entity->creation == Creation::on_demand) ||
                                  !dependencies_.links.cursor(*request.entity, request.family);
    if (!reads_everything || !request.cities.empty() || !request.parks.empty()) {
        return 0;
    }
    const auto store = dependencies_.stores.find(request.entity->name);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(store->second->estimated_count(), 0));
}

}  // namespace twinfleet::mirroring
