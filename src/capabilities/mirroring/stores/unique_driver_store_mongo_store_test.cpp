#include <array>
#include <chrono>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/stores/id_source.hpp"
#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "capabilities/mirroring/stores/unique_driver_store_mongo.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

DriverProfile profile(const std::string& license, const std::string& park, const std::string& driver) {
    return {.license = license, .park_id = domain::ChildParkId(park), .driver_id = domain::ChildId(driver)};
}

/// Of a driver whose id was made up just now.
DriverProfile new_profile(const std::string& license, const std::string& park, const std::string& driver) {
    DriverProfile made = profile(license, park, driver);
    made.has_new_id = true;
    return made;
}

class UniqueDriverStoreMongoTest : public ::testing::Test {
protected:
    UniqueDriverStoreMongoTest() {
        make_indexes(mongo_.pool(), {}, {.database = settings_.database, .collection = settings_.collection});
    }

    void put(const std::string& document) const {
        auto bulk = collection_.bulk();
        bulk.insert(bson::from_json(document));
        ASSERT_THAT(bulk.execute().errors, IsEmpty());
    }
    [[nodiscard]] std::vector<bson::Document> records(const std::string& license) const {
        std::vector<bson::Document> found;
        auto cursor = collection_.find(bson::Builder().string("license", license).take());
        while (const auto document = cursor.next()) {
            found.emplace_back(*document);
        }
        return found;
    }
    /// "park/driver/family" of each profile of the licence, in order.
    [[nodiscard]] std::vector<std::string> profiles(const std::string& license) const {
        std::vector<std::string> texts;
        for (const auto& record : records(license)) {
            for (const auto& element : record.view().find("profiles")->document()) {
                const auto member = element.document();
                const auto text = [&](std::string_view field) {
                    const auto found = member.find(field);
                    return found && found->is_string() ? std::string(found->string()) : std::string("?");
                };
                texts.push_back(text("park_id") + "/" + text("driver_id") + "/" + text("app_family"));
            }
        }
        return texts;
    }

    const twinfleet::testing::TestMongo mongo_;
    const UniqueDriverStoreMongo::Settings settings_{.database = mongo_.database_name("taxi"),
                                                     .collection = "unique_drivers"};
    const mongo::Collection collection_ = mongo_.pool().collection(settings_.database, settings_.collection);
    const domain::AppFamily vezet_{.name = "vezet"};
    RandomIdSource ids_;
    UniqueDriverStoreMongo store_{mongo_.pool(), ids_, settings_};
};

TEST_F(UniqueDriverStoreMongoTest, MakesARecordForALicenceThatHasNone) {
    store_.place_profiles(vezet_, std::array{profile("A1", "p", "d")});
    const auto found = records("A1");
    ASSERT_THAT(found, SizeIs(1));
    const auto record = found.front().view();
    EXPECT_THAT(std::string(record.find("_id")->string()), MatchesRegex("[0-9a-f]{32}"));
    EXPECT_EQ(record.find("created_date")->type, bson::Type::date);
    EXPECT_EQ(record.find("modified_date")->type, bson::Type::date);
    EXPECT_EQ(record.find("updated_ts")->type, bson::Type::timestamp);
    EXPECT_NE(record.find("updated_ts")->timestamp(), bson::Timestamp{});
    EXPECT_EQ(record.find("profiles")->document().find("0")->document().bytes().size(),
              bson::from_json(R"({"park_id": "p", "driver_id": "d", "app_family": "vezet"})").size_bytes());
    EXPECT_THAT(profiles("A1"), ElementsAre("p/d/vezet"));
}

TEST_F(UniqueDriverStoreMongoTest, AddsToTheRecordThatIsThere) {
    put(R"({"_id": "r", "license": "A1", "extra": 5, "updated_ts": {"$timestamp": {"t": 100, "i": 1}},
            "profiles": [{"park_id": "main", "driver_id": "m", "app_family": "taximeter"}]})");
    store_.place_profiles(vezet_, std::array{profile("A1", "p", "d")});
    EXPECT_THAT(profiles("A1"), ElementsAre("main/m/taximeter", "p/d/vezet"));
    const auto record = records("A1").front();
    EXPECT_EQ(record.view().find("_id")->string(), "r");
    EXPECT_EQ(record.view().find("extra")->integer(), 5);
    EXPECT_GT(record.view().find("updated_ts")->timestamp().seconds, 100U);
}

TEST_F(UniqueDriverStoreMongoTest, AddsToARecordWithoutProfiles) {
    put(R"({"_id": "r1", "license": "A1"})");
    put(R"({"_id": "r2", "license": "A2", "profiles": null})");
    put(R"({"_id": "r3", "license": "A3", "profiles": []})");
    store_.place_profiles(vezet_,
                          std::array{profile("A1", "p", "d1"), profile("A2", "p", "d2"), profile("A3", "p", "d3")});
    EXPECT_THAT(profiles("A1"), ElementsAre("p/d1/vezet"));
    EXPECT_THAT(profiles("A2"), ElementsAre("p/d2/vezet"));
    EXPECT_THAT(profiles("A3"), ElementsAre("p/d3/vezet"));
}

TEST_F(UniqueDriverStoreMongoTest, ChangesNothingTheSecondTime) {
    const std::array wanted{profile("A1", "p", "d1"), profile("A1", "q", "d2"), profile("B2", "p", "d3")};
    store_.place_profiles(vezet_, wanted);
    auto bulk = collection_.bulk();
    bulk.update_many(bson::from_json("{}"),
                     bson::from_json(R"({"$set": {"updated_ts": {"$timestamp": {"t": 100, "i": 1}}}})"));
    ASSERT_THAT(bulk.execute().errors, IsEmpty());
    store_.place_profiles(vezet_, wanted);
    EXPECT_THAT(profiles("A1"), ElementsAre("p/d1/vezet", "q/d2/vezet"));
    EXPECT_THAT(profiles("B2"), ElementsAre("p/d3/vezet"));
    EXPECT_EQ(records("A1").front().view().find("updated_ts")->timestamp().seconds, 100U);
    EXPECT_EQ(records("B2").front().view().find("updated_ts")->timestamp().seconds, 100U);
}

TEST_F(UniqueDriverStoreMongoTest, PutsAllProfilesOfOneLicenceIntoOneRecord) {
    store_.place_profiles(vezet_,
                          std::array{profile("A1", "p", "d1"), profile("A1", "q", "d2"), profile("A1", "p", "d1")});
    EXPECT_THAT(records("A1"), SizeIs(1));
    EXPECT_THAT(profiles("A1"), ElementsAre("p/d1/vezet", "q/d2/vezet"));
}

TEST_F(UniqueDriverStoreMongoTest, CorrectsTheParkOfADriverWhoMoved) {
    put(R"({"_id": "r", "license": "A1", "profiles": [
            {"park_id": "main", "driver_id": "m", "app_family": "taximeter"},
            {"park_id": "old", "driver_id": "d", "app_family": "vezet", "since": 5},
            {"park_id": "last", "driver_id": "l", "app_family": "vezet"}]})");
    store_.place_profiles(vezet_, std::array{profile("A1", "new", "d"), profile("A1", "p", "e")});
    EXPECT_THAT(profiles("A1"), ElementsAre("main/m/taximeter", "new/d/vezet", "last/l/vezet", "p/e/vezet"));
    EXPECT_EQ(records("A1").front().view().find("profiles")->document().find("1")->document().find("since")->integer(),
              5);
}

TEST_F(UniqueDriverStoreMongoTest, CorrectsManyWithoutAScanForEach) {
    // 5,000 scans of 5,000 records would take minutes.
    std::vector<DriverProfile> wanted;
    for (int i = 0; i < 5000; ++i) {
        wanted.push_back(profile("L" + std::to_string(i), "p", "d" + std::to_string(i)));
    }
    store_.place_profiles(vezet_, wanted);
    auto bulk = collection_.bulk();
    bulk.update_many(bson::from_json("{}"),
                     bson::from_json(R"({"$set": {"updated_ts": {"$timestamp": {"t": 100, "i": 1}}}})"));
    ASSERT_THAT(bulk.execute().errors, IsEmpty());
    for (auto& each : wanted) {
        each.park_id = domain::ChildParkId("q");
    }
    const auto start = std::chrono::steady_clock::now();
    store_.place_profiles(vezet_, wanted);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    EXPECT_THAT(profiles("L4999"), ElementsAre("q/d4999/vezet"));
}

TEST_F(UniqueDriverStoreMongoTest, LeavesOneOfSeveralProfilesOfADriver) {
    put(R"({"_id": "r", "license": "A1", "profiles": [
            {"park_id": "old", "driver_id": "d", "app_family": "vezet"},
            {"park_id": "p", "driver_id": "d", "app_family": "vezet"},
            "no profile", {"park_id": "p", "driver_id": 5}]})");
    store_.place_profiles(vezet_, std::array{profile("A1", "p", "d")});
    EXPECT_EQ(bson::to_extended_json(*records("A1").front().view().find("profiles")),
              R"([{"park_id":"p","driver_id":"d","app_family":"vezet"},"no profile",)"
              R"({"park_id":"p","driver_id":{"$numberInt":"5"}}])");
}

TEST_F(UniqueDriverStoreMongoTest, AddsTheOthersWhenOneRecordCannotTakeAProfile) {
    put(R"({"_id": "r", "license": "A1", "profiles": "none"})");
    EXPECT_THAT(store_.place_profiles(
                    vezet_, std::array{profile("A0", "p", "d0"), profile("A1", "p", "d1"), profile("A2", "p", "d2")}),
                ElementsAre(1));
    EXPECT_THAT(profiles("A0"), ElementsAre("p/d0/vezet"));
    EXPECT_THAT(profiles("A2"), ElementsAre("p/d2/vezet"));
    EXPECT_EQ(records("A1").front().view().find("profiles")->string(), "none");
}

TEST_F(UniqueDriverStoreMongoTest, KeepsADriverWhereHeIsWhenTheRecordOfHisNewLicenceCannotTakeHim) {
    put(R"({"_id": "r", "license": "A1", "profiles": "none"})");
    store_.place_profiles(vezet_, std::array{profile("A0", "p", "d")});
    EXPECT_THAT(store_.place_profiles(vezet_, std::array{profile("A1", "p", "d")}), ElementsAre(0));
    EXPECT_THAT(profiles("A0"), ElementsAre("p/d/vezet"));
}

TEST_F(UniqueDriverStoreMongoTest, MovesManyToTheRecordsOfTheirCorrectedLicences) {
    // As above, and 5,000 looks for a driver by a scan would take minutes, too.
    std::vector<DriverProfile> wanted;
    for (int i = 0; i < 5000; ++i) {
        wanted.push_back(profile("L" + std::to_string(i), "p", "d" + std::to_string(i)));
    }
    store_.place_profiles(vezet_, wanted);
    for (auto& each : wanted) {
        each.license.insert(0, "N");
    }
    const auto start = std::chrono::steady_clock::now();
    store_.place_profiles(vezet_, wanted);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(40));
    EXPECT_THAT(profiles("L4999"), IsEmpty());
    EXPECT_THAT(profiles("NL4999"), ElementsAre("p/d4999/vezet"));
    EXPECT_THAT(records("L4999"), SizeIs(1)) << "what else is in a record is not ours";
}

TEST_F(UniqueDriverStoreMongoTest, NewIdsFindTheirRecordsWhetherOrNotThoseBeforeHadAny) {
    // Neither has a record; then both do; then one of two does.
    const std::array first{new_profile("A1", "p", "d1"), new_profile("B1", "p", "d2")};
    const std::array second{new_profile("A2", "p", "d3"), new_profile("B2", "p", "d4")};
    const std::array third{new_profile("A1", "p", "d5"), new_profile("B1", "p", "d6")};
    const std::array fourth{new_profile("A2", "p", "d7"), new_profile("B3", "p", "d8")};
    store_.place_profiles(vezet_, first);
    store_.place_profiles(vezet_, second);
    store_.place_profiles(vezet_, third);
    store_.place_profiles(vezet_, fourth);
    EXPECT_THAT(profiles("A1"), ElementsAre("p/d1/vezet", "p/d5/vezet"));
    EXPECT_THAT(profiles("B1"), ElementsAre("p/d2/vezet", "p/d6/vezet"));
    EXPECT_THAT(profiles("A2"), ElementsAre("p/d3/vezet", "p/d7/vezet"));
    EXPECT_THAT(profiles("B2"), ElementsAre("p/d4/vezet"));
    EXPECT_THAT(profiles("B3"), ElementsAre("p/d8/vezet"));
    EXPECT_EQ(collection_.estimated_count(), 5);
}

TEST_F(UniqueDriverStoreMongoTest, RecordsOfNewIdsAreAsThoseOfOthers) {
    for (const std::string license : {"A1", "A2", "A3"}) {
        store_.place_profiles(vezet_, std::array{new_profile(license, "p", "d" + license)});
        const auto record = records(license).front();
        EXPECT_THAT(std::string(record.view().find("_id")->string()), MatchesRegex("[0-9a-f]{32}"));
        EXPECT_EQ(record.view().find("created_date")->type, bson::Type::date);
        EXPECT_EQ(record.view().find("modified_date")->type, bson::Type::date);
        EXPECT_NE(record.view().find("updated_ts")->timestamp(), bson::Timestamp{});
        EXPECT_EQ(record.view().find("profiles")->document().find("0")->document().bytes().size(),
                  bson::from_json(R"({"park_id": "p", "driver_id": "dA1", "app_family": "vezet"})").size_bytes());
    }
}

TEST_F(UniqueDriverStoreMongoTest, NewIdsMeetRecordsThatAreNotAsTheyShouldBe) {
    put(R"({"_id": "r1", "license": "A1", "profiles": "none"})");
    put(R"({"_id": "r2", "license": "A2", "profiles": null})");
    put(R"({"_id": "r3", "license": "A3"})");
    const auto place = [&](const std::string& suffix) {
        return store_.place_profiles(
            vezet_, std::array{new_profile("A0", "p", "d0" + suffix), new_profile("A1", "p", "d1" + suffix),
                               new_profile("A2", "p", "d2" + suffix), new_profile("A3", "p", "d3" + suffix)});
    };
    EXPECT_THAT(place("a"), ElementsAre(1));
    // None of the last ones had a record, so that these are inserted.
    store_.place_profiles(vezet_, std::array{new_profile("X1", "p", "x1"), new_profile("X2", "p", "x2")});
    EXPECT_THAT(place("b"), ElementsAre(1));
    EXPECT_THAT(profiles("A0"), ElementsAre("p/d0a/vezet", "p/d0b/vezet"));
    EXPECT_THAT(profiles("A2"), ElementsAre("p/d2a/vezet", "p/d2b/vezet"));
    EXPECT_THAT(profiles("A3"), ElementsAre("p/d3a/vezet", "p/d3b/vezet"));
}

TEST_F(UniqueDriverStoreMongoTest, AddsMoreThanOneQueryHolds) {
    std::vector<DriverProfile> wanted;
    for (int i = 0; i < 2500; ++i) {
        wanted.push_back(profile("L" + std::to_string(i), "p", "d" + std::to_string(i)));
    }
    store_.place_profiles(vezet_, wanted);
    store_.place_profiles(vezet_, wanted);
    EXPECT_EQ(collection_.estimated_count(), 2500);
    EXPECT_THAT(profiles("L2499"), ElementsAre("p/d2499/vezet"));
    store_.place_profiles(vezet_, {});
}

TEST_F(UniqueDriverStoreMongoTest, NewIdsStandOnceWhileRunnersRaceForTheirRecords) {
    constexpr int runners = 4;
    constexpr int licenses = 50;
    {
        std::latch start(runners);
        std::vector<std::jthread> threads;
        for (int runner = 0; runner < runners; ++runner) {
            threads.emplace_back([&, runner] {
                for (const std::string series : {"A", "B", "C"}) {
                    std::vector<DriverProfile> wanted;
                    for (int i = 0; i < licenses; ++i) {
                        const auto n = series + std::to_string(i);
                        wanted.push_back(new_profile(n, "p", n + "_" + std::to_string(runner)));
                    }
                    if (series == "A") {
                        start.arrive_and_wait();
                    }
                    store_.place_profiles(vezet_, wanted);
                }
            });
        }
    }
    for (const std::string series : {"A", "B", "C"}) {
        for (int i = 0; i < licenses; ++i) {
            const auto n = series + std::to_string(i);
            EXPECT_THAT(records(n), SizeIs(1));
            EXPECT_THAT(profiles(n), UnorderedElementsAre("p/" + n + "_0/vezet", "p/" + n + "_1/vezet",
                                                          "p/" + n + "_2/vezet", "p/" + n + "_3/vezet"));
        }
    }
}

TEST_F(UniqueDriverStoreMongoTest, KeepsProfilesSingleWhileRunnersRace) {
    constexpr int runners = 4;
    constexpr int licenses = 50;
    put(R"({"_id": "r", "license": "L0",
            "profiles": [{"park_id": "old", "driver_id": "same0", "app_family": "vezet"}]})");
    {
        std::latch start(runners);
        std::vector<std::jthread> threads;
        for (int runner = 0; runner < runners; ++runner) {
            threads.emplace_back([&, runner] {
                std::vector<DriverProfile> wanted;
                for (int i = 0; i < licenses; ++i) {
                    const auto n = std::to_string(i);
                    wanted.push_back(profile("L" + n, "p", "same" + n));
                    wanted.push_back(profile("L" + n, "p", "own" + n + "_" + std::to_string(runner)));
                }
                start.arrive_and_wait();
                store_.place_profiles(vezet_, wanted);
            });
        }
    }
    for (int i = 0; i < licenses; ++i) {
        const auto n = std::to_string(i);
        EXPECT_THAT(records("L" + n), SizeIs(1));
        const std::string own = "p/own" + n + "_";
        EXPECT_THAT(profiles("L" + n), UnorderedElementsAre("p/same" + n + "/vezet", own + "0/vezet", own + "1/vezet",
                                                            own + "2/vezet", own + "3/vezet"));
    }
}

}  // namespace
}  // namespace twinfleet::mirroring
