#include "capabilities/mirroring/stores/write_isolation_mongo.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using platform::ConnectionBroken;
using platform::StoreRefused;
using platform::StoreUnavailable;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A store that drops the connection, or refuses the command, when a part holds a poison.
struct Store {
    std::set<std::size_t> breaking;
    std::set<std::size_t> refusing;
    int refusal_code = 2;
    /// Sends that break whatever they hold.
    std::size_t breaks_by_chance = 0;
    bool is_away = false;
    /// Does all that it is asked to do, and then throws this instead of saying so.
    std::function<void()> instead_of_acknowledging;
    /// As `check_store` finds it.
    std::function<void()> as_checked;

    std::multiset<std::size_t> written;
    std::vector<std::size_t> refused;
    std::size_t breaks = 0;
    std::size_t sends = 0;
    std::size_t checks = 0;

    void send_all(std::size_t count, std::size_t breaks_max = 2) {
        send_isolating_poison(
            count, breaks_max,
            [this](WritePlaces part) {
                ++sends;
                const auto holds = [&](const std::set<std::size_t>& poison) {
                    return std::ranges::any_of(part, [&](std::size_t place) { return poison.contains(place); });
                };
                if (is_away || breaks_by_chance > 0 || holds(breaking)) {
                    breaks_by_chance -= breaks_by_chance > 0 ? 1 : 0;
                    ++breaks;
                    throw ConnectionBroken("MongoDB", "connection broke");
                }
                if (holds(refusing)) {
                    throw StoreRefused("MongoDB", refusal_code, "no");
                }
                written.insert(part.begin(), part.end());
                if (instead_of_acknowledging) {
                    instead_of_acknowledging();
                }
            },
            [this] {
                ++checks;
                if (is_away) {
                    throw StoreUnavailable("MongoDB", "away");
                }
                if (as_checked) {
                    as_checked();
                }
            },
            [this](std::size_t place) { refused.push_back(place); });
    }
};

TEST(WriteIsolation, SendsEverythingAtOnceWhereNothingIsWrong) {
    Store store;
    store.send_all(5);
    EXPECT_THAT(store.written, ElementsAre(0, 1, 2, 3, 4));
    EXPECT_THAT(store.refused, IsEmpty());
    store.send_all(0);
}

TEST(WriteIsolation, TellsThePoisonFromTheOthers) {
    for (const std::size_t count :
         {std::size_t{1}, std::size_t{2}, std::size_t{9}, std::size_t{10}, std::size_t{11}, std::size_t{1000}}) {
        Store store;
        store.breaking = {0, count / 2};
        store.refusing = {count - 1};
        store.send_all(count);
        std::set<std::size_t> poison{0, count / 2, count - 1};
        EXPECT_EQ(std::set(store.refused.begin(), store.refused.end()), poison);
        EXPECT_EQ(store.refused.size(), poison.size());
        EXPECT_EQ(store.written.size(), count - poison.size());
    }
}

TEST(WriteIsolation, FindsOnePoisonAmongThousandWithFewBrokenConnections) {
    Store store;
    store.breaking = {777};
    store.send_all(1000);
    EXPECT_THAT(store.refused, ElementsAre(777));
    EXPECT_LE(store.breaks, 6U);
}

TEST(WriteIsolation, SuspectsNothingAfterOneBrokenConnection) {
    Store store;
    store.breaks_by_chance = 1;
    store.send_all(1);
    EXPECT_THAT(store.written, ElementsAre(0));
    EXPECT_THAT(store.refused, IsEmpty());
}

TEST(WriteIsolation, BlamesNoDocumentForAStoreThatIsAway) {
    Store store;
    store.is_away = true;
    EXPECT_THROW(store.send_all(3), StoreUnavailable);
    EXPECT_THAT(store.refused, IsEmpty());
}

TEST(WriteIsolation, SuspectsNothingThatWasWrittenButNotAcknowledged) {
    Store store;
    store.instead_of_acknowledging = [] { throw StoreUnavailable("MongoDB", "not acknowledged"); };
    EXPECT_THROW(store.send_all(97), StoreUnavailable);
    EXPECT_THAT(store.refused, IsEmpty());
    EXPECT_EQ(store.sends, 1U) << "whoever repeats it repeats it as a whole";
}

TEST(WriteIsolation, AsksForAWriteBeforeItSuspectsAnything) {
    for (const int code : {2, 64, 79, 100}) {
        Store store;
        store.refusing = {1};
        store.refusal_code = code;
        store.as_checked = [] { throw StoreRefused("MongoDB", 79, "no such write concern"); };
        EXPECT_THROW(store.send_all(30), StoreRefused) << code;
        EXPECT_THAT(store.refused, IsEmpty()) << code;
    }
    Store store;
    store.breaking = {1};
    store.as_checked = [] { throw StoreUnavailable("MongoDB", "no answer in time"); };
    EXPECT_THROW(store.send_all(30), StoreUnavailable);
    EXPECT_THAT(store.refused, IsEmpty());
    EXPECT_EQ(store.sends, 1U);
    EXPECT_EQ(store.checks, 1U);
}

TEST(WriteIsolation, BlamesNoDocumentForMissingRights) {
    Store store;
    store.refusing = {1};
    store.refusal_code = 13;
    EXPECT_THROW(store.send_all(3), StoreRefused);
    EXPECT_THAT(store.refused, IsEmpty());
}

}  // namespace
}  // namespace twinfleet::mirroring
