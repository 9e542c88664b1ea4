#include "capabilities/mirroring/testing/fake_link_store.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using Data = FakeWorld::Data;
using LinkKey = std::pair<std::string, std::string>;

void require_text(std::string_view text) {
    if (!fits_postgres_text(text)) {
        throw platform::StoreRefused("PostgreSQL", 0, "invalid byte sequence for encoding UTF8");
    }
}

template <typename Id>
void require_text(std::span<const Id> ids) {
    for (const Id& id : ids) {
        require_text(id.value());
    }
}

void require_lease(const FakeWorld& world, const Data& data, const Lease* lease) {
    if (lease == nullptr || world.settings().leases_protect_nothing) {
        return;
    }
    const auto row = data.leases.find({lease->job, lease->family});
    if (row == data.leases.end() || !row->second.held || row->second.token != lease->token) {
        throw LeaseLost();
    }
}

bool is_of(const Link& link, std::span<const domain::ParentParkId> parks) {
    return parks.empty() || std::ranges::find(parks, link.parent_park_id) != parks.end();
}

auto& table(Data& data, const Entity& entity) {
    return data.links[std::string(entity.name)];
}

/// What a driver's link comes to when a write that had no say may have placed his profile.
void distrust(Data& data, const Entity& entity, const domain::AppFamily& family, std::span<const SyncedLink> links,
              std::vector<Backfill>& backfills) {
    for (const SyncedLink& synced : links) {
        const auto row = table(data, entity).find({family.name, synced.parent_id.value()});
        if (row == table(data, entity).end()) {
            continue;
        }
        Link& link = row->second;
        const auto open = data.write_tokens.find({std::string(entity.name), family.name, synced.parent_id.value()});
        const bool is_open = open != data.write_tokens.end();
        const bool is_placed_by_others =
            is_open ? open->second != synced.write_token : link.source_hash && link.source_hash != synced.source_hash;
        if (!is_placed_by_others) {
            continue;
        }
        link.source_hash.reset();
        if (is_open) {
            open->second = ++data.last_write_token;
        }
        for (const domain::ParentParkId& park : {link.parent_park_id, synced.parent_park_id}) {
            backfills.push_back({std::string(entity.name), park});
        }
    }
}

/// By hand, not by what the passes move on with: a mistake there should show here.
template <typename Value>
void raise(std::optional<Value>& stored, const std::optional<Value>& offered) {
    if (offered && (!stored || *stored < *offered)) {
        stored = offered;
    }
}

}  // namespace

FakeLinkStore::FakeLinkStore(FakeWorld& world, std::string runner) : world_(world), runner_(std::move(runner)) {}

std::vector<Link> FakeLinkStore::find_by_parent(const Entity& entity, const domain::AppFamily& family,
                                                std::span<const domain::ParentId> ids) {
    require_text(ids);
    const std::set<domain::ParentId> wanted(ids.begin(), ids.end());
    return world_.perform(runner_, "links.find_by_parent", [&](Data& data) {
        std::vector<Link> found;
        for (const domain::ParentId& id : wanted) {
            if (const auto row = table(data, entity).find({family.name, id.value()});
                row != table(data, entity).end()) {
                found.push_back(row->second);
            }
        }
        return found;
    });
}

std::vector<LinkStore::FamilyLink> FakeLinkStore::find_in_all_families(const Entity& entity,
                                                                       std::span<const domain::ParentId> parent_ids) {
    require_text(parent_ids);
    const std::set<domain::ParentId> wanted(parent_ids.begin(), parent_ids.end());
    return world_.perform(runner_, "links.find_in_all_families", [&](Data& data) {
        std::vector<FamilyLink> found;
        for (const auto& [key, link] : table(data, entity)) {
            if (wanted.contains(link.parent_id)) {
                found.push_back({key.first, link});
            }
        }
        return found;
    });
}

std::vector<LinkStore::FamilyLink> FakeLinkStore::find_by_child(const Entity& entity,
                                                                std::span<const domain::ChildId> ids) {
    require_text(ids);
    const std::set<domain::ChildId> wanted(ids.begin(), ids.end());
    return world_.perform(runner_, "links.find_by_child", [&](Data& data) {
        std::vector<FamilyLink> found;
        for (const auto& [key, link] : table(data, entity)) {
            if (wanted.contains(link.child_id)) {
                found.push_back({key.first, link});
            }
        }
        return found;
    });
}

std::vector<Link> FakeLinkStore::list(const Entity& entity, const domain::AppFamily& family, const Page& page) {
    if (page.after) {
        require_text(page.after->value());
    }
    return world_.perform(runner_, "links.list", [&](Data& data) {
        std::vector<Link> found;
        const auto& links = table(data, entity);
        auto row = page.after ? links.upper_bound({family.name, page.after->value()})
                              : links.lower_bound({family.name, std::string()});
        for (; row != links.end() && row->first.first == family.name && found.size() < page.limit; ++row) {
            if (is_of(row->second, page.parent_park_ids)) {
                found.push_back(row->second);
            }
        }
        return found;
    });
}

std::size_t FakeLinkStore::count_not_retired(const Entity& entity, const domain::AppFamily& family,
                                             std::span<const domain::ParentParkId> parent_park_ids) {
    require_text(parent_park_ids);
    return world_.perform(runner_, "links.count_not_retired", [&](Data& data) {
        return static_cast<std::size_t>(std::ranges::count_if(table(data, entity), [&](const auto& row) {
            return row.first.first == family.name && row.second.state != LinkState::retired &&
                   is_of(row.second, parent_park_ids);
        }));
    });
}

std::vector<Link> FakeLinkStore::reserve(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                         std::span<const NewLink> links) {
    for (const NewLink& link : links) {
        for (const std::string& text :
             {link.parent_id.value(), link.parent_park_id.value(), link.child_id.value(), link.child_park_id.value()}) {
            require_text(text);
        }
    }
    return world_.perform(runner_, "links.reserve", [&](Data& data) {
        require_lease(world_, data, lease);
        auto rows = table(data, entity);
        std::set<std::string> children;
        for (const auto& [key, link] : rows) {
            children.insert(link.child_id.value());
        }
        std::map<LinkKey, Link> standing;
        for (const NewLink& link : links) {
            const LinkKey key(family.name, link.parent_id.value());
            if (!rows.contains(key)) {
                if (!children.insert(link.child_id.value()).second) {
                    throw platform::StoreRefused("PostgreSQL", 0, "a child has one parent");
                }
                rows.emplace(key, Link{.parent_id = link.parent_id,
                                       .parent_park_id = link.parent_park_id,
                                       .child_id = link.child_id,
                                       .child_park_id = link.child_park_id,
                                       .state = LinkState::reserved,
                                       .source_hash = std::nullopt,
                                       .source_updated_ts = std::nullopt,
                                       .created_at = world_.links_now(data),
                                       .synced_at = world_.links_now(data)});
            }
            if (entity.can_be_erased && data.erased.contains(link.parent_id.value())) {
                rows.at(key).kept_retired = KeptRetired::erased;
            }
            standing.insert_or_assign(key, rows.at(key));
        }
        table(data, entity) = std::move(rows);
        std::vector<Link> found;
        found.reserve(standing.size());
        for (const auto& [key, link] : standing) {
            found.push_back(link);
        }
        return found;
    });
}

BegunWrite FakeLinkStore::begin_write(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                      std::span<const domain::ParentId> ids) {
    require_text(ids);
    const std::set<domain::ParentId> asked(ids.begin(), ids.end());
    return world_.perform(runner_, "links.begin_write", [&](Data& data) {
        require_lease(world_, data, lease);
        BegunWrite begun;
        begun.token = ++data.last_write_token;
        for (const domain::ParentId& id : asked) {
            const auto row = table(data, entity).find({family.name, id.value()});
            if (row == table(data, entity).end()) {
                continue;
            }
            if (row->second.kept_retired) {
                begun.kept_retired.push_back({id, *row->second.kept_retired});
            }
            const auto [open, is_first] =
                data.write_tokens.try_emplace({std::string(entity.name), family.name, id.value()}, begun.token);
            if (!is_first) {
                open->second = begun.token;
                begun.contended.push_back(id);
            } else if (row->second.source_hash) {
                begun.taken.push_back({id, *row->second.source_hash});
            }
            row->second.source_hash.reset();
        }
        return begun;
    });
}

std::vector<domain::ParentId> FakeLinkStore::taken_over_among(const Lease* lease, const Entity& entity,
                                                              const domain::AppFamily& family,
                                                              std::span<const OwnWrite> writes) {
    for (const OwnWrite& write : writes) {
        require_text(write.parent_id.value());
    }
    return world_.perform(runner_, "links.taken_over_among", [&](Data& data) {
        require_lease(world_, data, lease);
        std::vector<domain::ParentId> taken_over;
        for (const OwnWrite& write : writes) {
            const auto row = table(data, entity).find({family.name, write.parent_id.value()});
            if (row == table(data, entity).end() || world_.settings().write_tokens_protect_nothing) {
                continue;
            }
            const auto open = data.write_tokens.find({std::string(entity.name), family.name, write.parent_id.value()});
            const bool is_own = write.write_token
                                    ? open != data.write_tokens.end() && open->second == *write.write_token
                                    : row->second.state == LinkState::reserved;
            if (!is_own) {
                taken_over.push_back(write.parent_id);
            }
        }
        return taken_over;
    });
}

void FakeLinkStore::record_outcome(const Lease* lease, const Entity& entity, const domain::AppFamily& family,
                                   SyncedLinks which, const BatchOutcome& outcome) {
    for (const SyncedLink& link : outcome.synced) {
        for (const std::string& text :
             {link.parent_id.value(), link.parent_park_id.value(), link.child_park_id.value()}) {
            require_text(text);
        }
    }
    for (const RetiredLink& retired : outcome.retired) {
        require_text(retired.parent_id.value());
    }
    for (const Quarantined& parent : outcome.quarantined) {
        require_text(parent.parent_id);
        require_text(parent.parent_park_id);
        require_text(parent.reason);
    }
    for (const Backfill& backfill : outcome.backfills_requested) {
        require_text(backfill.parent_park_id.value());
    }
    for (const ForeignEdit& edit : outcome.foreign_edits) {
        require_text(edit.fields);
    }
    const std::string entity_name(entity.name);

    world_.perform(runner_, "links.record_outcome", [&](Data& data) {
        require_lease(world_, data, lease);
        const Time now = world_.links_now(data);
        const auto changeable = [&](const domain::ParentId& id) -> Link* {
            const auto row = table(data, entity).find({family.name, id.value()});
            const bool found = row != table(data, entity).end() &&
                               (which == SyncedLinks::all || row->second.state == LinkState::reserved);
            return found ? &row->second : nullptr;
        };
        const auto has_say = [&](const domain::ParentId& id, std::optional<std::int64_t> token) {
            const auto open = data.write_tokens.find({entity_name, family.name, id.value()});
            const auto current = open == data.write_tokens.end() ? std::nullopt : std::optional(open->second);
            return current == token || world_.settings().write_tokens_protect_nothing;
        };
        auto backfills = outcome.backfills_requested;
        for (const SyncedLink& synced : outcome.synced) {
            Link* const link = changeable(synced.parent_id);
            const bool is_own = has_say(synced.parent_id, synced.write_token);
            if (link == nullptr || (link->state != LinkState::reserved && !(is_own && synced.write_token))) {
                continue;
            }
            link->state = LinkState::linked;
            link->parent_park_id = synced.parent_park_id;
            link->child_park_id = synced.child_park_id;
            link->source_hash = is_own ? synced.source_hash : std::nullopt;
            link->source_updated_ts = synced.source_updated_ts;
            link->synced_at = now;
            if (is_own) {
                data.write_tokens.erase({entity_name, family.name, synced.parent_id.value()});
            }
        }
        if (entity.has_driver_profile && !world_.settings().write_tokens_protect_nothing) {
            distrust(data, entity, family, outcome.synced, backfills);
        }
        for (const RetiredLink& retired : outcome.retired) {
            Link* const link = changeable(retired.parent_id);
            if (link != nullptr && has_say(retired.parent_id, retired.write_token)) {
                link->state = LinkState::retired;
                link->source_hash.reset();
                link->synced_at = now;
                data.write_tokens.erase({entity_name, family.name, retired.parent_id.value()});
            }
        }
        const auto is_entry_of = [&](const QuarantineEntry& entry, const std::string& parent_id) {
            return entry.entity == entity_name && entry.family == family.name && entry.parent.parent_id == parent_id;
        };
        for (const Quarantined& parent : outcome.quarantined) {
            auto known = std::ranges::find_if(
                data.quarantine, [&](const auto& row) { return is_entry_of(row.second, parent.parent_id); });
            if (known == data.quarantine.end()) {
                const std::int64_t id = ++data.quarantine_ids;
                known = data.quarantine
                            .emplace(id, QuarantineEntry{.id = id,
                                                         .entity = entity_name,
                                                         .family = family.name,
                                                         .parent = {},
                                                         .since = now,
                                                         .last_try_at = now})
                            .first;
            }
            known->second.parent = parent;
            known->second.last_try_at = now;
        }
        for (const std::string& parent_id : outcome.released) {
            std::erase_if(data.quarantine, [&](const auto& row) { return is_entry_of(row.second, parent_id); });
        }
        for (const ForeignEdit& edit : outcome.foreign_edits) {
            data.foreign_edits.try_emplace(
                edit.key, ForeignEditRecord{++data.foreign_edit_ids, entity_name, family.name, edit, now});
        }
        for (const domain::ParentId& parent : outcome.erasures_requested) {
            data.erased.insert(parent.value());
            for (auto& [key, link] : table(data, entity)) {
                if (link.parent_id == parent) {
                    link.kept_retired = KeptRetired::erased;
                }
            }
        }
        for (const Backfill& done : outcome.backfills_done) {
            std::erase_if(data.backfills, [&](const Data::PendingBackfill& pending) {
                return pending.family == family.name && pending.backfill == done && done.entity == entity_name;
            });
        }
        for (const Backfill& requested : backfills) {
            const auto known = std::ranges::find_if(data.backfills, [&](const Data::PendingBackfill& pending) {
                return pending.family == family.name && pending.backfill.entity == requested.entity &&
                       pending.backfill.parent_park_id == requested.parent_park_id;
            });
            const std::int64_t generation = ++data.backfill_generations;
            if (known == data.backfills.end()) {
                data.backfills.push_back({family.name, {requested.entity, requested.parent_park_id, generation}});
            } else {
                known->backfill.generation = generation;
            }
        }
        if (outcome.cursor) {
            Cursor& stored = data.cursors[{entity_name, family.name}];
            raise(stored.position.timestamp, outcome.cursor->position.timestamp);
            raise(stored.position.date_ms, outcome.cursor->position.date_ms);
            stored.configuration_fingerprint = outcome.cursor->configuration_fingerprint;
        }
        if (outcome.caught_up_at && data.cursors.contains({entity_name, family.name})) {
            Time& stored = data.caught_up_at[{entity_name, family.name}];
            stored = std::max(stored, *outcome.caught_up_at);
        }
    });
}

void FakeLinkStore::keep_retired(const Entity& entity, const domain::AppFamily& family,
                                 std::span<const domain::ParentId> ids, bool is_kept) {
    require_text(ids);
    world_.perform(runner_, "links.keep_retired", [&](Data& data) {
        for (const domain::ParentId& id : ids) {
            const auto row = table(data, entity).find({family.name, id.value()});
            if (row != table(data, entity).end() && row->second.kept_retired != KeptRetired::erased) {
                row->second.kept_retired = is_kept ? std::optional(KeptRetired::on_purpose) : std::nullopt;
            }
        }
    });
}

std::vector<domain::ParentId> FakeLinkStore::erased_among(std::span<const domain::ParentId> driver_ids) {
    require_text(driver_ids);
    return world_.perform(runner_, "links.erased_among", [&](const Data& data) {
        std::vector<domain::ParentId> erased;
        for (const domain::ParentId& id : driver_ids) {
            if (data.erased.contains(id.value())) {
                erased.push_back(id);
            }
        }
        return erased;
    });
}

std::optional<Cursor> FakeLinkStore::cursor(const Entity& entity, const domain::AppFamily& family) {
    return world_.perform(runner_, "links.cursor", [&](const Data& data) -> std::optional<Cursor> {
        const auto found = data.cursors.find({std::string(entity.name), family.name});
        return found == data.cursors.end() ? std::nullopt : std::optional(found->second);
    });
}

std::vector<Backfill> FakeLinkStore::pending_backfills(const Entity& entity, const domain::AppFamily& family,
                                                       std::size_t limit) {
    return world_.perform(runner_, "links.pending_backfills", [&](const Data& data) {
        std::vector<Backfill> pending;
        for (const auto& [its_family, backfill] : data.backfills) {
            if (its_family == family.name && backfill.entity == entity.name && pending.size() < limit) {
                pending.push_back(backfill);
            }
        }
        return pending;
    });
}

std::vector<std::string> FakeLinkStore::quarantined_among(const Entity& entity, const domain::AppFamily& family,
                                                          std::span<const std::string> ids) {
    for (const std::string& id : ids) {
        require_text(id);
    }
    const std::set<std::string> asked(ids.begin(), ids.end());
    return world_.perform(runner_, "links.quarantined_among", [&](const Data& data) {
        std::vector<std::string> found;
        for (const auto& [id, entry] : data.quarantine) {
            if (entry.entity == entity.name && entry.family == family.name && asked.contains(entry.parent.parent_id)) {
                found.push_back(entry.parent.parent_id);
            }
        }
        return found;
    });
}

std::size_t FakeLinkStore::count_quarantined(const Entity& entity, const domain::AppFamily& family) {
    return world_.perform(runner_, "links.count_quarantined", [&](const Data& data) {
        return static_cast<std::size_t>(std::ranges::count_if(data.quarantine, [&](const auto& row) {
            return row.second.entity == entity.name && row.second.family == family.name;
        }));
    });
}

Time FakeLinkStore::now() {
    return world_.perform(runner_, "links.now", [&](const Data& data) { return world_.links_now(data); });
}

FakeLeaseStore::FakeLeaseStore(FakeWorld& world, std::string runner) : world_(world), runner_(std::move(runner)) {}

std::optional<Lease> FakeLeaseStore::acquire(std::string_view job, std::string_view family, std::string_view holder,
                                             std::chrono::milliseconds lifetime) {
    return world_.perform(runner_, "leases.acquire", [&](Data& data) -> std::optional<Lease> {
        FakeWorld::LeaseRow& row = data.leases[{std::string(job), std::string(family)}];
        if (row.held && row.expires_at_ms > data.now_ms && !world_.settings().leases_protect_nothing) {
            return std::nullopt;
        }
        row = {.token = row.token + 1,
               .holder = std::string(holder),
               .expires_at_ms = data.now_ms + lifetime.count(),
               .held = true};
        return Lease{.job = std::string(job), .family = std::string(family), .token = row.token};
    });
}

bool FakeLeaseStore::renew(const Lease& lease, std::chrono::milliseconds lifetime) {
    return world_.perform(runner_, "leases.renew", [&](Data& data) {
        FakeWorld::LeaseRow& row = data.leases[{lease.job, lease.family}];
        if (!row.held || row.token != lease.token) {
            return false;
        }
        row.expires_at_ms = data.now_ms + lifetime.count();
        return true;
    });
}

void FakeLeaseStore::release(const Lease& lease) {
    world_.perform(runner_, "leases.release", [&](Data& data) {
        FakeWorld::LeaseRow& row = data.leases[{lease.job, lease.family}];
        if (row.token == lease.token) {
            row.held = false;
        }
    });
}

FakeFullRoundStore::FakeFullRoundStore(FakeWorld& world, std::string runner)
    : world_(world), runner_(std::move(runner)) {}

std::optional<FullRound> FakeFullRoundStore::current(std::string_view job, const domain::AppFamily& family,
                                                     std::uint32_t shard_count, std::chrono::milliseconds interval) {
    return world_.perform(runner_, "rounds.current", [&](Data& data) -> std::optional<FullRound> {
        const auto [place, is_first] = data.rounds.try_emplace({std::string(job), family.name});
        Data::Round& known = place->second;
        if (is_first) {
            known.round.finished_at = world_.links_now(data);
            known.finished_at_ms = data.now_ms;
            return std::nullopt;
        }
        if (known.round.finished_at && known.finished_at_ms + interval.count() <= data.now_ms) {
            known.round = {.job = std::string(job),
                           .family = family.name,
                           .number = known.round.number + 1,
                           .shard_count = shard_count,
                           .began_at = world_.links_now(data),
                           .finished_at = std::nullopt};
            known.shards.assign(shard_count, {});
            for (std::uint32_t i = 0; i < shard_count; ++i) {
                known.shards[i].index = i;
            }
            known.granted.assign(shard_count, 0);
            known.budget.reset();
        }
        return known.round.finished_at ? std::nullopt : std::optional(known.round);
    });
}

namespace {

/// nullptr when there is a later one, or it is over.
Data::Round* unfinished(Data& data, const FullRound& round) {
    Data::Round& known = data.rounds[{round.job, round.family}];
    return known.round.number == round.number && !known.round.finished_at ? &known : nullptr;
}

}  // namespace

std::vector<FullShard> FakeFullRoundStore::shards(const FullRound& round) {
    return world_.perform(runner_, "rounds.shards", [&](Data& data) {
        const Data::Round& known = data.rounds[{round.job, round.family}];
        return known.round.number == round.number ? known.shards : std::vector<FullShard>();
    });
}

bool FakeFullRoundStore::begin(const Lease& lease, const FullRound& round, std::uint32_t shard,
                               std::string_view holder) {
    return world_.perform(runner_, "rounds.begin", [&](Data& data) {
        require_lease(world_, data, &lease);
        Data::Round* const known = unfinished(data, round);
        if (known == nullptr || known->shards.at(shard).state == ShardState::done) {
            return false;
        }
        known->shards[shard].state = ShardState::running;
        known->shards[shard].holder = holder;
        ++known->shards[shard].attempts;
        return true;
    });
}

std::size_t FakeFullRoundStore::grant_retirements(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                                  std::size_t wanted, std::size_t budget) {
    return world_.perform(runner_, "rounds.grant_retirements", [&](Data& data) -> std::size_t {
        require_lease(world_, data, &lease);
        Data::Round* const known = unfinished(data, round);
        if (known == nullptr) {
            return 0;
        }
        known->budget = known->budget.value_or(budget);
        const auto taken = std::accumulate(known->granted.begin(), known->granted.end(), std::size_t{0});
        const std::size_t granted = std::min(wanted, *known->budget - std::min(*known->budget, taken));
        known->granted.at(shard) += granted;
        return granted;
    });
}

bool FakeFullRoundStore::finish(const Lease& lease, const FullRound& round, std::uint32_t shard,
                                const RunCounts& counts) {
    return world_.perform(runner_, "rounds.finish", [&](Data& data) {
        require_lease(world_, data, &lease);
        Data::Round* const known = unfinished(data, round);
        if (known == nullptr) {
            return false;
        }
        FullShard& done = known->shards.at(shard);
        if (done.state != ShardState::done) {
            done.state = ShardState::done;
            done.counts = {.read = counts.read,
                           .created = counts.created,
                           .updated = counts.updated,
                           .unchanged = counts.unchanged,
                           .retired = counts.retired};
        }
        const bool is_over =
            std::ranges::all_of(known->shards, [](const FullShard& each) { return each.state == ShardState::done; });
        if (is_over) {
            known->round.finished_at = world_.links_now(data);
            known->finished_at_ms = data.now_ms;
            known->last_finished = known->round;
        }
        return is_over;
    });
}

std::optional<FullRound> FakeFullRoundStore::last_finished(std::string_view job, const domain::AppFamily& family) {
    return world_.perform(runner_, "rounds.last_finished", [&](Data& data) {
        const auto known = data.rounds.find({std::string(job), family.name});
        return known == data.rounds.end() ? std::nullopt : known->second.last_finished;
    });
}

FakeQuarantineStore::FakeQuarantineStore(FakeWorld& world, std::string runner)
    : world_(world), runner_(std::move(runner)) {}

std::vector<QuarantineEntry> FakeQuarantineStore::list(const QuarantineFilter& filter) {
    return world_.perform(runner_, "quarantine.list", [&](const Data& data) {
        std::vector<QuarantineEntry> found;
        for (const auto& [id, entry] : data.quarantine) {
            const bool wanted =
                id > filter.after_id && (filter.entity.empty() || entry.entity == filter.entity) &&
                (filter.family.empty() || entry.family == filter.family) &&
                (filter.parent_park_id.empty() || entry.parent.parent_park_id == filter.parent_park_id) &&
                (filter.ids.empty() || std::ranges::find(filter.ids, id) != filter.ids.end()) &&
                (!filter.tried_before || entry.last_try_at < *filter.tried_before);
            if (wanted && found.size() < filter.limit) {
                found.push_back(entry);
            }
        }
        return found;
    });
}

std::size_t FakeQuarantineStore::drop(const std::vector<std::int64_t>& ids) {
    return world_.perform(runner_, "quarantine.drop", [&](Data& data) {
        std::size_t dropped = 0;
        for (const std::int64_t id : ids) {
            dropped += data.quarantine.erase(id);
        }
        return dropped;
    });
}

}  // namespace twinfleet::mirroring::testing
