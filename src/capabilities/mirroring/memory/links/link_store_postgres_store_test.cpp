// What every LinkStore promises is in testing/link_store_contract.hpp; here is what only PostgreSQL can show.
#include <chrono>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using platform::StoreRefused;

/// A transaction of somebody else, open for as long as the object lives.
class Somebody {
public:
    explicit Somebody(const std::string& dsn) : connection_(dsn), transaction_(std::in_place, connection_) {}
    void execute(const std::string& sql) { transaction_->exec(sql); }
    void commit() {
        transaction_->commit();
        transaction_.reset();
    }
    void roll_back() {
        transaction_->abort();
        transaction_.reset();
    }

private:
    pqxx::connection connection_;
    std::optional<pqxx::work> transaction_;
};

class PostgresLinks : public ::testing::Test {
protected:
    static NewLink new_link(const std::string& parent, const std::string& child) {
        return {domain::ParentId(parent), domain::ParentParkId("park"), domain::ChildId(child),
                domain::ChildParkId("child park")};
    }
    static SyncedLink synced(const std::string& parent, std::optional<Time> updated_ts = std::nullopt) {
        return {.parent_id = domain::ParentId(parent),
                .parent_park_id = domain::ParentParkId("park"),
                .child_park_id = domain::ChildParkId("child park"),
                .source_hash = SourceHash{1, 2, 3},
                .source_updated_ts = updated_ts};
    }
    /// Begins to write the children of these, and commits.
    void write(const std::vector<domain::ParentId>& ids, Time updated_ts) {
        const BegunWrite begun = stores_.links.begin_write(nullptr, cars_, vezet_, ids);
        BatchOutcome outcome;
        for (const domain::ParentId& id : ids) {
            outcome.synced.push_back(synced(id.value(), updated_ts));
            outcome.synced.back().write_token = begun.token;
        }
        stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, outcome);
    }
    std::string child_of(const std::string& parent) {
        const std::vector ids{domain::ParentId(parent)};
        const auto found = stores_.links.find_by_parent(cars_, vezet_, ids);
        return found.size() == 1 ? found.front().child_id.value() : std::to_string(found.size()) + " links";
    }
    std::string single(const std::string& sql) {
        return stores_.pool.transact(
            [&](postgres::Transaction& transaction) { return transaction.execute(sql).only_value<std::string>(); });
    }
    /// Until so many sessions wait for a lock that another one holds.
    void wait_for_waiting_sessions(int count) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (single("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                      " AND wait_event_type = 'Lock'") != std::to_string(count)) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "nobody waits";
            std::this_thread::yield();
        }
    }
    /// Records the outcome, of links `a` and `m`, while somebody else has locked `a`.
    void expect_that_m_is_not_held_while_a_is_waited_for(const BatchOutcome& outcome) {
        Somebody rival(stores_.database.dsn());
        rival.execute("SELECT FROM fleet_sync.cars WHERE parent_id = 'a' FOR UPDATE");
        auto recorded = std::async(std::launch::async, [&] {
            stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, outcome);
        });
        wait_for_waiting_sessions(1);
        EXPECT_NO_THROW(rival.execute("SELECT FROM fleet_sync.cars WHERE parent_id = 'm' FOR UPDATE NOWAIT"));
        rival.roll_back();
        EXPECT_NO_THROW(recorded.get());
    }
    static std::string insert(const std::string& parent, const std::string& child) {
        return "INSERT INTO fleet_sync.cars (family, parent_id, parent_park_id, child_id, child_park_id, state)"
               " VALUES ('vezet', '" +
               parent + "', 'park', '" + child + "', 'child park', 'reserved')";
    }

    FreshPostgresStores stores_;
    const Entity& cars_ = entity("cars");
    const domain::AppFamily vezet_{"vezet"};
};

TEST_F(PostgresLinks, ReservingGivesTheLinkOfAnUnfinishedRivalOnceItIsCommitted) {
    Somebody rival(stores_.database.dsn());
    rival.execute(insert("car1", "of the rival"));
    const std::vector wanted{new_link("car0", "ours 0"), new_link("car1", "ours 1"), new_link("car2", "ours 2")};
    auto standing =
        std::async(std::launch::async, [&] { return stores_.links.reserve(nullptr, cars_, vezet_, wanted); });
    wait_for_waiting_sessions(1);
    rival.commit();
    std::map<std::string, std::string> children;
    for (const Link& link : standing.get()) {
        children[link.parent_id.value()] = link.child_id.value();
    }
    EXPECT_THAT(children,
                ::testing::ElementsAre(::testing::Pair("car0", "ours 0"), ::testing::Pair("car1", "of the rival"),
                                       ::testing::Pair("car2", "ours 2")));
    EXPECT_EQ(child_of("car1"), "of the rival");
}

TEST_F(PostgresLinks, ReservingGivesOurLinkWhenTheRivalGivesUp) {
    Somebody rival(stores_.database.dsn());
    rival.execute(insert("car", "of the rival"));
    const std::vector wanted{new_link("car", "ours")};
    auto standing =
        std::async(std::launch::async, [&] { return stores_.links.reserve(nullptr, cars_, vezet_, wanted); });
    wait_for_waiting_sessions(1);
    rival.roll_back();
    EXPECT_EQ(standing.get().at(0).child_id.value(), "ours");
    EXPECT_EQ(child_of("car"), "ours");
}

TEST_F(PostgresLinks, AChildHasOneParent) {
    const std::vector first{new_link("a", "child")};
    const std::vector second{new_link("b", "child"), new_link("c", "another")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, first);
    EXPECT_THROW((void)stores_.links.reserve(nullptr, cars_, vezet_, second), StoreRefused);
    EXPECT_EQ(child_of("c"), "0 links");
}

TEST_F(PostgresLinks, OfOneParentAskedForTwiceTheFirstChildIsReserved) {
    const std::vector wanted{new_link("car", "first"), new_link("car", "second")};
    const auto standing = stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    ASSERT_EQ(standing.size(), 1U);
    EXPECT_EQ(standing.front().child_id.value(), "first");
}

TEST_F(PostgresLinks, WritersOfTheSameLinksInAnotherOrderDoNotBlockEachOtherForEver) {
    constexpr int count = 300;
    std::vector<NewLink> wanted;
    std::vector<domain::ParentId> ids;
    BatchOutcome forth;
    for (int i = 0; i < count; ++i) {
        const std::string parent = "car" + std::to_string(i);
        wanted.push_back(new_link(parent, "child of " + parent));
        ids.emplace_back(parent);
        forth.synced.push_back(synced(parent));
    }
    (void)stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    BatchOutcome back = forth;
    std::ranges::reverse(back.synced);
    std::vector reversed_ids = ids;
    std::ranges::reverse(reversed_ids);
    const auto write = [&](const BatchOutcome& outcome, const std::vector<domain::ParentId>& parents) {
        for (int round = 0; round < 20; ++round) {
            BatchOutcome done = outcome;
            const auto token = stores_.links.begin_write(nullptr, cars_, vezet_, parents).token;
            for (SyncedLink& link : done.synced) {
                link.write_token = token;
            }
            stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, done);
        }
    };
    auto other = std::async(std::launch::async, [&] { write(back, reversed_ids); });
    EXPECT_NO_THROW(write(forth, ids));
    EXPECT_NO_THROW(other.get());
}

TEST_F(PostgresLinks, LinksAsTheyWereReservedAreLockedInOneOrderWithTheOthers) {
    const std::vector wanted{new_link("a", "child of a"), new_link("m", "child of m")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    BatchOutcome outcome{.synced = {synced("a"), synced("m")}};
    outcome.synced.back().is_as_reserved = true;
    expect_that_m_is_not_held_while_a_is_waited_for(outcome);
}

TEST_F(PostgresLinks, LinksAsTheyWereReservedAreLockedInOrderWhereSomebodyElseHasBegunToWrite) {
    const std::vector wanted{new_link("a", "child of a"), new_link("m", "child of m")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    (void)stores_.links.begin_write(nullptr, cars_, vezet_, std::vector{domain::ParentId("a")});
    BatchOutcome outcome{.synced = {synced("a"), synced("m")}};
    for (SyncedLink& link : outcome.synced) {
        link.is_as_reserved = true;
    }
    expect_that_m_is_not_held_while_a_is_waited_for(outcome);
    EXPECT_EQ(single("SELECT count(*) FROM fleet_sync.cars WHERE state = 'linked'"), "2");
}

TEST_F(PostgresLinks, LinksThatAreRetiredAreLockedInOneOrderWithTheOthers) {
    const std::vector wanted{new_link("a", "child of a"), new_link("m", "child of m")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    const auto token = stores_.links.begin_write(nullptr, cars_, vezet_, std::vector{domain::ParentId("a")}).token;
    expect_that_m_is_not_held_while_a_is_waited_for(
        {.synced = {synced("m")}, .retired = {{domain::ParentId("a"), token}}});
}

TEST_F(PostgresLinks, ATakeoverWaitsForAWriteThatShowedItsLeaseInTime) {
    const auto lease = stores_.leases.acquire("cars", "vezet", "first", std::chrono::milliseconds(0)).value();
    const std::vector wanted{new_link("car", "ours")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    Somebody rival(stores_.database.dsn());
    rival.execute("SELECT FROM fleet_sync.cars FOR UPDATE");
    // The write has shown its lease, which has lapsed but is still the current one, and waits for the row.
    auto write = std::async(std::launch::async, [&] {
        stores_.links.record_outcome(&lease, cars_, vezet_, SyncedLinks::all, {.synced = {synced("car")}});
    });
    wait_for_waiting_sessions(1);
    auto next = std::async(std::launch::async,
                           [&] { return stores_.leases.acquire("cars", "vezet", "second", std::chrono::minutes(1)); });
    wait_for_waiting_sessions(2);
    rival.commit();
    EXPECT_NO_THROW(write.get());
    EXPECT_GT(next.get().value().token, lease.token);
    EXPECT_THROW((void)stores_.links.begin_write(&lease, cars_, vezet_, {}), LeaseLost);
}

TEST_F(PostgresLinks, ALapsedLeaseIsGoodUntilItIsTakenOver) {
    const auto lease = stores_.leases.acquire("cars", "vezet", "first", std::chrono::milliseconds(0)).value();
    EXPECT_NO_THROW(stores_.links.record_outcome(&lease, cars_, vezet_, SyncedLinks::all, {}));
    (void)stores_.leases.acquire("cars", "vezet", "second", std::chrono::minutes(1));
    EXPECT_THROW(stores_.links.record_outcome(&lease, cars_, vezet_, SyncedLinks::all, {}), LeaseLost);
}

TEST_F(PostgresLinks, ALeaseThatWasGivenBackIsGoodForNothing) {
    const auto lease = stores_.leases.acquire("cars", "vezet", "first", std::chrono::minutes(1)).value();
    stores_.leases.release(lease);
    const std::vector wanted{new_link("car", "ours")};
    EXPECT_THROW((void)stores_.links.reserve(&lease, cars_, vezet_, wanted), LeaseLost);
    EXPECT_EQ(child_of("car"), "0 links");
}

TEST_F(PostgresLinks, OnlyTheTokenMakesALeaseOursWhateverItsNameHolds) {
    const Lease odd{.job = "o'hara\\", .family = "{\"Ижевск\"}", .token = 1};
    EXPECT_THROW(stores_.links.record_outcome(&odd, cars_, vezet_, SyncedLinks::all, {}), LeaseLost);
    const auto got = stores_.leases.acquire(odd.job, odd.family, "it's me", std::chrono::minutes(1)).value();
    EXPECT_NO_THROW(stores_.links.record_outcome(&got, cars_, vezet_, SyncedLinks::all, {}));
}

TEST_F(PostgresLinks, RefusesTextThatPostgresCannotHoldAndChangesNothing) {
    using namespace std::string_literals;
    for (const std::string& bad : {"a\0b"s, "\xff"s, "\xc0\x80"s, "\xed\xa0\x80"s}) {
        const std::vector wanted{new_link("good", "child"), new_link(bad, "child of bad")};
        EXPECT_THROW((void)stores_.links.reserve(nullptr, cars_, vezet_, wanted), StoreRefused);
        const std::vector ids{domain::ParentId(bad)};
        EXPECT_THROW((void)stores_.links.find_by_parent(cars_, vezet_, ids), StoreRefused);
        EXPECT_THROW((void)stores_.links.begin_write(nullptr, cars_, vezet_, ids), StoreRefused);
        EXPECT_THROW(stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all,
                                                  {.quarantined = {{bad, "", "bad_id"}}}),
                     StoreRefused);
        EXPECT_THROW((void)stores_.links.list(cars_, vezet_, {.after = domain::ParentId(bad), .parent_park_ids = {}}),
                     StoreRefused);
    }
    EXPECT_EQ(child_of("good"), "0 links");
    EXPECT_EQ(stores_.links.count_quarantined(cars_, vezet_), 0U);
}

TEST_F(PostgresLinks, ErrorsHoldNoIds) {
    const std::vector first{new_link("a", "secret child")};
    const std::vector second{new_link("b", "secret child")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, first);
    try {
        (void)stores_.links.reserve(nullptr, cars_, vezet_, second);
        FAIL() << "a child with two parents";
    } catch (const StoreRefused& error) {
        EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("secret")));
    }
}

TEST_F(PostgresLinks, KeepsTimesToTheMicrosecond) {
    using std::chrono::microseconds;
    const std::vector wanted{new_link("car", "ours")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    const std::vector ids{domain::ParentId("car")};
    for (const std::int64_t count : {0LL, 1LL, -1LL, 999'999LL, -999'999LL, -1'000'001LL, 1'700'000'000'123'456LL,
                                     4'294'967'295'999'999LL, 8'999'999'999'999'999LL, -8'999'999'999'999'999LL}) {
        const Time time{microseconds(count)};
        write(ids, time);
        EXPECT_EQ(stores_.links.find_by_parent(cars_, vezet_, ids).at(0).source_updated_ts, time);
    }
    // Far beyond what a calendar needs, and within what an `updated_ts` may hold.
    write(ids, Time::max());
    EXPECT_EQ(single("SELECT extract(year FROM source_updated_ts AT TIME ZONE 'UTC') FROM fleet_sync.cars"), "2255");
}

TEST_F(PostgresLinks, ReadsTimesAndHashesWhateverTheDatabaseIsSetTo) {
    stores_.pool.transact([&](postgres::Transaction& transaction) {
        for (const char* setting : {"bytea_output = escape", "datestyle = 'German'", "timezone = 'Asia/Kathmandu'",
                                    "default_transaction_isolation = 'repeatable read'", "extra_float_digits = 0"}) {
            transaction.execute("ALTER DATABASE " + stores_.database.name() + " SET " + setting);
        }
    });
    postgres::Pool pool({.dsn = stores_.database.dsn()});
    PostgresLinkStore links(pool);
    const std::vector wanted{new_link("car", "ours")};
    const Time before = links.now();
    const Link link = links.reserve(nullptr, cars_, vezet_, wanted).at(0);
    EXPECT_GE(link.created_at, before);
    const Time time(std::chrono::microseconds(1'700'000'000'123'456));
    links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, {.synced = {synced("car", time)}});
    const Link again = links.reserve(nullptr, cars_, vezet_, wanted).at(0);
    EXPECT_EQ(again.source_updated_ts, time);
    EXPECT_EQ(again.source_hash, synced("car").source_hash);
    EXPECT_EQ(again.created_at, link.created_at);
}

TEST_F(PostgresLinks, OfOneParentSaidTwiceTheLastWordCounts) {
    const std::vector wanted{new_link("a", "1"), new_link("b", "2")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    const std::vector of_b{domain::ParentId("b")};
    const auto token = stores_.links.begin_write(nullptr, cars_, vezet_, of_b).token;
    auto moved = synced("a");
    moved.child_park_id = domain::ChildParkId("moved");
    stores_.links.record_outcome(
        nullptr, cars_, vezet_, SyncedLinks::all,
        {.synced = {synced("a"), synced("b"), moved},
         .retired = {{domain::ParentId("b"), 0}, {domain::ParentId("b"), token}},
         .quarantined = {{"q", "park", "too_large"}, {"q", "park", "bad_id"}, {"r", "", "bad_id"}},
         .released = {"r", "r"}});
    const std::vector ids{domain::ParentId("a")};
    EXPECT_EQ(stores_.links.find_by_parent(cars_, vezet_, ids).at(0).child_park_id.value(), "moved");
    EXPECT_EQ(stores_.links.count_not_retired(cars_, vezet_, {}), 1U);
    const auto aside = stores_.quarantine.list({});
    ASSERT_EQ(aside.size(), 1U);
    EXPECT_EQ(aside.front().parent.reason, "bad_id");
}

TEST_F(PostgresLinks, AsideMayBeAnIdOfAnySize) {
    const std::string huge(1'000'000, 'x');
    const std::string another = huge + "y";
    stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all,
                                 {.quarantined = {{huge, "", "bad_id"}, {another, "", "bad_id"}}});
    const std::vector asked{another};
    EXPECT_EQ(stores_.links.quarantined_among(cars_, vezet_, asked), asked);
    stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, {.released = {huge}});
    EXPECT_EQ(stores_.links.count_quarantined(cars_, vezet_), 1U);
}

TEST_F(PostgresLinks, BackfillsAskedForAgainKeepTheirPlace) {
    const auto request = [&](const std::string& park) {
        stores_.links.record_outcome(nullptr, park_entity(), vezet_, SyncedLinks::all,
                                     {.backfills_requested = {{"cars", domain::ParentParkId(park)}}});
    };
    request("first");
    request("second");
    request("first");
    EXPECT_EQ(stores_.links.pending_backfills(cars_, vezet_, 1).at(0).parent_park_id.value(), "first");
}

TEST_F(PostgresLinks, DoneAndRequestedInOneOutcomeStaysRequested) {
    const Backfill wanted{"cars", domain::ParentParkId("park")};
    stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, {.backfills_requested = {wanted}});
    const auto begun = stores_.links.pending_backfills(cars_, vezet_, 10);
    stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all,
                                 {.backfills_requested = {wanted}, .backfills_done = begun});
    const auto left = stores_.links.pending_backfills(cars_, vezet_, 10);
    ASSERT_EQ(left.size(), 1U);
    EXPECT_GT(left[0].generation, begun.at(0).generation);
}

TEST_F(PostgresLinks, OnlyCommitsUnderALeaseDoNotWaitForTheDisk) {
    // Whether the setting reaches the transaction is seen from within, by a trigger.
    stores_.pool.transact([&](postgres::Transaction& transaction) {
        transaction.execute(
            "CREATE TABLE seen (place bigint GENERATED ALWAYS AS IDENTITY, setting text);"
            "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " INSERT INTO seen (setting) VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;"
            "CREATE TRIGGER see AFTER INSERT OR UPDATE ON fleet_sync.cars"
            " FOR EACH STATEMENT EXECUTE FUNCTION see();"
            "ALTER DATABASE " +
            transaction.quoted_name(stores_.database.name()) + " SET synchronous_commit = on");
    });
    postgres::Pool pool({.dsn = stores_.database.dsn()});
    PostgresLinkStore links(pool);
    const auto lease = stores_.leases.acquire("cars", "vezet", "first", std::chrono::minutes(1)).value();
    const std::vector wanted{new_link("car", "ours")};
    const std::vector ids{domain::ParentId("car")};
    (void)links.reserve(&lease, cars_, vezet_, wanted);
    (void)links.begin_write(&lease, cars_, vezet_, ids);
    links.record_outcome(&lease, cars_, vezet_, SyncedLinks::all, {.synced = {synced("car")}});
    links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, {.synced = {synced("car")}});
    EXPECT_EQ(single("SELECT string_agg(setting, ' ' ORDER BY place) FROM seen"), "on on off on");
}

/// Many links, of which a batch is a part.
class PostgresLinksByIndex : public PostgresLinks {
protected:
    static constexpr int batch = 1'000;

    PostgresLinksByIndex() {
        std::vector<NewLink> wanted;
        for (int i = 0; i < 5 * batch; ++i) {
            const std::string parent = "car" + std::to_string(i);
            wanted.push_back(new_link(parent, "child of " + parent));
            ids_.emplace_back(parent);
        }
        (void)stores_.links.reserve(nullptr, cars_, vezet_, wanted);
    }
    /// One batch of them.
    [[nodiscard]] std::vector<domain::ParentId> batch_of(int number) const {
        return {ids_.begin() + number * batch, ids_.begin() + (number + 1) * batch};
    }
    /// How many rows of the table have been read so far, by index or without.
    [[nodiscard]] long long rows_read(const std::string& table = "cars") {
        // Statistics are sent to the server's memory when a session has been idle for a while, or ends.
        single("SELECT pg_stat_force_next_flush()");
        return std::stoll(
            single("SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0) FROM pg_stat_user_tables"
                   " WHERE relname = '" +
                   table + "'"));
    }
    void record_as_reserved(const std::vector<domain::ParentId>& ids) {
        BatchOutcome outcome;
        for (const domain::ParentId& id : ids) {
            outcome.synced.push_back(synced(id.value()));
            outcome.synced.back().is_as_reserved = true;
        }
        stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, outcome);
    }

    std::vector<domain::ParentId> ids_;
};

TEST_F(PostgresLinksByIndex, ABatchIsLookedUpBeforeTheTableHasStatistics) {
    const auto some = batch_of(0);
    BatchOutcome outcome;
    for (const domain::ParentId& id : some) {
        outcome.synced.push_back(synced(id.value()));
    }
    const auto gone = batch_of(4);
    const auto token = stores_.links.begin_write(nullptr, cars_, vezet_, gone).token;
    for (const domain::ParentId& id : gone) {
        outcome.retired.push_back({id, token});
    }
    (void)stores_.links.find_by_parent(cars_, vezet_, some);
    stores_.links.record_outcome(nullptr, cars_, vezet_, SyncedLinks::all, outcome);
    (void)stores_.links.begin_write(nullptr, cars_, vezet_, some);
    (void)stores_.links.list(cars_, vezet_, {.after = domain::ParentId("car2"), .parent_park_ids = {}, .limit = batch});
    record_as_reserved(batch_of(2));
    // Found, committed three times (synced and retired, which are locked before, and as reserved), begun twice (each
    // reads what it locks, and what it writes), listed.
    constexpr int batches = 11;
    const auto read = rows_read();
    EXPECT_GE(read, batches * batch);
    EXPECT_LT(read, (batches + 1) * batch);
}

TEST_F(PostgresLinksByIndex, ABatchIsCommittedByIndexWhenTheTableHasStatistics) {
    single("ANALYZE fleet_sync.cars; SELECT 1");
    const auto before = rows_read();
    record_as_reserved(batch_of(2));
    const auto read = rows_read() - before;
    EXPECT_GE(read, batch);
    EXPECT_LT(read, 2 * batch);
    EXPECT_EQ(single("SELECT count(*) FROM fleet_sync.cars WHERE state = 'linked'"), std::to_string(batch));
}

TEST_F(PostgresLinksByIndex, DriversWhomSomebodyElseHasWrittenAreLookedUpByIndex) {
    const Entity& drivers = entity("drivers");
    std::vector<NewLink> wanted;
    for (const domain::ParentId& id : ids_) {
        wanted.push_back(new_link(id.value(), "child of " + id.value()));
    }
    (void)stores_.links.reserve(nullptr, drivers, vezet_, wanted);
    const auto some = batch_of(1);
    const auto late = stores_.links.begin_write(nullptr, drivers, vezet_, some).token;
    (void)stores_.links.begin_write(nullptr, drivers, vezet_, some);
    std::vector<OwnWrite> writes;
    BatchOutcome outcome;
    for (const domain::ParentId& id : some) {
        writes.push_back({id, late});
        outcome.synced.push_back(synced(id.value()));
        outcome.synced.back().write_token = late;
    }
    const auto before = rows_read("drivers");
    EXPECT_EQ(stores_.links.taken_over_among(nullptr, drivers, vezet_, writes).size(), some.size());
    stores_.links.record_outcome(nullptr, drivers, vezet_, SyncedLinks::all, outcome);
    // Asked about; recorded, which is not enough; locked, recorded, and taken from those who would vouch.
    const auto read = rows_read("drivers") - before;
    EXPECT_GE(read, 5 * batch);
    EXPECT_LT(read, 7 * batch);
    EXPECT_EQ(stores_.links.pending_backfills(drivers, vezet_, 10).size(), 1U);
}

TEST_F(PostgresLinks, ALinkThatSomebodyElseHasMadeSinceIsLeftAloneAndTheOthersAreMade) {
    const std::vector theirs{new_link("car1", "theirs")};
    (void)stores_.links.reserve(nullptr, cars_, vezet_, theirs);
    const auto lease = stores_.leases.acquire("cars", "vezet", "holder", std::chrono::minutes(1)).value();
    const std::vector wanted{new_link("car0", "ours 0"), new_link("car1", "ours 1"), new_link("car2", "ours 2")};
    EXPECT_EQ(stores_.links.reserve(&lease, cars_, vezet_, wanted).size(), 3U);
    EXPECT_EQ(child_of("car0"), "ours 0");
    EXPECT_EQ(child_of("car1"), "theirs");
    EXPECT_EQ(child_of("car2"), "ours 2");
}

}  // namespace
}  // namespace twinfleet::mirroring
