#include <array>
#include <chrono>
#include <map>
#include <stop_token>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/sample_fleets/generator/bad_documents.hpp"
#include "apps/sample_fleets/generator/collected_fleet_for_tests.hpp"
#include "apps/sample_fleets/generator/synthetic_fleet.hpp"
#include "apps/sample_fleets/store/edit_stream_mongo.hpp"
#include "apps/sample_fleets/store/fleet_loader_mongo.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::sample_fleets {
namespace {

using namespace std::chrono_literals;

constexpr std::array mirrored{Collection::parks, Collection::work_rules, Collection::cars, Collection::drivers};

/// Databases of their own for each test.
class SampleFleetStore : public ::testing::Test {
protected:
    [[nodiscard]] const FleetStore& store() const { return store_; }

    /// 3 parks, 6 rules, 1,500 cars (more than one batch), 200 drivers, 50 unique drivers.
    LoadCounts load() const {
        FleetLoader loader(store());
        generate_synthetic_fleet(
            fleet(), [&loader](Collection collection, bson::View document) { loader.add(collection, document); });
        loader.finish();
        return loader.total();
    }

    static SyntheticFleet fleet() {
        SyntheticFleet fleet;
        fleet.parks = 3;
        fleet.cars = 1500;
        fleet.drivers = 200;
        fleet.unique_drivers = 50;
        return fleet;
    }
    static constexpr std::uint64_t fleet_size = 3 + 6 + 1500 + 200 + 50;

    [[nodiscard]] CollectedFleet read_all() const {
        CollectedFleet collected;
        const auto sink = collected.sink();
        for (const auto collection : collections) {
            auto cursor = store().collection(collection).find({});
            while (const auto document = cursor.next()) {
                sink(collection, *document);
            }
        }
        return collected;
    }

    void insert(Collection collection, std::string_view json) const {
        auto bulk = store().collection(collection).bulk();
        bulk.insert(bson::from_json(json));
        ASSERT_TRUE(bulk.execute().errors.empty());
    }

private:
    twinfleet::testing::TestMongo mongo_;
    FleetStore store_{mongo_.pool(), mongo_.prefix()};
};

TEST_F(SampleFleetStore, LoadsEveryDocumentBitForBitWithATimestampOfTheServer) {
    const auto counts = load();
    EXPECT_EQ(counts.inserted, fleet_size);
    EXPECT_EQ(counts.existing, 0U);
    EXPECT_EQ(counts.refused, 0U);

    CollectedFleet expected;
    generate_synthetic_fleet(fleet(), expected.sink());
    const auto stored = read_all();
    for (const auto collection : collections) {
        ASSERT_EQ(stored.of(collection).size(), expected.of(collection).size());
        for (const auto& [id, document] : stored.of(collection)) {
            bson::Builder without_timestamp;
            for (const auto& element : document.view()) {
                if (element.key == "updated_ts") {
                    ASSERT_EQ(element.type, bson::Type::timestamp);
                    ASSERT_GT(element.timestamp().seconds, 0U);
                } else {
                    without_timestamp.copy(element);
                }
            }
            ASSERT_TRUE(document.view().find("updated_ts")) << id;
            ASSERT_EQ(bson::to_extended_json(without_timestamp.take()),
                      bson::to_extended_json(expected.of(collection).at(id)));
        }
    }
}

TEST_F(SampleFleetStore, LoadingAgainChangesNothing) {
    load();
    auto rename = store().collection(Collection::parks).bulk();
    rename.update_one(bson::Builder().string("_id", synthetic_park_id(fleet(), 0)).take(),
                      bson::from_json(R"({"$set": {"name": "Renamed"}})"));
    ASSERT_EQ(rename.execute().matched, 1U);
    const auto before = read_all();

    const auto counts = load();
    EXPECT_EQ(counts.inserted, 0U);
    EXPECT_EQ(counts.existing, fleet_size);
    EXPECT_EQ(counts.refused, 0U);
    EXPECT_TRUE(read_all().documents == before.documents);
}

TEST_F(SampleFleetStore, LoadingAgainHealsALoadThatWasCutOffBeforeTheTimestamps) {
    auto bulk = store().collection(Collection::cars).bulk();
    generate_synthetic_fleet(fleet(), [&bulk](Collection collection, bson::View document) {
        if (collection == Collection::cars && bulk.size() < 10) {
            bulk.insert(document);
        }
    });
    ASSERT_EQ(bulk.execute().inserted, 10U);

    const auto counts = load();
    EXPECT_EQ(counts.inserted, fleet_size - 10);
    EXPECT_EQ(counts.existing, 10U);
    const auto stored = read_all();
    for (const auto& [id, car] : stored.of(Collection::cars)) {
        ASSERT_TRUE(car.view().find("updated_ts")) << id;
    }
}

TEST_F(SampleFleetStore, LoadsBadDocumentsToo) {
    FleetLoader loader(store());
    CollectedFleet expected;
    const auto collect = expected.sink();
    generate_bad_documents(bad_document_kinds * 2, [&](Collection collection, bson::View document) {
        collect(collection, document);
        loader.add(collection, document);
    });
    loader.finish();
    EXPECT_EQ(loader.total().inserted, expected.order.size());
    EXPECT_EQ(loader.total().refused, 0U);
    const auto stored = read_all();
    for (const auto collection : collections) {
        EXPECT_EQ(stored.of(collection).size(), expected.of(collection).size());
        for (const auto& [id, document] : stored.of(collection)) {
            EXPECT_TRUE(document.view().find("updated_ts")) << id;
        }
    }
}

TEST_F(SampleFleetStore, RemovesTheSampleFleetsWithTheirChildrenAndNothingElse) {
    load();
    const auto sample_park = synthetic_park_id(fleet(), 0);
    // A child park that kept no unknown field, and documents of others within it and within a sample park.
    insert(Collection::parks,
           R"({"_id": "child", "login": "c", "fleet_type": "vezet", "parent_park_id": ")" + sample_park + R"("})");
    insert(Collection::drivers, R"({"_id": "child driver", "park_id": "child"})");
    insert(Collection::cars, R"({"_id": "own car", "park_id": ")" + sample_park + R"("})");
    insert(Collection::parks, R"({"_id": "foreign", "login": "f"})");
    insert(Collection::drivers, R"({"_id": "foreign driver", "park_id": "foreign"})");
    insert(Collection::unique_drivers, R"({"_id": "foreign person", "license": "X"})");

    EXPECT_EQ(remove_sample_fleets(store()), fleet_size + 3);
    const auto left = read_all();
    EXPECT_EQ(left.order.size(), 3U);
    EXPECT_NE(left.find(Collection::parks, "foreign"), nullptr);
    EXPECT_NE(left.find(Collection::drivers, "foreign driver"), nullptr);
    EXPECT_NE(left.find(Collection::unique_drivers, "foreign person"), nullptr);
    EXPECT_EQ(remove_sample_fleets(store()), 0U);
}

TEST_F(SampleFleetStore, EditsParentsOnlyAndMovesTheirDates) {
    load();
    insert(Collection::parks, R"({"_id": "child", "login": "c", "fleet_type": "vezet", "sample_origin": "synthetic"})");
    insert(Collection::drivers, R"({"_id": "child driver", "park_id": "child", "sample_origin": "synthetic"})");
    const auto before = read_all();

    const auto editable = read_editable_fleet(store());
    EXPECT_EQ(editable.parks.size(), 3U);
    EXPECT_EQ(editable.drivers.size(), 200U);
    EditSequence edits(editable, 1);
    const auto counts = run_edits(store(), edits, 500, 1s, {});
    EXPECT_GT(counts.changes, 0U);
    EXPECT_LE(counts.changes, 500U);
    EXPECT_EQ(counts.missed, 0U);
    EXPECT_EQ(counts.refused, 0U);

    std::map<Collection, int> changed;
    const auto after = read_all();
    for (const auto collection : mirrored) {
        for (const auto& [id, document] : after.of(collection)) {
            const auto& earlier = before.of(collection).at(id);
            if (document == earlier) {
                continue;
            }
            ++changed[collection];
            EXPECT_EQ(text_of(document, origin_field), origin::synthetic);
            EXPECT_GT(document.view().find("modified_date").value().date_ms(),
                      earlier.view().find("modified_date").value().date_ms());
            EXPECT_GE(document.view().find("updated_ts").value().timestamp(),
                      earlier.view().find("updated_ts").value().timestamp());
            EXPECT_NE(text_of(document, "_id"), "child");
            EXPECT_NE(text_of(document, "_id"), "child driver");
        }
    }
    EXPECT_GT(changed[Collection::drivers], 0);
    EXPECT_GT(changed[Collection::cars], 0);
    EXPECT_TRUE(open_references(after).size() == open_references(before).size());
}

TEST_F(SampleFleetStore, EditsStopWhenAsked) {
    load();
    const auto editable = read_editable_fleet(store());
    EditSequence edits(editable, 1);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(run_edits(store(), edits, 1, 1h, stop.get_token()).changes, 0U);
}

}  // namespace
}  // namespace twinfleet::sample_fleets
