#include <algorithm>
#include <limits>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/overview/overview_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"
#include "platform/clock/time_text.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PostgresOverviewTest : public ::testing::Test {
protected:
    static NewLink link(const std::string& parent, const std::string& park) {
        return {domain::ParentId(parent), domain::ParentParkId(park), domain::ChildId("child-" + parent),
                domain::ChildParkId("child-" + park)};
    }
    static SyncedLink synced(const std::string& parent, const std::string& park) {
        return {.parent_id = domain::ParentId(parent),
                .parent_park_id = domain::ParentParkId(park),
                .child_park_id = domain::ChildParkId("child-" + park)};
    }
    void record(const Lease* lease, const Entity& entity, const BatchOutcome& outcome) {
        stores_.links.record_outcome(lease, entity, family_, SyncedLinks::all, outcome);
    }

    FreshPostgresStores stores_;
    PostgresOverview overview_{stores_.pool};
    const domain::AppFamily family_{"vezet"};
};

TEST_F(PostgresOverviewTest, ShowsLeasesThatHoldAndCursors) {
    EXPECT_THAT(overview_.jobs(), IsEmpty());
    const auto held = stores_.leases.acquire("drivers", "vezet", "host a", 1h);
    const auto given_back = stores_.leases.acquire("cars", "vezet", "host a", 1h);
    stores_.leases.release(*given_back);
    const auto lapsed = stores_.leases.acquire("parks", "vezet", "host b", 0ms);
    ASSERT_TRUE(held && lapsed);
    Cursor cursor;
    cursor.position.timestamp = bson::Timestamp{1'700'000'000, 5};
    cursor.position.date_ms = 1'700'000'007'500;
    BatchOutcome outcome;
    outcome.cursor = cursor;
    record(&*held, entity("drivers"), outcome);

    const auto states = overview_.jobs();
    ASSERT_THAT(states, SizeIs(1));
    EXPECT_EQ(states[0].job, "drivers");
    EXPECT_EQ(states[0].family, "vezet");
    ASSERT_TRUE(states[0].lease && states[0].cursor);
    EXPECT_EQ(states[0].lease->holder, "host a");
    EXPECT_GT(states[0].lease->expires_at, overview_.now() + 50min);
    EXPECT_EQ(states[0].cursor->source_time, Time(1'700'000'007'500ms)) << "of both kinds of times the later";
    EXPECT_LT(overview_.now() - states[0].cursor->moved_at, 1min);
    EXPECT_FALSE(states[0].cursor->caught_up_at);
}

TEST_F(PostgresOverviewTest, ShowsCursorsWhateverADocumentMadeOfThem) {
    using Date = std::numeric_limits<std::int64_t>;
    for (const std::int64_t date_ms : {Date::min(), std::int64_t{-1}, Date::max()}) {
        Cursor cursor;
        cursor.position.date_ms = date_ms;
        record(nullptr, entity(date_ms < 0 ? "cars" : "drivers"), {.cursor = cursor});
    }
    Cursor last_second;
    last_second.position.timestamp = bson::Timestamp{0xffff'ffff, 0xffff'ffff};
    record(nullptr, entity("parks"), {.cursor = last_second});
    std::map<std::string, Time> shown;
    for (const JobState& state : overview_.jobs()) {
        shown[state.job] = state.cursor.value().source_time;
    }
    EXPECT_EQ(shown["cars"], Time(-1ms));
    EXPECT_EQ(platform::time_text(shown["drivers"]).substr(0, 19), "9999-12-31T23:59:59");
    EXPECT_EQ(shown["parks"], Time(std::chrono::seconds(0xffff'ffff)));
}

TEST_F(PostgresOverviewTest, ShowsSinceWhenEverythingIsMirrored) {
    const Time first(1'700'000'007'500ms);
    record(nullptr, entity("cars"), {.caught_up_at = first});
    EXPECT_THAT(overview_.jobs(), IsEmpty()) << "nothing was mirrored yet";
    Cursor cursor;
    cursor.position.date_ms = 1;
    record(nullptr, entity("cars"), {.cursor = cursor, .caught_up_at = first});
    const auto moved_at = overview_.jobs().at(0).cursor.value().moved_at;
    const auto after = [this](Time caught_up_at) {
        record(nullptr, entity("cars"), {.caught_up_at = caught_up_at});
        return overview_.jobs().at(0).cursor.value();
    };
    EXPECT_EQ(after(first + 1s).caught_up_at, first + 1s);
    EXPECT_EQ(after(first).caught_up_at, first + 1s) << "never back";
    EXPECT_EQ(after(first + 2s).moved_at, moved_at) << "the cursor stays where it was";
}

TEST_F(PostgresOverviewTest, CountsWhatAParkHasOfEachEntity) {
    EXPECT_THAT(overview_.park(domain::ParentParkId("park")).entities, IsEmpty());
    const Entity& cars = entity("cars");
    const std::vector<NewLink> links{link("a", "park"), link("b", "park"), link("c", "park"), link("d", "elsewhere")};
    static_cast<void>(stores_.links.reserve(nullptr, cars, family_, links));
    BatchOutcome outcome;
    outcome.synced = {synced("a", "park"), synced("b", "park"), synced("d", "elsewhere")};
    outcome.quarantined = {{"bad", "park", "too_large"}, {"worse", "elsewhere", "too_large"}};
    record(nullptr, cars, outcome);

    const ParkState park = overview_.park(domain::ParentParkId("park"));
    ASSERT_THAT(park.entities, SizeIs(1));
    EXPECT_EQ(park.entities[0].entity, "cars");
    EXPECT_EQ(park.entities[0].family, "vezet");
    EXPECT_EQ(park.entities[0].linked, 2U);
    EXPECT_EQ(park.entities[0].reserved, 1U);
    EXPECT_EQ(park.entities[0].retired, 0U);
    ASSERT_TRUE(park.entities[0].last_synced_at);
    EXPECT_EQ(park.quarantined, 1U);
}

}  // namespace
}  // namespace twinfleet::mirroring
