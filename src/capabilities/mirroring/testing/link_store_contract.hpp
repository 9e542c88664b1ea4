#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds.hpp"

/// What LinkStore, LeaseStore and QuarantineStore promise, as tests for whatever implements them. Include it in one
/// file of a test program and say INSTANTIATE_TEST_SUITE_P(Fake, LinkStoreContract, testing::Values(factory)), and the
/// same of LinksOfDrivers.
namespace twinfleet::mirroring::testing {

/// Stores over the same, empty memory.
class LinkStoresUnderTest {
public:
    LinkStoresUnderTest() = default;
    LinkStoresUnderTest(const LinkStoresUnderTest&) = delete;
    LinkStoresUnderTest& operator=(const LinkStoresUnderTest&) = delete;
    virtual ~LinkStoresUnderTest() = default;

    [[nodiscard]] virtual LinkStore& links() = 0;
    [[nodiscard]] virtual LeaseStore& leases() = 0;
    [[nodiscard]] virtual QuarantineStore& quarantine() = 0;
    [[nodiscard]] virtual FullRoundStore& rounds() = 0;
    /// Lets the store's clock go on by at least so much, or by as much as a call takes where nobody can set it.
    virtual void let_time_pass(std::chrono::milliseconds) {}
};

using MakeLinkStores = std::function<std::unique_ptr<LinkStoresUnderTest>()>;

class LinkStoreContract : public ::testing::TestWithParam<MakeLinkStores> {
protected:
    static constexpr std::chrono::milliseconds long_lifetime{600'000};

    LinkStore& links() { return stores_->links(); }
    LeaseStore& leases() { return stores_->leases(); }
    QuarantineStore& quarantine() { return stores_->quarantine(); }
    FullRoundStore& rounds() { return stores_->rounds(); }
    /// The round that is due at once; the first call of a job only starts its time.
    FullRound begin_round(std::uint32_t shards) {
        constexpr std::chrono::milliseconds at_once{0};
        static_cast<void>(rounds().current("cars", vezet, shards, at_once));
        let_time_pass(std::chrono::milliseconds(1));
        return rounds().current("cars", vezet, shards, at_once).value();
    }
    Lease lease_of_shard(const FullRound& round, std::uint32_t index) {
        return leases()
            .acquire(shard_lease_name("cars", {.index = index, .count = round.shard_count}), "vezet", "holder",
                     long_lifetime)
            .value();
    }
    void let_time_pass(std::chrono::milliseconds duration) { stores_->let_time_pass(duration); }

    static NewLink new_link(const std::string& parent, const std::string& child, const std::string& park = "park") {
        return {domain::ParentId(parent), domain::ParentParkId(park), domain::ChildId(child),
                domain::ChildParkId(park + "_child")};
    }
    std::vector<Link> reserve(const std::vector<NewLink>& wanted) {
        return links().reserve(nullptr, cars, vezet, wanted);
    }
    /// Reserved links `<prefix>0`, `<prefix>1`, ... with children `child_<parent>`.
    std::vector<domain::ParentId> reserve_many(std::size_t count, const std::string& prefix = "car",
                                               const std::string& park = "park") {
        std::vector<NewLink> wanted;
        std::vector<domain::ParentId> ids;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string id = prefix + std::to_string(i);
            wanted.push_back(new_link(id, "child_" + id, park));
            ids.emplace_back(id);
        }
        EXPECT_EQ(reserve(wanted).size(), count);
        return ids;
    }
    Link find(const std::string& parent) {
        const std::vector ids{domain::ParentId(parent)};
        const auto found = links().find_by_parent(cars, vezet, ids);
        if (found.size() != 1) {
            ADD_FAILURE() << found.size() << " links of " << parent;
            return {};
        }
        return found.front();
    }
    static SyncedLink synced(const std::string& parent, std::uint8_t hash = 7, const std::string& park = "park") {
        return {.parent_id = domain::ParentId(parent),
                .parent_park_id = domain::ParentParkId(park),
                .child_park_id = domain::ChildParkId(park + "_child"),
                .source_hash = hash_of(hash),
                .source_updated_ts = Time(std::chrono::microseconds(1'700'000'000'000'003))};
    }
    static Cursor cursor_at(std::optional<bson::Timestamp> timestamp, std::int64_t date_ms,
                            const std::string& fingerprint) {
        return {.position = {.timestamp = timestamp, .date_ms = date_ms}, .configuration_fingerprint = fingerprint};
    }
    static SourceHash hash_of(std::uint8_t byte) {
        SourceHash hash{};
        hash.fill(byte);
        return hash;
    }
    void record(const BatchOutcome& outcome, SyncedLinks which = SyncedLinks::all, const Lease* lease = nullptr) {
        links().record_outcome(lease, cars, vezet, which, outcome);
    }
    /// Begins to write; returns the token.
    std::int64_t begin(const std::string& parent) {
        const std::vector ids{domain::ParentId(parent)};
        return links().begin_write(nullptr, cars, vezet, ids).token;
    }
    /// Begins to write these children, and commits.
    void write(BatchOutcome outcome) {
        std::vector<domain::ParentId> ids;
        for (const SyncedLink& link : outcome.synced) {
            ids.push_back(link.parent_id);
        }
        for (const RetiredLink& link : outcome.retired) {
            ids.push_back(link.parent_id);
        }
        const BegunWrite begun = links().begin_write(nullptr, cars, vezet, ids);
        for (SyncedLink& link : outcome.synced) {
            link.write_token = begun.token;
        }
        for (RetiredLink& link : outcome.retired) {
            link.write_token = begun.token;
        }
        record(outcome);
    }
    static SyncedLink with_token(SyncedLink link, std::int64_t token) {
        link.write_token = token;
        return link;
    }
    static Backfill backfill_of(const std::string& entity_name, const std::string& park) {
        return {entity_name, domain::ParentParkId(park)};
    }
    void request_backfills(const std::vector<Backfill>& backfills) {
        links().record_outcome(nullptr, park_entity(), vezet, SyncedLinks::all, {.backfills_requested = backfills});
    }
    std::vector<std::string> parks_to_backfill() {
        std::vector<std::string> parks;
        for (const Backfill& backfill : links().pending_backfills(cars, vezet, 10)) {
            EXPECT_EQ(backfill.entity, "cars");
            parks.push_back(backfill.parent_park_id.value());
        }
        return parks;
    }
    void put_aside(const std::string& parent, const std::string& reason, const std::string& park = "park") {
        record({.quarantined = {{parent, park, reason}}});
    }
    /// What a lease is worth once somebody else has taken the job over.
    Lease lost_lease() {
        const auto old = leases().acquire("cars", "vezet", "first", long_lifetime);
        leases().release(old.value());
        EXPECT_TRUE(leases().acquire("cars", "vezet", "second", long_lifetime).has_value());
        return *old;
    }
    Lease current_lease() { return leases().acquire("cars", "vezet", "first", long_lifetime).value(); }
    /// Tries until the earlier holder's lease has lapsed.
    std::optional<Lease> acquire_when_lapsed(const std::string& holder) {
        for (int tries = 0; tries < 100'000; ++tries) {
            if (auto lease = leases().acquire("cars", "vezet", holder, long_lifetime)) {
                return lease;
            }
            let_time_pass(std::chrono::milliseconds(1));
        }
        return std::nullopt;
    }

    const Entity& cars = entity("cars");
    const domain::AppFamily vezet{"vezet"};
    const domain::AppFamily other_family{"other"};

private:
    std::unique_ptr<LinkStoresUnderTest> stores_ = GetParam()();
};

TEST_P(LinkStoreContract, ReservesALinkAsItIsAskedFor) {
    const Time before = links().now();
    const auto standing = reserve({new_link("car", "copy")});
    ASSERT_EQ(standing.size(), 1U);
    for (const Link& link : {standing.front(), find("car")}) {
        EXPECT_EQ(link.parent_id.value(), "car");
        EXPECT_EQ(link.parent_park_id.value(), "park");
        EXPECT_EQ(link.child_id.value(), "copy");
        EXPECT_EQ(link.child_park_id.value(), "park_child");
        EXPECT_EQ(link.state, LinkState::reserved);
        EXPECT_FALSE(link.source_hash.has_value());
        EXPECT_FALSE(link.source_updated_ts.has_value());
        EXPECT_GE(link.created_at, before);
        EXPECT_LE(link.created_at, links().now());
    }
}

TEST_P(LinkStoreContract, KeepsTheChildThatWasReservedFirst) {
    reserve({new_link("car", "first")});
    const auto standing = reserve({new_link("car", "second", "elsewhere"), new_link("new car", "third")});
    ASSERT_EQ(standing.size(), 2U);
    for (const Link& link : standing) {
        EXPECT_EQ(link.child_id.value(), link.parent_id.value() == "car" ? "first" : "third");
    }
    EXPECT_EQ(find("car").child_id.value(), "first");
    EXPECT_EQ(find("car").parent_park_id.value(), "park");
}

TEST_P(LinkStoreContract, ReservingTwiceGivesTheSameLinks) {
    const std::vector wanted{new_link("a", "child_a"), new_link("b", "child_b")};
    const auto by_parent = [](const Link& left, const Link& right) { return left.parent_id < right.parent_id; };
    auto first = reserve(wanted);
    auto second = reserve(wanted);
    std::ranges::sort(first, by_parent);
    std::ranges::sort(second, by_parent);
    ASSERT_EQ(first.size(), 2U);
    ASSERT_EQ(second.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(first[i].child_id, second[i].child_id);
        EXPECT_EQ(first[i].created_at, second[i].created_at);
    }
}

TEST_P(LinkStoreContract, LeavesALinkedOrRetiredLinkAsItIsWhenItIsReservedAgain) {
    reserve_many(2);
    write({.synced = {synced("car0")}, .retired = {{domain::ParentId("car1")}}});
    const auto standing = reserve({new_link("car0", "x"), new_link("car1", "y")});
    ASSERT_EQ(standing.size(), 2U);
    for (const Link& link : standing) {
        EXPECT_EQ(link.state, link.parent_id.value() == "car0" ? LinkState::linked : LinkState::retired);
    }
    EXPECT_EQ(find("car0").source_hash, hash_of(7));
}

TEST_P(LinkStoreContract, GivesRivalsTheSameChildren) {
    constexpr int rivals = 4;
    constexpr int parents = 50;
    std::vector<std::map<std::string, std::string>> children(rivals);
    {
        std::vector<std::jthread> threads;
        for (int rival = 0; rival < rivals; ++rival) {
            threads.emplace_back([&, rival] {
                std::vector<NewLink> wanted;
                for (int i = 0; i < parents; ++i) {
                    // Each begins elsewhere, so that they meet in the middle.
                    const std::string parent = "car" + std::to_string((i + rival * 11) % parents);
                    wanted.push_back(new_link(parent, parent + "_by_" + std::to_string(rival)));
                }
                for (const Link& link : reserve(wanted)) {
                    children[static_cast<std::size_t>(rival)][link.parent_id.value()] = link.child_id.value();
                }
            });
        }
    }
    EXPECT_EQ(children[0].size(), static_cast<std::size_t>(parents));
    for (int rival = 1; rival < rivals; ++rival) {
        EXPECT_EQ(children[static_cast<std::size_t>(rival)], children[0]);
    }
}

TEST_P(LinkStoreContract, KeepsFamiliesAndEntitiesApart) {
    reserve({new_link("same", "of cars")});
    const std::vector of_drivers{new_link("same", "of drivers")};
    const std::vector of_other{new_link("same", "of other")};
    EXPECT_EQ(links().reserve(nullptr, entity("drivers"), vezet, of_drivers).at(0).child_id.value(), "of drivers");
    EXPECT_EQ(links().reserve(nullptr, cars, other_family, of_other).at(0).child_id.value(), "of other");
    EXPECT_EQ(find("same").child_id.value(), "of cars");
    const std::vector ids{domain::ParentId("same")};
    EXPECT_EQ(links().find_by_parent(cars, other_family, ids).at(0).child_id.value(), "of other");
    EXPECT_TRUE(links().find_by_parent(entity("work_rules"), vezet, ids).empty());
}

TEST_P(LinkStoreContract, FindsOnlyWhatExists) {
    reserve_many(2);
    const std::vector ids{domain::ParentId("car1"), domain::ParentId("nobody"), domain::ParentId("car1")};
    const auto found = links().find_by_parent(cars, vezet, ids);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().parent_id.value(), "car1");
    EXPECT_TRUE(links().find_by_parent(cars, vezet, {}).empty());
}

TEST_P(LinkStoreContract, TakesAnyNumberOfIds) {
    const auto ids = reserve_many(7'000);
    EXPECT_EQ(links().find_by_parent(cars, vezet, ids).size(), ids.size());
    BatchOutcome outcome;
    for (const auto& id : ids) {
        outcome.synced.push_back(synced(id.value()));
    }
    write(outcome);
    EXPECT_EQ(links().count_not_retired(cars, vezet, {}), ids.size());
}

TEST_P(LinkStoreContract, FindsAParentsChildrenInAllFamilies) {
    reserve({new_link("car", "in vezet"), new_link("another", "another's")});
    const std::vector of_other{new_link("car", "in other")};
    EXPECT_EQ(links().reserve(nullptr, cars, other_family, of_other).size(), 1U);
    const std::vector ids{domain::ParentId("car")};
    std::map<std::string, std::string> found;
    for (const auto& [family, link] : links().find_in_all_families(cars, ids)) {
        found[family] = link.child_id.value();
    }
    EXPECT_EQ(found, (std::map<std::string, std::string>{{"vezet", "in vezet"}, {"other", "in other"}}));
}

TEST_P(LinkStoreContract, FindsByChildWhateverTheFamily) {
    reserve({new_link("car", "in vezet")});
    const std::vector of_other{new_link("car", "in other")};
    EXPECT_EQ(links().reserve(nullptr, cars, other_family, of_other).size(), 1U);
    const std::vector ids{domain::ChildId("in other"), domain::ChildId("car")};
    const auto found = links().find_by_child(cars, ids);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().family, "other");
    EXPECT_EQ(found.front().link.parent_id.value(), "car");
}

TEST_P(LinkStoreContract, TakesTextOfEveryKind) {
    const std::vector<std::string> texts{"",     "O'Brien",  "a\"b\\c", "{1,2}", "NULL",
                                         "null", "a,b",      " blank ", "\n\t ", "Ижевск",
                                         "🚕",    "%s $1 :x", "\\x00",   "--;",   "{\"$oid\":1}"};
    std::vector<NewLink> wanted;
    std::vector<domain::ParentId> ids;
    std::vector<domain::ChildId> children;
    BatchOutcome outcome;
    for (const std::string& text : texts) {
        wanted.push_back(new_link(text, "child " + text, text));
        ids.emplace_back(text);
        children.emplace_back("child " + text);
        outcome.synced.push_back(synced(text, 9, text));
        outcome.quarantined.push_back({text, text, "bad_field:" + text});
    }
    ASSERT_EQ(reserve(wanted).size(), texts.size());
    write(outcome);
    const auto found = links().find_by_parent(cars, vezet, ids);
    ASSERT_EQ(found.size(), texts.size());
    for (const Link& link : found) {
        EXPECT_EQ(link.child_id.value(), "child " + link.parent_id.value());
        EXPECT_EQ(link.parent_park_id.value(), link.parent_id.value());
        EXPECT_EQ(link.source_hash, hash_of(9));
    }
    EXPECT_EQ(links().find_by_child(cars, children).size(), texts.size());
    auto aside = links().quarantined_among(cars, vezet, texts);
    auto expected = texts;
    std::ranges::sort(aside);
    std::ranges::sort(expected);
    EXPECT_EQ(aside, expected);
    for (const QuarantineEntry& entry : quarantine().list({})) {
        EXPECT_EQ(entry.parent.reason, "bad_field:" + entry.parent.parent_id);
        EXPECT_EQ(entry.parent.parent_park_id, entry.parent.parent_id);
    }
}

TEST_P(LinkStoreContract, ListsAllLinksPageByPageInOrder) {
    reserve({new_link("b", "1"), new_link("B", "2"), new_link("a-1", "3"), new_link("a", "4"), new_link("_", "5"),
             new_link("a 1", "6"), new_link("é", "7"), new_link("10", "8"), new_link("9", "9")});
    std::vector<std::string> walked;
    LinkStore::Page page{.after = std::nullopt, .parent_park_ids = {}, .limit = 2};
    for (auto found = links().list(cars, vezet, page); !found.empty(); found = links().list(cars, vezet, page)) {
        ASSERT_LE(found.size(), 2U);
        ASSERT_LE(walked.size(), 9U);
        for (const Link& link : found) {
            walked.push_back(link.parent_id.value());
        }
        page.after = found.back().parent_id;
    }
    EXPECT_EQ(walked, (std::vector<std::string>{"10", "9", "B", "_", "a", "a 1", "a-1", "b", "é"}));
}

TEST_P(LinkStoreContract, ListsAndCountsByPark) {
    reserve_many(3, "a", "park_a");
    reserve_many(2, "b", "park_b");
    reserve_many(1, "c", "park_c");
    write({.synced = {synced("a0", 1, "park_a"), synced("a1", 1, "park_a"), synced("b0", 1, "park_b"),
                      synced("c0", 1, "park_c")}});
    write({.retired = {{domain::ParentId("a1")}}});
    const std::vector parks{domain::ParentParkId("park_a"), domain::ParentParkId("park_b")};
    EXPECT_EQ(links().list(cars, vezet, {.after = std::nullopt, .parent_park_ids = parks}).size(), 5U);
    EXPECT_EQ(links().count_not_retired(cars, vezet, parks), 4U);
    EXPECT_EQ(links().count_not_retired(cars, vezet, {}), 5U);
    EXPECT_EQ(links().count_not_retired(cars, other_family, {}), 0U);
}

TEST_P(LinkStoreContract, TakesTheHashAwayBeforeAWriteAndBringsItAfterwards) {
    reserve_many(2);
    write({.synced = {synced("car0"), synced("car1")}});
    EXPECT_EQ(find("car0").source_hash, hash_of(7));
    EXPECT_EQ(find("car0").source_updated_ts, Time(std::chrono::microseconds(1'700'000'000'000'003)));
    const std::vector begun{domain::ParentId("car0"), domain::ParentId("nobody")};
    const BegunWrite write_begun = links().begin_write(nullptr, cars, vezet, begun);
    ASSERT_EQ(write_begun.taken.size(), 1U);
    EXPECT_EQ(write_begun.taken.front().hash, hash_of(7));
    EXPECT_FALSE(find("car0").source_hash.has_value());
    EXPECT_EQ(find("car0").state, LinkState::linked);
    EXPECT_TRUE(find("car1").source_hash.has_value());
    record({.synced = {with_token(synced("car0", 8, "new_park"), write_begun.token)}});
    EXPECT_EQ(find("car0").source_hash, hash_of(8));
    EXPECT_EQ(find("car0").parent_park_id.value(), "new_park");
    EXPECT_EQ(find("car0").child_park_id.value(), "new_park_child");
    EXPECT_EQ(find("car0").child_id.value(), "child_car0");
}

TEST_P(LinkStoreContract, WhoBeganLastHasTheSay) {
    reserve_many(3);
    write({.synced = {synced("car0"), synced("car1"), synced("car2")}});
    const std::vector all{domain::ParentId("car0"), domain::ParentId("car1"), domain::ParentId("car2")};
    const std::vector some{domain::ParentId("car0"), domain::ParentId("car1")};
    const BegunWrite slow = links().begin_write(nullptr, cars, vezet, all);
    EXPECT_TRUE(slow.contended.empty());
    EXPECT_EQ(slow.taken.size(), 3U);
    const BegunWrite fast = links().begin_write(nullptr, cars, vezet, some);
    EXPECT_NE(fast.token, slow.token);
    EXPECT_TRUE(fast.taken.empty());
    EXPECT_EQ(std::set(fast.contended.begin(), fast.contended.end()), std::set(some.begin(), some.end()));

    record({.synced = {with_token(synced("car0", 2, "fast"), fast.token)}});
    record({.synced = {with_token(synced("car0", 1, "slow"), slow.token), with_token(synced("car1", 1), slow.token),
                       with_token(synced("car2", 1), slow.token)}});
    EXPECT_EQ(find("car0").source_hash, hash_of(2));
    EXPECT_EQ(find("car0").parent_park_id.value(), "fast");
    EXPECT_FALSE(find("car1").source_hash.has_value());
    EXPECT_EQ(find("car2").source_hash, hash_of(1));
    record({.retired = {{domain::ParentId("car1"), slow.token}, {domain::ParentId("car0"), slow.token}}});
    EXPECT_EQ(find("car0").state, LinkState::linked);
    EXPECT_EQ(find("car1").state, LinkState::linked);
    record({.retired = {{domain::ParentId("car1"), fast.token}}});
    EXPECT_EQ(find("car1").state, LinkState::retired);
}

TEST_P(LinkStoreContract, AWriteIsOpenUntilItIsCommitted) {
    reserve_many(1);
    write({.synced = {synced("car0")}});
    const std::vector ids{domain::ParentId("car0")};
    const std::int64_t first = begin("car0");
    EXPECT_EQ(links().begin_write(nullptr, cars, vezet, ids).contended.size(), 1U);
    const BegunWrite last = links().begin_write(nullptr, cars, vezet, ids);
    EXPECT_EQ(last.contended.size(), 1U);
    record({.synced = {with_token(synced("car0"), first)}});
    EXPECT_FALSE(find("car0").source_hash.has_value());
    record({.synced = {with_token(synced("car0"), last.token)}});
    record({.synced = {with_token(synced("car0", 9), last.token)}});
    EXPECT_EQ(find("car0").source_hash, hash_of(7));
    EXPECT_TRUE(links().begin_write(nullptr, cars, vezet, ids).contended.empty());
}

TEST_P(LinkStoreContract, AFreshInsertHasNoSayOnceSomebodyElseHadIt) {
    reserve_many(3);
    // Finished by somebody else; begun by somebody else; nobody else was there.
    write({.synced = {synced("car0", 2)}});
    const std::int64_t other = begin("car1");
    record({.synced = {synced("car0", 1), synced("car1", 1), synced("car2", 1)}});
    EXPECT_EQ(find("car0").source_hash, hash_of(2));
    EXPECT_EQ(find("car1").state, LinkState::linked);
    EXPECT_FALSE(find("car1").source_hash.has_value());
    EXPECT_EQ(find("car2").source_hash, hash_of(1));
    record({.synced = {with_token(synced("car1", 3), other)}});
    EXPECT_EQ(find("car1").source_hash, hash_of(3));
}

TEST_P(LinkStoreContract, ALinkIsNoLongerReservedWhoeverHasTheSay) {
    reserve_many(1);
    const std::int64_t first = begin("car0");
    const std::int64_t second = begin("car0");
    record({.synced = {with_token(synced("car0"), first)}});
    EXPECT_EQ(find("car0").state, LinkState::linked);
    EXPECT_FALSE(find("car0").source_hash.has_value());
    record({.synced = {with_token(synced("car0"), second)}});
    EXPECT_EQ(find("car0").source_hash, hash_of(7));
}

TEST_P(LinkStoreContract, TellsWhichWritesOthersHaveTakenOver) {
    reserve_many(5);
    const std::int64_t early = begin("car0");
    static_cast<void>(begin("car0"));
    const std::int64_t own = begin("car1");
    write({.synced = {synced("car2")}});
    static_cast<void>(begin("car3"));
    const std::vector<OwnWrite> writes{{domain::ParentId("car0"), early},
                                       {domain::ParentId("car1"), own},
                                       {domain::ParentId("car2"), std::nullopt},
                                       {domain::ParentId("car3"), std::nullopt},
                                       {domain::ParentId("car4"), std::nullopt}};
    auto taken_over = links().taken_over_among(nullptr, cars, vezet, writes);
    std::ranges::sort(taken_over);
    EXPECT_EQ(taken_over, (std::vector{domain::ParentId("car0"), domain::ParentId("car2")}));
    EXPECT_TRUE(links().taken_over_among(nullptr, cars, vezet, {}).empty());
    const Lease lost = lost_lease();
    EXPECT_THROW((void)links().taken_over_among(&lost, cars, vezet, writes), LeaseLost);
}

/// Links of drivers, whose profiles a write may have placed before it is recorded.
class LinksOfDrivers : public LinkStoreContract {
protected:
    LinksOfDrivers() {
        static_cast<void>(links().reserve(
            nullptr, drivers, vezet,
            std::vector{new_link("ann", "child_ann"), new_link("bob", "child_bob"), new_link("cid", "child_cid")}));
    }
    std::int64_t begin_drivers(const std::vector<domain::ParentId>& ids) {
        return links().begin_write(nullptr, drivers, vezet, ids).token;
    }
    void record_drivers(const std::vector<SyncedLink>& written, SyncedLinks which = SyncedLinks::all) {
        links().record_outcome(nullptr, drivers, vezet, which, {.synced = written});
    }
    Link driver(const std::string& parent) {
        return links().find_by_parent(drivers, vezet, std::vector{domain::ParentId(parent)}).at(0);
    }
    std::set<std::string> backfills() {
        std::set<std::string> parks;
        for (const Backfill& backfill : links().pending_backfills(drivers, vezet, 10)) {
            parks.insert(backfill.parent_park_id.value());
        }
        return parks;
    }

    const Entity& drivers = entity("drivers");
    const domain::ParentId ann{"ann"};
    const domain::ParentId bob{"bob"};
    const domain::ParentId cid{"cid"};
};

TEST_P(LinksOfDrivers, NobodyVouchesForADriverWhomALateWriteMayHaveMisplaced) {
    record_drivers({synced("ann"), synced("bob"), synced("cid")});
    const std::int64_t late = begin_drivers({ann, bob, cid});
    const std::int64_t last = begin_drivers({ann, bob});
    record_drivers({with_token(synced("ann", 2, "another"), last)});
    EXPECT_TRUE(backfills().empty());
    const std::vector written{with_token(synced("ann", 1), late), with_token(synced("bob", 1), late),
                              with_token(synced("cid", 1), late)};
    record_drivers(written);
    EXPECT_EQ(driver("ann").source_hash, std::nullopt) << "finished before";
    EXPECT_EQ(driver("ann").parent_park_id.value(), "another");
    EXPECT_EQ(driver("bob").source_hash, std::nullopt);
    EXPECT_EQ(driver("cid").source_hash, hash_of(1)) << "nobody else has written it";
    EXPECT_EQ(backfills(), (std::set<std::string>{"another", "park"}));
    record_drivers({with_token(synced("bob", 2), last)});
    EXPECT_EQ(driver("bob").source_hash, std::nullopt) << "finished afterwards, and perhaps placed before";
    record_drivers(written);
    EXPECT_EQ(driver("cid").source_hash, hash_of(1)) << "recorded twice";

    const std::int64_t again = begin_drivers({ann, bob});
    record_drivers({with_token(synced("ann", 3, "another"), again), with_token(synced("bob", 3), again)});
    EXPECT_EQ(driver("ann").source_hash, hash_of(3));
    EXPECT_EQ(driver("bob").source_hash, hash_of(3));
}

TEST_P(LinksOfDrivers, NobodyVouchesForADriverWhoCameBackAndMayBeMisplaced) {
    record_drivers({synced("ann")});
    links().record_outcome(nullptr, drivers, vezet, SyncedLinks::all, {.retired = {{ann, begin_drivers({ann})}}});
    ASSERT_EQ(driver("ann").state, LinkState::retired);
    const std::int64_t late = begin_drivers({ann});
    const std::int64_t last = begin_drivers({ann});
    record_drivers({with_token(synced("ann", 1), late)});
    record_drivers({with_token(synced("ann", 2), last)});
    EXPECT_EQ(driver("ann").source_hash, std::nullopt);
    EXPECT_EQ(backfills(), std::set<std::string>{"park"});
}

TEST_P(LinksOfDrivers, NobodyVouchesForADriverWhoWasMadeOnDemandMeanwhile) {
    record_drivers({with_token(synced("ann", 2), begin_drivers({ann}))});
    const std::int64_t begun = begin_drivers({bob});
    std::vector<SyncedLink> made{synced("ann"), synced("bob"), synced("cid")};
    for (SyncedLink& link : made) {
        link.source_hash.reset();
        link.is_as_reserved = true;
    }
    record_drivers(made, SyncedLinks::reserved_only);
    EXPECT_EQ(driver("ann").source_hash, std::nullopt);
    EXPECT_EQ(backfills(), std::set<std::string>{"park"});
    record_drivers({with_token(synced("bob", 2), begun)});
    EXPECT_EQ(driver("bob").state, LinkState::linked);
    EXPECT_EQ(driver("bob").source_hash, std::nullopt);
    EXPECT_EQ(driver("cid").state, LinkState::linked);
}

TEST_P(LinksOfDrivers, ADriverWhomNobodyElseHasWrittenIsNotLookedAtAgain) {
    record_drivers({synced("ann"), with_token(synced("bob", 2), begin_drivers({bob}))});
    SyncedLink made = synced("cid");
    made.source_hash.reset();
    record_drivers({made}, SyncedLinks::reserved_only);
    record_drivers({made}, SyncedLinks::reserved_only);
    EXPECT_EQ(driver("ann").source_hash, hash_of(7));
    EXPECT_EQ(driver("bob").source_hash, hash_of(2));
    EXPECT_TRUE(backfills().empty());
}

TEST_P(LinkStoreContract, RecordsLinksAsTheyWereReservedUnlessSomebodyElseHasHadThem) {
    reserve_many(4);
    const std::int64_t open = begin("car1");
    write({.synced = {synced("car2", 9, "another")}});
    BatchOutcome outcome;
    for (const char* parent : {"car0", "car1", "car2", "car3"}) {
        outcome.synced.push_back(synced(parent));
        outcome.synced.back().is_as_reserved = true;
    }
    record(outcome);
    for (const char* parent : {"car0", "car3"}) {
        EXPECT_EQ(find(parent).state, LinkState::linked);
        EXPECT_EQ(find(parent).source_hash, hash_of(7));
        EXPECT_EQ(find(parent).source_updated_ts, synced(parent).source_updated_ts);
    }
    EXPECT_EQ(find("car1").state, LinkState::linked) << "its child exists";
    EXPECT_EQ(find("car1").source_hash, std::nullopt) << "of which another write decides";
    EXPECT_EQ(find("car2").source_hash, hash_of(9)) << "somebody else has finished it";
    EXPECT_EQ(find("car2").parent_park_id.value(), "another");
    record({.synced = {with_token(synced("car1", 5), open)}});
    EXPECT_EQ(find("car1").source_hash, hash_of(5));
}

TEST_P(LinkStoreContract, WhoCreatesOnDemandRecordsLinksAsTheyWereReserved) {
    reserve_many(2);
    write({.synced = {synced("car1", 9)}});
    BatchOutcome outcome{.synced = {synced("car0"), synced("car1")}};
    for (SyncedLink& link : outcome.synced) {
        link.is_as_reserved = true;
        link.source_hash.reset();
    }
    record(outcome, SyncedLinks::reserved_only);
    EXPECT_EQ(find("car0").state, LinkState::linked);
    EXPECT_EQ(find("car0").source_hash, std::nullopt);
    EXPECT_EQ(find("car1").source_hash, hash_of(9));
}

TEST_P(LinkStoreContract, KeepsNoHashWhereNoneIsGiven) {
    reserve_many(1);
    write({.synced = {synced("car0")}});
    auto without = synced("car0");
    without.source_hash.reset();
    without.source_updated_ts.reset();
    write({.synced = {without}});
    EXPECT_FALSE(find("car0").source_hash.has_value());
    EXPECT_FALSE(find("car0").source_updated_ts.has_value());
    EXPECT_EQ(find("car0").state, LinkState::linked);
}

TEST_P(LinkStoreContract, SaysWhenALinkWasSynced) {
    reserve_many(1);
    const Time created = find("car0").created_at;
    let_time_pass(std::chrono::milliseconds(5));
    const Time before = links().now();
    write({.synced = {synced("car0")}});
    EXPECT_GE(find("car0").synced_at, before);
    EXPECT_EQ(find("car0").created_at, created);
}

TEST_P(LinkStoreContract, WhoCreatesOnDemandChangesOnlyReservedLinks) {
    reserve_many(2);
    write({.synced = {synced("car0", 1)}});
    record({.synced = {synced("car0", 2, "elsewhere"), synced("car1", 2)}}, SyncedLinks::reserved_only);
    EXPECT_EQ(find("car0").source_hash, hash_of(1));
    EXPECT_EQ(find("car0").parent_park_id.value(), "park");
    EXPECT_EQ(find("car1").state, LinkState::linked);
    EXPECT_EQ(find("car1").source_hash, hash_of(2));
}

TEST_P(LinkStoreContract, RetiresALinkAndBringsItBack) {
    reserve_many(1);
    write({.synced = {synced("car0")}});
    write({.retired = {{domain::ParentId("car0")}}});
    EXPECT_EQ(find("car0").state, LinkState::retired);
    EXPECT_EQ(links().count_not_retired(cars, vezet, {}), 0U);
    write({.synced = {synced("car0", 3)}});
    EXPECT_EQ(find("car0").state, LinkState::linked);
    EXPECT_EQ(find("car0").source_hash, hash_of(3));
}

TEST_P(LinkStoreContract, KnownEntriesOfTheQuarantineKeepTheirBeginning) {
    put_aside("car", "too_large");
    const auto first = quarantine().list({}).at(0);
    EXPECT_EQ(first.entity, "cars");
    EXPECT_EQ(first.family, "vezet");
    EXPECT_EQ(first.parent, (Quarantined{"car", "park", "too_large"}));
    let_time_pass(std::chrono::milliseconds(5));
    const Time before = links().now();
    put_aside("car", "write_refused", "other_park");
    const auto entries = quarantine().list({});
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].id, first.id);
    EXPECT_EQ(entries[0].since, first.since);
    EXPECT_GE(entries[0].last_try_at, before);
    EXPECT_EQ(entries[0].parent, (Quarantined{"car", "other_park", "write_refused"}));
}

TEST_P(LinkStoreContract, TellsWhoIsInQuarantineAndLetsThemOut) {
    put_aside("a", "bad_id");
    put_aside("b", "bad_id");
    links().record_outcome(nullptr, entity("drivers"), vezet, SyncedLinks::all, {.quarantined = {{"c", "", "bad_id"}}});
    const std::vector<std::string> asked{"b", "a", "c", "d"};
    EXPECT_EQ(links().quarantined_among(cars, vezet, asked).size(), 2U);
    EXPECT_EQ(links().count_quarantined(cars, vezet), 2U);
    EXPECT_EQ(links().count_quarantined(cars, other_family), 0U);
    record({.released = {"a", "never in"}});
    EXPECT_EQ(links().quarantined_among(cars, vezet, asked), std::vector<std::string>{"b"});
    EXPECT_EQ(links().count_quarantined(entity("drivers"), vezet), 1U);
}

TEST_P(LinkStoreContract, KeepsBackfillsUntilTheyAreDone) {
    request_backfills({backfill_of("cars", "b"), backfill_of("work_rules", "b")});
    let_time_pass(std::chrono::milliseconds(5));
    request_backfills({backfill_of("cars", "a")});
    EXPECT_EQ(parks_to_backfill(), (std::vector<std::string>{"b", "a"}));
    EXPECT_EQ(links().pending_backfills(cars, vezet, 1).size(), 1U);
    EXPECT_EQ(links().pending_backfills(cars, vezet, 1).at(0).parent_park_id.value(), "b");
    EXPECT_TRUE(links().pending_backfills(cars, other_family, 10).empty());
    EXPECT_TRUE(links().pending_backfills(park_entity(), vezet, 10).empty());
    record({.backfills_done = links().pending_backfills(cars, vezet, 1)});
    EXPECT_EQ(parks_to_backfill(), std::vector<std::string>{"a"});
    EXPECT_EQ(links().pending_backfills(entity("work_rules"), vezet, 10).size(), 1U);
}

TEST_P(LinkStoreContract, ABackfillAskedForAgainIsStillOneBackfill) {
    request_backfills({backfill_of("cars", "a")});
    request_backfills({backfill_of("cars", "a"), backfill_of("cars", "a")});
    EXPECT_EQ(parks_to_backfill(), std::vector<std::string>{"a"});
    record({.backfills_done = links().pending_backfills(cars, vezet, 10)});
    EXPECT_TRUE(parks_to_backfill().empty());
}

TEST_P(LinkStoreContract, ABackfillAskedForWhileItWasBeingDoneStays) {
    request_backfills({backfill_of("cars", "a")});
    const auto begun = links().pending_backfills(cars, vezet, 10);
    request_backfills({backfill_of("cars", "a")});
    record({.backfills_done = begun});
    EXPECT_EQ(parks_to_backfill(), std::vector<std::string>{"a"});
    record({.backfills_done = links().pending_backfills(cars, vezet, 10)});
    EXPECT_TRUE(parks_to_backfill().empty());
    record({.backfills_done = begun});
}

TEST_P(LinkStoreContract, HasNoCursorAtFirst) {
    EXPECT_EQ(links().cursor(cars, vezet), std::nullopt);
    record({.quarantined = {{"a", "", "bad_id"}}});
    EXPECT_EQ(links().cursor(cars, vezet), std::nullopt);
}

TEST_P(LinkStoreContract, NeverMovesACursorBack) {
    const Cursor first = cursor_at(bson::Timestamp{100, 7}, 5'000, "one");
    record({.cursor = first});
    EXPECT_EQ(links().cursor(cars, vezet), first);
    record({.cursor = cursor_at(bson::Timestamp{100, 6}, 6'000, "two")});
    EXPECT_EQ(links().cursor(cars, vezet), cursor_at(bson::Timestamp{100, 7}, 6'000, "two"));
    record({.cursor = cursor_at(bson::Timestamp{101, 0}, -1, "")});
    EXPECT_EQ(links().cursor(cars, vezet), cursor_at(bson::Timestamp{101, 0}, 6'000, ""));
    record({.cursor = Cursor{}});
    EXPECT_EQ(links().cursor(cars, vezet), cursor_at(bson::Timestamp{101, 0}, 6'000, ""));
    EXPECT_EQ(links().cursor(cars, other_family), std::nullopt);
    EXPECT_EQ(links().cursor(entity("drivers"), vezet), std::nullopt);
}

TEST_P(LinkStoreContract, KeepsCursorsOfTheWholeRange) {
    using Date = std::numeric_limits<std::int64_t>;
    const Cursor greatest = cursor_at(bson::Timestamp{0xffffffff, 0xffffffff}, Date::max(), "");
    const Cursor least = cursor_at(std::nullopt, Date::min(), "");
    record({.cursor = greatest});
    EXPECT_EQ(links().cursor(cars, vezet), greatest);
    links().record_outcome(nullptr, entity("drivers"), vezet, SyncedLinks::all, {.cursor = least});
    EXPECT_EQ(links().cursor(entity("drivers"), vezet), least);
}

TEST_P(LinkStoreContract, LetsTheHolderOfTheLeaseWrite) {
    const Lease lease = current_lease();
    const std::vector wanted{new_link("car", "copy")};
    const std::vector ids{domain::ParentId("car")};
    EXPECT_EQ(links().reserve(&lease, cars, vezet, wanted).size(), 1U);
    const BegunWrite begun = links().begin_write(&lease, cars, vezet, ids);
    BatchOutcome done{.synced = {synced("car")}};
    done.synced.front().write_token = begun.token;
    record(done, SyncedLinks::all, &lease);
    EXPECT_EQ(find("car").state, LinkState::linked);
}

TEST_P(LinkStoreContract, ChangesNothingForWhoLostTheLease) {
    reserve_many(3);
    record({.synced = {synced("car0"), synced("car2")},
            .quarantined = {{"aside", "", "bad_id"}},
            .backfills_requested = {backfill_of("cars", "todo")},
            .cursor = cursor_at(bson::Timestamp{1, 1}, 1, "old")});
    const Lease lost = lost_lease();

    const std::vector wanted{new_link("new", "child_new")};
    const std::vector ids{domain::ParentId("car0"), domain::ParentId("new")};
    EXPECT_THROW((void)links().reserve(&lost, cars, vezet, wanted), LeaseLost);
    EXPECT_THROW((void)links().begin_write(&lost, cars, vezet, ids), LeaseLost);
    const BatchOutcome much{.synced = {synced("car1")},
                            .retired = {{domain::ParentId("car2"), begin("car2")}},
                            .quarantined = {{"another", "", "bad_id"}},
                            .released = {"aside"},
                            .backfills_requested = {backfill_of("cars", "more")},
                            .backfills_done = links().pending_backfills(cars, vezet, 10),
                            .cursor = cursor_at(bson::Timestamp{9, 9}, 9, "new")};
    EXPECT_THROW(record(much, SyncedLinks::all, &lost), LeaseLost);
    // An empty outcome shows the lease, too.
    EXPECT_THROW(record({}, SyncedLinks::all, &lost), LeaseLost);

    EXPECT_EQ(links().find_by_parent(cars, vezet, ids).size(), 1U);
    EXPECT_EQ(find("car0").state, LinkState::linked);
    EXPECT_EQ(find("car0").source_hash, hash_of(7));
    EXPECT_EQ(find("car1").state, LinkState::reserved);
    EXPECT_EQ(find("car2").state, LinkState::linked);
    const std::vector<std::string> asked{"aside", "another"};
    EXPECT_EQ(links().quarantined_among(cars, vezet, asked), std::vector<std::string>{"aside"});
    EXPECT_EQ(parks_to_backfill(), std::vector<std::string>{"todo"});
    EXPECT_EQ(links().cursor(cars, vezet), cursor_at(bson::Timestamp{1, 1}, 1, "old"));
}

TEST_P(LinkStoreContract, OneHolderAtATime) {
    const auto first = leases().acquire("cars", "vezet", "first", long_lifetime);
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->job, "cars");
    EXPECT_EQ(first->family, "vezet");
    EXPECT_EQ(leases().acquire("cars", "vezet", "second", long_lifetime), std::nullopt);
    EXPECT_TRUE(leases().acquire("drivers", "vezet", "second", long_lifetime).has_value());
    EXPECT_TRUE(leases().acquire("cars", "other", "second", long_lifetime).has_value());
    EXPECT_TRUE(leases().renew(*first, long_lifetime));
}

TEST_P(LinkStoreContract, AHolderDoesNotGetALeaseThatItHoldsAlready) {
    const Lease first = current_lease();
    EXPECT_EQ(leases().acquire("cars", "vezet", "first", long_lifetime), std::nullopt);
    EXPECT_TRUE(leases().renew(first, long_lifetime));
}

TEST_P(LinkStoreContract, OfManyWhoAskAtOnceOneGetsTheLease) {
    std::vector<int> got(8, 0);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < got.size(); ++i) {
            threads.emplace_back([&, i] {
                got[i] = leases().acquire("cars", "vezet", "holder " + std::to_string(i), long_lifetime) ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(std::ranges::count(got, 1), 1);
}

TEST_P(LinkStoreContract, AReleasedLeaseGoesToTheNextWithAGreaterToken) {
    const auto first = leases().acquire("cars", "vezet", "first", long_lifetime);
    leases().release(first.value());
    leases().release(first.value());
    const auto second = leases().acquire("cars", "vezet", "second", long_lifetime);
    ASSERT_TRUE(second.has_value());
    EXPECT_GT(second->token, first->token);
    EXPECT_FALSE(leases().renew(*first, long_lifetime));
    leases().release(*first);
    EXPECT_EQ(leases().acquire("cars", "vezet", "third", long_lifetime), std::nullopt);
    EXPECT_TRUE(leases().renew(*second, long_lifetime));
}

TEST_P(LinkStoreContract, ALapsedLeaseGoesToTheNextWithAGreaterToken) {
    const auto first = leases().acquire("cars", "vezet", "first", std::chrono::milliseconds(50));
    ASSERT_TRUE(first.has_value());
    const auto second = acquire_when_lapsed("second");
    ASSERT_TRUE(second.has_value());
    EXPECT_GT(second->token, first->token);
    EXPECT_FALSE(leases().renew(*first, long_lifetime));
    EXPECT_EQ(leases().acquire("cars", "vezet", "third", long_lifetime), std::nullopt);
}

TEST_P(LinkStoreContract, ALapsedLeaseCanBeRenewedUntilItIsTakenOver) {
    constexpr std::chrono::milliseconds none{0};
    const Lease lapsed = leases().acquire("cars", "vezet", "first", none).value();
    EXPECT_TRUE(leases().renew(lapsed, long_lifetime));
    EXPECT_EQ(leases().acquire("cars", "vezet", "second", long_lifetime), std::nullopt);
    EXPECT_TRUE(leases().renew(lapsed, none));
    ASSERT_TRUE(leases().acquire("cars", "vezet", "second", long_lifetime).has_value());
    EXPECT_FALSE(leases().renew(lapsed, long_lifetime));
}

TEST_P(LinkStoreContract, TheFirstRoundIsDueAnIntervalAfterTheFirstLook) {
    constexpr std::chrono::hours long_time{24};
    EXPECT_EQ(rounds().current("cars", vezet, 2, long_time), std::nullopt);
    EXPECT_EQ(rounds().current("cars", vezet, 2, long_time), std::nullopt);
    EXPECT_EQ(rounds().last_finished("cars", vezet), std::nullopt);
    let_time_pass(std::chrono::milliseconds(1));
    const auto round = rounds().current("cars", vezet, 2, std::chrono::milliseconds(0));
    ASSERT_TRUE(round.has_value());
    EXPECT_EQ(round->job, "cars");
    EXPECT_EQ(round->family, "vezet");
    EXPECT_EQ(round->shard_count, 2U);
    EXPECT_FALSE(round->finished_at.has_value());
    EXPECT_EQ(rounds().current("cars", other_family, 2, std::chrono::milliseconds(0)), std::nullopt);
}

TEST_P(LinkStoreContract, ARoundKeepsItsShardsUntilAllAreDone) {
    const FullRound round = begin_round(3);
    // Another replica has other settings.
    const auto seen = rounds().current("cars", vezet, 5, std::chrono::milliseconds(0));
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->number, round.number);
    EXPECT_EQ(seen->shard_count, 3U);
    for (const std::uint32_t index : {2U, 0U, 1U}) {
        EXPECT_EQ(rounds().last_finished("cars", vezet), std::nullopt);
        const Lease lease = lease_of_shard(round, index);
        EXPECT_TRUE(rounds().begin(lease, round, index, "somebody"));
        EXPECT_EQ(rounds().shards(round).at(index).state, ShardState::running);
        EXPECT_EQ(rounds().shards(round).at(index).holder, "somebody");
        EXPECT_EQ(rounds().finish(lease, round, index,
                                  {.read = 10 + index, .created = 1, .updated = 2, .unchanged = 3, .retired = 4}),
                  index == 1);
        EXPECT_FALSE(rounds().begin(lease, round, index, "another"));
    }
    const auto shards = rounds().shards(round);
    ASSERT_EQ(shards.size(), 3U);
    for (std::uint32_t index = 0; index < 3; ++index) {
        EXPECT_EQ(shards[index].index, index);
        EXPECT_EQ(shards[index].state, ShardState::done);
        EXPECT_EQ(shards[index].attempts, 1);
        EXPECT_EQ(shards[index].counts,
                  (RunCounts{.read = 10 + index, .created = 1, .updated = 2, .unchanged = 3, .retired = 4}));
    }
    const auto finished = rounds().last_finished("cars", vezet);
    ASSERT_TRUE(finished.has_value());
    EXPECT_EQ(finished->number, round.number);
    EXPECT_EQ(finished->began_at, round.began_at);
    EXPECT_GE(finished->finished_at.value(), round.began_at);
    EXPECT_EQ(rounds().current("cars", vezet, 3, std::chrono::hours(24)), std::nullopt);
    EXPECT_GT(begin_round(5).number, round.number);
    EXPECT_EQ(rounds().last_finished("cars", vezet)->number, round.number);
}

TEST_P(LinkStoreContract, AShardWhoseHolderDiedIsBegunAgain) {
    const FullRound round = begin_round(2);
    const Lease dead = lease_of_shard(round, 0);
    EXPECT_TRUE(rounds().begin(dead, round, 0, "the dead"));
    leases().release(dead);
    const Lease heir = lease_of_shard(round, 0);
    EXPECT_TRUE(rounds().begin(heir, round, 0, "the heir"));
    EXPECT_EQ(rounds().shards(round).at(0).attempts, 2);
    EXPECT_THROW((void)rounds().begin(dead, round, 0, "the dead"), LeaseLost);
    EXPECT_THROW((void)rounds().grant_retirements(dead, round, 0, 1, 10), LeaseLost);
    EXPECT_THROW(rounds().finish(dead, round, 0, {}), LeaseLost);
    EXPECT_EQ(rounds().shards(round).at(0).state, ShardState::running);
    EXPECT_FALSE(rounds().finish(heir, round, 0, {}));
}

TEST_P(LinkStoreContract, TheShardsOfARoundShareOneBudgetOfRetirements) {
    const FullRound round = begin_round(2);
    const Lease first = lease_of_shard(round, 0);
    const Lease second = lease_of_shard(round, 1);
    EXPECT_EQ(rounds().grant_retirements(first, round, 0, 7, 20), 7U);
    EXPECT_EQ(rounds().grant_retirements(second, round, 1, 9, 1'000), 9U);
    EXPECT_EQ(rounds().grant_retirements(first, round, 0, 9, 1'000), 4U);
    EXPECT_EQ(rounds().grant_retirements(second, round, 1, 1, 1'000), 0U);
    rounds().finish(first, round, 0, {});
    rounds().finish(second, round, 1, {});
    EXPECT_EQ(rounds().grant_retirements(second, round, 1, 1, 1'000), 0U);
    const FullRound next = begin_round(2);
    EXPECT_EQ(rounds().grant_retirements(first, next, 0, 3, 2), 2U);
}

TEST_P(LinkStoreContract, OfManyWhoFinishTheLastShardsAtOnceOneEndsTheRound) {
    constexpr std::uint32_t count = 6;
    const FullRound round = begin_round(count);
    std::vector<Lease> held;
    for (std::uint32_t index = 0; index < count; ++index) {
        held.push_back(lease_of_shard(round, index));
    }
    std::vector<int> ended(count, 0);
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t index = 0; index < count; ++index) {
            threads.emplace_back([&, index] { ended[index] = rounds().finish(held[index], round, index, {}) ? 1 : 0; });
        }
    }
    EXPECT_EQ(std::ranges::count(ended, 1), 1);
    EXPECT_TRUE(rounds().last_finished("cars", vezet).has_value());
}

TEST_P(LinkStoreContract, ListsTheQuarantineByWhatIsAskedFor) {
    put_aside("a", "bad_id", "park_a");
    put_aside("b", "too_large", "park_b");
    links().record_outcome(nullptr, entity("drivers"), other_family, SyncedLinks::all,
                           {.quarantined = {{"c", "park_a", "write_refused"}}});
    const auto ids = [&](const QuarantineFilter& filter) {
        std::vector<std::string> found;
        for (const QuarantineEntry& entry : quarantine().list(filter)) {
            found.push_back(entry.parent.parent_id);
        }
        return found;
    };
    using Ids = std::vector<std::string>;
    EXPECT_EQ(ids({}), (Ids{"a", "b", "c"}));
    EXPECT_EQ(ids({.entity = "cars"}), (Ids{"a", "b"}));
    EXPECT_EQ(ids({.family = "other"}), (Ids{"c"}));
    EXPECT_EQ(ids({.parent_park_id = "park_a"}), (Ids{"a", "c"}));
    EXPECT_EQ(ids({.entity = "cars", .parent_park_id = "park_b"}), (Ids{"b"}));
    EXPECT_EQ(ids({.limit = 2}), (Ids{"a", "b"}));
    const auto all = quarantine().list({});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(ids({.after_id = all[0].id}), (Ids{"b", "c"}));
    EXPECT_EQ(ids({.ids = {all[2].id, all[0].id}}), (Ids{"a", "c"}));
}

TEST_P(LinkStoreContract, ListsThoseThatWereNotTriedOfLate) {
    put_aside("early", "bad_id");
    const Time tried = quarantine().list({}).at(0).last_try_at;
    EXPECT_TRUE(quarantine().list({.tried_before = tried}).empty());
    EXPECT_EQ(quarantine().list({.tried_before = tried + std::chrono::microseconds(1)}).size(), 1U);
}

TEST_P(LinkStoreContract, DropsEntriesOfTheQuarantine) {
    put_aside("a", "bad_id");
    put_aside("b", "bad_id");
    const auto all = quarantine().list({});
    EXPECT_EQ(quarantine().drop({all.at(0).id, all.at(0).id + all.at(1).id + 1000}), 1U);
    EXPECT_EQ(quarantine().drop({}), 0U);
    const std::vector<std::string> asked{"a", "b"};
    EXPECT_EQ(links().quarantined_among(cars, vezet, asked), std::vector<std::string>{"b"});
}

TEST_P(LinkStoreContract, KeepsLinksRetiredUntilThatIsTakenBack) {
    const auto ids = reserve_many(2);
    EXPECT_FALSE(find("car0").kept_retired);
    links().keep_retired(cars, vezet, std::span(ids).first(1), true);
    EXPECT_EQ(find("car0").kept_retired, KeptRetired::on_purpose);
    EXPECT_FALSE(find("car1").kept_retired);
    EXPECT_EQ(find("car0").state, LinkState::reserved) << "the rest is for the passes";
    const BegunWrite begun = links().begin_write(nullptr, cars, vezet, ids);
    ASSERT_EQ(begun.kept_retired.size(), 1U) << "whoever begins to write learns of it";
    EXPECT_EQ(begun.kept_retired[0].parent_id.value(), "car0");
    EXPECT_EQ(begun.kept_retired[0].why, KeptRetired::on_purpose);
    links().keep_retired(cars, vezet, ids, false);
    EXPECT_FALSE(find("car0").kept_retired);
}

TEST_P(LinkStoreContract, AnErasureThatAParentAsksForKeepsHisLinksRetiredForGood) {
    const Entity& drivers = entity("drivers");
    const std::vector<NewLink> wanted{new_link("ann", "child_ann"), new_link("bob", "child_bob")};
    static_cast<void>(links().reserve(nullptr, drivers, vezet, wanted));
    const std::vector<domain::ParentId> ann{domain::ParentId("ann"), domain::ParentId("stranger")};
    links().record_outcome(nullptr, drivers, vezet, SyncedLinks::all, {.erasures_requested = ann});
    links().keep_retired(drivers, vezet, ann, false);
    for (const auto& [family, link] :
         links().find_in_all_families(drivers, std::vector{domain::ParentId("ann"), domain::ParentId("bob")})) {
        EXPECT_EQ(link.kept_retired == KeptRetired::erased, link.parent_id.value() == "ann");
    }
    const std::vector<domain::ParentId> asked{domain::ParentId("ann"), domain::ParentId("bob"),
                                              domain::ParentId("stranger")};
    EXPECT_EQ(links().erased_among(asked).size(), 2U) << "with a link or without one";
}

TEST_P(LinkStoreContract, ALinkThatIsReservedForAnErasedDriverIsKeptRetiredAtOnce) {
    const Entity& drivers = entity("drivers");
    links().record_outcome(nullptr, drivers, vezet, SyncedLinks::all,
                           {.erasures_requested = {domain::ParentId("ann"), domain::ParentId("eve")}});
    const auto expect_kept = [&](const std::vector<NewLink>& wanted) {
        const auto reserved = links().reserve(nullptr, drivers, vezet, wanted);
        EXPECT_EQ(reserved.size(), wanted.size());
        for (const Link& link : reserved) {
            EXPECT_EQ(link.kept_retired == KeptRetired::erased, link.parent_id.value() != "bob")
                << link.parent_id.value();
            EXPECT_EQ(link.state, LinkState::reserved);
        }
    };
    expect_kept({new_link("ann", "child_ann"), new_link("bob", "child_bob")});
    expect_kept({new_link("bob", "another"), new_link("eve", "child_eve")});
    const auto car = links().reserve(nullptr, cars, vezet, std::vector{new_link("ann", "car")});
    EXPECT_FALSE(car.at(0).kept_retired) << "a car of that id is nobody's data";
}

}  // namespace twinfleet::mirroring::testing
