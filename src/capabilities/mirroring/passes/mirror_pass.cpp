#include "capabilities/mirroring/passes/mirror_pass.hpp"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

/// Parks that are backfilled by one read.
constexpr std::size_t backfilled_parks_of_a_read = 200;
constexpr std::size_t backfills_max = 1'000'000;
constexpr std::size_t quarantine_page = 1000;
constexpr std::size_t link_page = 1000;
/// Parks of a shard that are read by one query: bounds its size (32 bytes each), and a store that has no index reads
/// all of its documents for each.
constexpr std::size_t parks_of_a_query = 5000;

bool is_in_scope(const Scope& scope, const domain::ParentParkId& park) {
    return scope.everything() || std::find(scope.parks.begin(), scope.parks.end(), park) != scope.parks.end();
}

}  // namespace

std::size_t RetirementBudget::of(std::size_t linked) const {
    const auto share = static_cast<std::size_t>(share_max * static_cast<double>(linked));
    return std::min(std::max(share, always_allowed), count_max);
}

struct MirrorPass::Run {
    Run(const MirrorPass& pass, const PassRequest& asked, const Lease& held, std::function<void()> assert_lease)
        : request(asked),
          lease(held),
          mirror(pass.world_, pass.entity_, pass.family_,
                 {.rules = {.create_missing = asked.create_missing,
                            .create_by_name = false,
                            .read_every_child = asked.mode == Mode::full && asked.verify_children},
                  .lease = &held,
                  .assert_lease = std::move(assert_lease),
                  .has_company = asked.shard.has_value()}) {}

    [[nodiscard]] bool is_part() const noexcept { return request.shard && !request.shard->is_whole(); }
    [[nodiscard]] bool covers(const domain::ParentParkId& park) const {
        return request.shard ? request.shard->holds(park.value()) : is_in_scope(request.scope, park);
    }

    const PassRequest& request;
    const Lease& lease;
    BatchMirror mirror;
    std::function<void(const RunCounts&)> on_progress;
    std::stop_token stop;
    RunCounts counts;
    /// By the clock of the link store.
    Time started_at{};
    /// Everything written before this, by the clock that sets `updated_ts`, is visible.
    std::int64_t settled_until_ms = 0;
    Cursor cursor;
    /// Some child could not be brought to rest: the cursor stays.
    bool is_unsettled = false;
    bool is_stopped = false;
    std::size_t linked_before = 0;
    std::size_t linked_seen = 0;
    /// Of a shard that is not everything: its mirrored parks, and those of all shards.
    std::vector<domain::ParentParkId> parks;
    std::unordered_set<std::string> mirrored_parks;
    /// Linked parents that were met in a park that is not mirrored: the first of them, and how many there are.
    std::vector<Link> left_the_mirror;
    std::size_t left_the_mirror_count = 0;
    std::vector<Backfill> backfills;
    /// Parents that a backfill or a retry has dealt with, as hashes of their ids: the main read counts them no second
    /// time.
    std::unordered_set<std::size_t> dealt_with;
};

MirrorPass::MirrorPass(const World& world, QuarantineStore& quarantine, const Entity& entity,
                       const domain::AppFamily& family, const PassSettings& settings)
    : world_(world), quarantine_(quarantine), entity_(entity), family_(family), settings_(settings) {}

PassResult MirrorPass::run(const PassRequest& request, const Lease& lease, std::function<void()> assert_lease,
                           const std::function<void(const RunCounts&)>& on_progress, std::stop_token stop) {
    Run run(*this, request, lease, std::move(assert_lease));
    run.on_progress = on_progress;
    run.stop = std::move(stop);
    run.started_at = world_.links.now();
    run.settled_until_ms = world_.store(entity_).server_time_ms() - settings_.overlap.count();
    if (request.shard) {
        if (run.is_part()) {
            find_parks_of_shard(run);
        }
        if (!run.is_part() || !run.parks.empty()) {
            run.linked_before = world_.links.count_not_retired(entity_, family_, run.parks);
        }
        mirror_shard(run);
        if (!run.is_stopped) {
            retire(run);
            switch_off_again(run);
        }
        return {run.counts, !run.is_stopped};
    }
    run.cursor = world_.links.cursor(entity_, family_).value_or(Cursor{});
    run.backfills = world_.links.pending_backfills(entity_, family_, backfills_max);
    std::erase_if(run.backfills,
                  [&](const Backfill& backfill) { return !is_in_scope(request.scope, backfill.parent_park_id); });
    if (request.reads_everything()) {
        run.linked_before = world_.links.count_not_retired(entity_, family_, request.scope.parks);
    } else {
        backfill(run);
        retry_quarantined(run);
    }
    mirror_source(run);
    if (request.reads_everything() && !run.is_stopped) {
        retire(run);
        switch_off_again(run);
    }
    return {run.counts, !run.is_stopped};
}

PassResult MirrorPass::retry(const std::vector<QuarantineEntry>& entries, const Lease& lease,
                             std::function<void()> assert_lease) {
    const PassRequest request;
    Run run(*this, request, lease, std::move(assert_lease));
    try_again(run, entries);
    return {run.counts, true};
}

bool MirrorPass::mirror(Run& run, DocumentStream& stream, const std::function<void(MirrorBatch&)>& before_commit,
                        const std::function<void(const MirrorBatch&)>& when_counted) {
    const BatchSteps steps{
        .prepare = [&](DocumentBatch&& documents) { return run.mirror.prepare(std::move(documents)); },
        .write = [&](MirrorBatch& batch) { run.mirror.write(batch); },
        .commit =
            [&](MirrorBatch& batch) {
                run.is_unsettled = run.is_unsettled || batch.is_unsettled;
                before_commit(batch);
                run.mirror.commit(batch);
                discount_dealt_with(run, batch);
                run.counts += batch.counts;
                when_counted(batch);
                run.left_the_mirror_count += batch.retirements.size();
                for (Link& link : batch.retirements) {
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

void MirrorPass::commit(Run& run, const BatchOutcome& outcome) {
    world_.links.record_outcome(&run.lease, entity_, family_, SyncedLinks::all, outcome);
}

void MirrorPass::backfill(Run& run) {
    for (std::size_t start = 0; start < run.backfills.size() && !run.is_stopped; start += backfilled_parks_of_a_read) {
        const auto count = std::min(backfilled_parks_of_a_read, run.backfills.size() - start);
        Scope scope;
        BatchOutcome done;
        for (const Backfill& backfill : std::span(run.backfills).subspan(start, count)) {
            scope.parks.push_back(backfill.parent_park_id);
            done.backfills_done.push_back(backfill);
        }
        const auto stream = world_.store(entity_).all(scope, settings_.batch);
        bool is_settled = true;
        const bool is_complete = mirror(
            run, *stream, [&](const MirrorBatch& batch) { is_settled = is_settled && !batch.is_unsettled; },
            [&](const MirrorBatch& batch) { note_dealt_with(run, batch); });
        if (is_complete && is_settled) {
            commit(run, done);
        }
    }
}

void MirrorPass::note_dealt_with(Run& run, const MirrorBatch& batch) {
    for (const auto& item : batch.items) {
        run.dealt_with.insert(std::hash<std::string>{}(item.parent.id));
    }
}

void MirrorPass::discount_dealt_with(const Run& run, MirrorBatch& batch) {
    if (run.dealt_with.empty()) {
        return;
    }
    for (const auto& item : batch.items) {
        const bool is_repetition = item.result == MirrorBatch::Result::unchanged ||
                                   item.result == MirrorBatch::Result::quarantined ||
                                   item.result == MirrorBatch::Result::skipped;
        if (is_repetition && run.dealt_with.contains(std::hash<std::string>{}(item.parent.id))) {
            batch.counts -= BatchMirror::counts_of(item);
        }
    }
}

void MirrorPass::retry_quarantined(Run& run) {
    if (run.is_stopped || !run.request.scope.everything() || world_.links.count_quarantined(entity_, family_) == 0) {
        return;
    }
    QuarantineFilter filter;
    filter.entity = entity_.name;
    filter.family = family_.name;
    filter.tried_before = run.started_at - settings_.quarantine_retry_interval;
    filter.limit = quarantine_page;
    try_again(run, quarantine_.list(filter));
}

void MirrorPass::try_again(Run& run, const std::vector<QuarantineEntry>& entries) {
    if (entries.empty()) {
        return;
    }
    std::vector<std::string> ids;
    ids.reserve(entries.size());
    for (const QuarantineEntry& entry : entries) {
        ids.push_back(entry.parent.parent_id);
    }
    auto batch = run.mirror.prepare(world_.store(entity_).fetch_quarantined(ids));
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
    run.mirror.commit(*batch);
    run.counts += batch->counts;
    note_dealt_with(run, *batch);
    if (!ids.empty()) {
        BatchOutcome gone;
        gone.released = std::move(ids);
        commit(run, gone);
    }
}

void MirrorPass::count_linked(Run& run, const MirrorBatch& batch) {
    for (const auto& item : batch.items) {
        const bool was_linked = item.link && item.link->state != LinkState::retired &&
                                item.link->created_at < run.started_at && run.covers(item.link->parent_park_id);
        run.linked_seen += was_linked ? 1 : 0;
    }
}

void MirrorPass::find_parks_of_shard(Run& run) {
    // Only in these can anything be mirrored, or be in quarantine for its park's sake. Links of parks are never
    // removed.
    const auto add = [&](const std::string& park) {
        if (run.mirrored_parks.insert(park).second && run.request.shard->holds(park)) {
            run.parks.emplace_back(park);
        }
    };
    LinkStore::Page page;
    page.limit = link_page;
    for (;;) {
        const std::vector<Link> links = world_.links.list(park_entity(), family_, page);
        if (links.empty()) {
            break;
        }
        for (const Link& link : links) {
            if (link.state != LinkState::reserved) {
                add(link.parent_id.value());
            }
        }
        page.after = links.back().parent_id;
    }
    QuarantineFilter filter;
    filter.entity = park_entity().name;
    filter.family = family_.name;
    filter.limit = quarantine_page;
    for (;;) {
        const auto entries = quarantine_.list(filter);
        if (entries.empty()) {
            break;
        }
        for (const QuarantineEntry& entry : entries) {
            if (is_usable_id(entry.parent.parent_id)) {
                add(entry.parent.parent_id);
            }
        }
        filter.after_id = entries.back().id;
    }
    std::ranges::sort(run.parks);
}

void MirrorPass::mirror_shard(Run& run) {
    EntityStore& store = world_.store(entity_);
    const auto read = [&](const Scope& scope) {
        const auto stream = store.all(scope, settings_.batch);
        static_cast<void>(mirror(run, *stream, [&](const MirrorBatch& batch) { count_linked(run, batch); }));
    };
    if (!run.is_part()) {
        read({});
        return;
    }
    for (std::size_t start = 0; start < run.parks.size() && !run.is_stopped; start += parks_of_a_query) {
        const auto count = std::min(parks_of_a_query, run.parks.size() - start);
        const auto first = run.parks.begin() + static_cast<std::ptrdiff_t>(start);
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

void MirrorPass::mirror_source(Run& run) {
    if (run.is_stopped) {
        return;
    }
    const PassRequest& request = run.request;
    EntityStore& store = world_.store(entity_);
    const bool configuration_changed =
        entity_.is_park() && run.cursor.configuration_fingerprint != request.configuration_fingerprint;
    const bool reads_everything = request.reads_everything() || configuration_changed;
    // A pass over some parks only must not move the cursor past the others' changes.
    const bool moves_cursor = request.scope.everything();
    const auto stream = reads_everything ? store.all(request.scope, settings_.batch)
                                         : store.changed_since(run.cursor.position, request.scope, settings_.batch);
    bson::ChangePosition newest;
    Cursor reached = run.cursor;
    const bool is_complete = mirror(run, *stream, [&](MirrorBatch& batch) {
        newest.advance(batch.newest);
        count_linked(run, batch);
        // Only what was read in order of `updated_ts` says anything about what is still to come.
        if (moves_cursor && !reads_everything && !run.is_unsettled) {
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
        next.position.advance(newest.not_after(run.settled_until_ms));
        next.configuration_fingerprint = request.configuration_fingerprint;
        if (next != reached) {
            end.cursor = next;
        }
        end.caught_up_at = run.started_at;
    }
    if (reads_everything && !run.is_unsettled) {
        end.backfills_done = run.backfills;
    }
    if (!end.empty()) {
        commit(run, end);
    }
}

void MirrorPass::retire(Run& run) {
    // Every link that stood before the pass was met with its parent, or the parent is gone: counting tells whether to
    // search.
    std::vector<Link> candidates = std::move(run.left_the_mirror);
    std::size_t budget = settings_.retirement.count_max;
    if (!run.request.shard) {
        budget = settings_.retirement.of(
            run.request.scope.everything() ? run.linked_before : world_.links.count_not_retired(entity_, family_, {}));
    }
    std::size_t wanted = run.left_the_mirror_count;
    if (candidates.size() > budget) {
        candidates.resize(budget);
    }
    if (run.linked_before > run.linked_seen) {
        sweep(run, [&](const Link& link) {
            ++wanted;
            if (candidates.size() < budget) {
                candidates.push_back(link);
            }
        });
    }
    if (run.request.shard && !candidates.empty()) {
        candidates.resize(std::min(candidates.size(), run.request.grant_retirements(candidates.size())));
    }
    for (std::size_t start = 0; start < candidates.size(); start += settings_.batch.documents_max) {
        const auto count = std::min(settings_.batch.documents_max, candidates.size() - start);
        BatchOutcome outcome;
        run.counts.retired += run.mirror.retire(std::span(candidates).subspan(start, count), outcome);
        commit(run, outcome);
    }
    run.counts.retirements_held_back += wanted - candidates.size();

    if (run.request.scope.everything() && !run.is_unsettled) {
        release_unmet(run);
    }
}

void MirrorPass::release_unmet(Run& run) {
    // Whoever is in quarantine and was not met in this pass is gone as well.
    QuarantineFilter filter;
    filter.entity = entity_.name;
    filter.family = family_.name;
    filter.tried_before = run.started_at;
    filter.limit = quarantine_page;
    for (;;) {
        const auto entries = quarantine_.list(filter);
        if (entries.empty()) {
            break;
        }
        BatchOutcome gone;
        for (const QuarantineEntry& entry : entries) {
            // Beside incremental passes, which ask for all others themselves.
            const bool is_left_to_us = !run.request.shard || (is_stand_in_for_id(entry.parent.parent_id) &&
                                                              run.request.shard->holds(entry.parent.parent_park_id));
            if (is_left_to_us) {
                gone.released.push_back(entry.parent.parent_id);
            }
        }
        if (!gone.released.empty()) {
            commit(run, gone);
        }
        filter.after_id = entries.back().id;
    }
}

void MirrorPass::switch_off_again(Run& run) {
    if (run.request.mode != Mode::full || !run.request.verify_children || (run.is_part() && run.parks.empty())) {
        return;
    }
    LinkStore::Page page;
    page.parent_park_ids = run.is_part() ? run.parks : run.request.scope.parks;
    page.limit = link_page;
    while (!run.stop.stop_requested()) {
        std::vector<Link> links = world_.links.list(entity_, family_, page);
        if (links.empty()) {
            return;
        }
        page.after = links.back().parent_id;
        std::erase_if(links, [](const Link& link) { return link.state != LinkState::retired; });
        if (links.empty()) {
            continue;
        }
        const std::vector<Link> switched_on = run.mirror.switched_on(links);
        if (!switched_on.empty()) {
            BatchOutcome outcome;
            run.counts.retired += run.mirror.retire(switched_on, outcome);
            commit(run, outcome);
        }
    }
    run.is_stopped = true;
}

void MirrorPass::sweep(Run& run, const std::function<void(const Link&)>& on_vanished) {
    LinkStore::Page page;
    page.parent_park_ids = run.is_part() ? run.parks : run.request.scope.parks;
    page.limit = link_page;
    if (run.is_part() && run.parks.empty()) {
        return;
    }
    for (;;) {
        const std::vector<Link> links = world_.links.list(entity_, family_, page);
        if (links.empty() || run.stop.stop_requested()) {
            return;
        }
        std::vector<std::string> ids;
        for (const Link& link : links) {
            if (link.state != LinkState::retired) {
                ids.push_back(link.parent_id.value());
            }
        }
        auto present = world_.store(entity_).presence(ids);
        std::sort(present.begin(), present.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        for (const Link& link : links) {
            if (link.state == LinkState::retired) {
                continue;
            }
            const auto found =
                std::ranges::lower_bound(present, link.parent_id.value(), {}, &EntityStore::Presence::id);
            const bool is_present = found != present.end() && found->id == link.parent_id.value();
            // Whoever left for another park was not met in this shard; in one that is mirrored he is met in its shard.
            const bool has_left =
                is_present && run.is_part() && !found->park_id.empty() && !run.mirrored_parks.contains(found->park_id);
            if (!is_present || has_left) {
                on_vanished(link);
            }
        }
        page.after = links.back().parent_id;
    }
}

}  // namespace twinfleet::mirroring
