#include "capabilities/mirroring/passes/mirror_pass.hpp"

#include <algorithm>
#include <span>

#include "capabilities/mirroring/passes/departures.hpp"
#include "capabilities/mirroring/passes/pass_run.hpp"

namespace twinfleet::mirroring {
namespace {

/// Parks that are backfilled by one read.
constexpr std::size_t backfilled_parks_of_a_read = 200;
constexpr std::size_t backfills_max = 1'000'000;
constexpr std::size_t quarantine_page = 1000;
constexpr std::size_t removals_of_a_page = 1000;
/// Parks of a shard that are read by one query: bounds its size (32 bytes each), and a store that has no index reads
/// all of its documents for each.
constexpr std::size_t parks_of_a_query = 5000;

PassResult result_of(const PassRun& run) {
    return {.counts = run.counts, .no_parent_is_left = run.no_parent_is_left, .is_complete = !run.is_stopped};
}

}  // namespace

MirrorPass::MirrorPass(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                       const PassSettings& settings)
    : environment_(environment),
      entity_(entity),
      family_(family),
      settings_(settings),
      links_(environment.stores.links),
      documents_(environment.stores.of(entity)) {}

PassResult MirrorPass::run(const PassRequest& request, const Lease& lease, std::function<void()> assert_lease,
                           const std::function<void(const RunCounts&)>& on_progress, std::stop_token stop) {
    PassRun run(environment_, entity_, family_, settings_, request, lease, std::move(assert_lease));
    run.on_progress = on_progress;
    run.stop = std::move(stop);
    run.started_at = links_.now();
    run.settled_until_ms = documents_.settled_until_ms(settings_.overlap);
    if (request.shard) {
        if (run.is_part()) {
            run.shard_parks = find_shard_parks(links_, environment_.stores.quarantine, family_, *request.shard);
        }
        if (!run.has_no_parks()) {
            run.linked_before = links_.count_not_retired(entity_, family_, run.shard_parks.of_shard);
        }
        mirror_shard(run);
        set_empty_times(run);
        see_to_departures(run);
        return result_of(run);
    }
    run.cursor = links_.cursor(entity_, family_).value_or(Cursor{});
    run.backfills = links_.pending_backfills(entity_, family_, backfills_max);
    std::erase_if(run.backfills,
                  [&](const Backfill& backfill) { return !is_in_scope(request.scope, backfill.parent_park_id); });
    run.reads_everything = reads_everything(run);
    if (request.reads_everything()) {
        run.linked_before = links_.count_not_retired(entity_, family_, request.scope.parks);
    } else {
        // First, so that a login that was given up is free for whoever has it now.
        retire_removed(run);
        if (!run.reads_everything) {
            backfill(run);
        }
        retry_quarantined(run);
    }
    mirror_source(run);
    if (request.reads_everything()) {
        set_empty_times(run);
        see_to_departures(run);
    }
    return result_of(run);
}

void MirrorPass::set_empty_times(PassRun& run) {
    if (run.is_stopped || !run.request.scope.everything() || (run.request.shard && run.request.shard->index != 0)) {
        return;
    }
    const auto stream = documents_.with_empty_time(settings_.batch);
    for (DocumentBatch documents; stream->next(documents);) {
        run.counts.updated += run.mirror.set_empty_times(documents);
    }
}

void MirrorPass::see_to_departures(PassRun& run) {
    if (!run.is_stopped) {
        Departures departures(run);
        departures.retire();
        departures.switch_off_again();
    }
}

PassResult MirrorPass::retry(const std::vector<QuarantineEntry>& entries, const Lease& lease,
                             std::function<void()> assert_lease) {
    const PassRequest request;
    PassRun run(environment_, entity_, family_, settings_, request, lease, std::move(assert_lease));
    try_again(run, entries);
    return {.counts = run.counts, .is_complete = true};
}

bool MirrorPass::mirror(PassRun& run, DocumentStream& stream, const std::function<void(MirrorBatch&)>& before_finish,
                        const std::function<void(const MirrorBatch&)>& when_counted) {
    const BatchSteps steps{
        .gather = [&](DocumentBatch&& documents) { return run.mirror.gather(std::move(documents)); },
        .prepare = [&](MirrorBatch& batch) { run.mirror.prepare(batch); },
        .write = [&](MirrorBatch& batch) { run.mirror.write(batch); },
        .finish =
            [&](MirrorBatch& batch) {
                run.is_unsettled = run.is_unsettled || batch.is_unsettled;
                before_finish(batch);
                run.mirror.finish(batch);
                run.dealt_with.discount(batch);
                run.counts += batch.counts;
                when_counted(batch);
                for (Link& link : batch.retirements) {
                    if (run.request.retires_on_purpose && run.covers(link.parent_park_id)) {
                        // Departures finds it by its park: a city's links need not be kept in memory.
                        continue;
                    }
                    ++run.left_the_mirror_count;
                    if (run.left_the_mirror.size() < settings_.retirement.count_max) {
                        run.left_the_mirror.push_back(std::move(link));
                    }
                }
                if (run.on_progress) {
                    run.on_progress(run.counts);
                }
            },
    };
    const bool is_complete = run_pipeline(stream, steps, settings_.execution, settings_.bytes_in_flight_max, run.stop);
    run.is_stopped = run.is_stopped || !is_complete;
    return is_complete;
}

void MirrorPass::retire_removed(PassRun& run) {
    std::optional<EntityStore::Removal> after;
    if (const auto& position = run.cursor.position.timestamp) {
        after = EntityStore::Removal{.id = {}, .removed_at = *position};
    }
    Departures departures(run);
    for (;;) {
        const auto removals = documents_.removed_since(after, removals_of_a_page);
        if (removals.empty() || run.stop.stop_requested()) {
            return;
        }
        departures.retire_removed(removals);
        after = removals.back();
        run.removed_until.advance(bson::ChangeTime::of(after->removed_at));
    }
}

void MirrorPass::backfill(PassRun& run) {
    for (std::size_t start = 0; start < run.backfills.size() && !run.is_stopped; start += backfilled_parks_of_a_read) {
        const auto count = std::min(backfilled_parks_of_a_read, run.backfills.size() - start);
        Scope scope;
        BatchOutcome done;
        for (const Backfill& backfill : std::span(run.backfills).subspan(start, count)) {
            scope.parks.push_back(backfill.parent_park_id);
            done.backfills_done.push_back(backfill);
        }
        const auto stream = documents_.all(scope, settings_.batch);
        bool is_settled = true;
        const bool is_complete = mirror(
            run, *stream, [&](const MirrorBatch& batch) { is_settled = is_settled && !batch.is_unsettled; },
            [&](const MirrorBatch& batch) { run.dealt_with.add(batch); });
        if (is_complete && is_settled) {
            run.record(done);
        }
    }
}

void MirrorPass::retry_quarantined(PassRun& run) {
    if (run.is_stopped || !run.request.scope.everything() || links_.count_quarantined(entity_, family_) == 0) {
        return;
    }
    QuarantineFilter filter;
    filter.entity = entity_.name;
    filter.family = family_.name;
    filter.tried_before = run.started_at - settings_.quarantine_retry_interval;
    filter.limit = quarantine_page;
    try_again(run, environment_.stores.quarantine.list(filter));
}

void MirrorPass::try_again(PassRun& run, const std::vector<QuarantineEntry>& entries) {
    if (entries.empty()) {
        return;
    }
    std::vector<std::string> ids;
    ids.reserve(entries.size());
    for (const QuarantineEntry& entry : entries) {
        ids.push_back(entry.parent.parent_id);
    }
    auto batch = run.mirror.gather(documents_.fetch_quarantined(ids));
    run.mirror.prepare(*batch);
    run.mirror.write(*batch);
    // Who is not there any more needs no place in quarantine. Ids that no text can hold are not asked for, only met
    // again.
    std::erase_if(ids, is_stand_in_for_id);
    std::sort(ids.begin(), ids.end());
    for (const auto& item : batch->items) {
        const auto found = std::lower_bound(ids.begin(), ids.end(), item.parent.id);
        if (found != ids.end() && *found == item.parent.id) {
            ids.erase(found);
        }
    }
    run.is_unsettled = run.is_unsettled || batch->is_unsettled;
    run.mirror.finish(*batch);
    run.counts += batch->counts;
    run.dealt_with.add(*batch);
    if (!ids.empty()) {
        BatchOutcome gone;
        gone.released = std::move(ids);
        run.record(gone);
    }
}

void MirrorPass::mirror_shard(PassRun& run) {
    const auto read = [&](const Scope& scope) {
        const auto stream = documents_.all(scope, settings_.batch);
        static_cast<void>(mirror(run, *stream, [&](const MirrorBatch& batch) { run.count_linked(batch); }));
    };
    if (!run.is_part()) {
        read({});
        return;
    }
    for (std::size_t start = 0; start < run.shard_parks.of_shard.size() && !run.is_stopped; start += parks_of_a_query) {
        const auto count = std::min(parks_of_a_query, run.shard_parks.of_shard.size() - start);
        const auto first = run.shard_parks.of_shard.begin() + static_cast<std::ptrdiff_t>(start);
        Scope scope;
        scope.parks.assign(first, first + static_cast<std::ptrdiff_t>(count));
        read(scope);
    }
    if (run.request.shard->index == 0 && !run.is_stopped) {
        Scope strays;
        strays.is_without_park = true;
        read(strays);
    }
}

bool MirrorPass::reads_everything(const PassRun& run) const {
    const PassRequest& request = run.request;
    const bool configuration_changed =
        entity_.is_park() && run.cursor.configuration_fingerprint != request.configuration_fingerprint;
    // The first pass has all of the source before it anyway, so that backfills before it would have every park of a new
    // mirror read twice. It reads what has no `updated_ts` as well then, as they would. A park that is linked from now
    // on is no park of these backfills: its own one stays for the next pass.
    const bool is_first = run.cursor.position == bson::ChangePosition{} && request.scope.everything();
    return request.reads_everything() || configuration_changed || (is_first && !run.backfills.empty());
}

void MirrorPass::mirror_source(PassRun& run) {
    if (run.is_stopped) {
        return;
    }
    const PassRequest& request = run.request;
    // A pass over some parks only must not move the cursor past the others' changes.
    const bool moves_cursor = request.scope.everything();
    const auto stream = run.reads_everything
                            ? documents_.all(request.scope, settings_.batch)
                            : documents_.changed_since(run.cursor.position, request.scope, settings_.batch);
    bson::ChangePosition newest;
    Cursor reached = run.cursor;
    const bool is_complete = mirror(run, *stream, [&](MirrorBatch& batch) {
        newest.advance(batch.newest);
        run.count_linked(batch);
        // Only what was read in order of `updated_ts` says anything about what is still to come.
        if (moves_cursor && !run.reads_everything && !run.is_unsettled) {
            Cursor next = reached;
            next.position.advance(newest.just_before().not_after(run.settled_until_ms));
            if (next != reached) {
                reached = next;
                batch.outcome.cursor = reached;
            }
        }
    });
    if (!is_complete) {
        return;
    }
    BatchOutcome end;
    if (moves_cursor && !run.is_unsettled) {
        Cursor next = reached;
        newest.advance(run.removed_until);
        next.position.advance(newest.not_after(run.settled_until_ms));
        next.configuration_fingerprint = request.configuration_fingerprint;
        if (next != reached) {
            end.cursor = next;
        }
        end.caught_up_at = run.started_at;
    }
    if (run.reads_everything && !run.is_unsettled) {
        end.backfills_done = run.backfills;
    }
    if (!end.empty()) {
        run.record(end);
    }
}

}  // namespace twinfleet::mirroring
