#include "capabilities/mirroring/policy/projection.hpp"

#include <array>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

const domain::AppFamily vezet{"vezet"};

Link linked(std::string parent, std::string park, std::string child, std::string child_park) {
    Link link;
    link.parent_id = domain::ParentId(std::move(parent));
    link.parent_park_id = domain::ParentParkId(std::move(park));
    link.child_id = domain::ChildId(std::move(child));
    link.child_park_id = domain::ChildParkId(std::move(child_park));
    link.state = LinkState::linked;
    return link;
}

class ProjectionTest : public ::testing::Test {
protected:
    Projection project(std::string_view entity_name, const bson::Document& parent, const ChildIdentity& child) {
        const Projector projector(entity(entity_name), vezet);
        return projector.project(projector.inspect(parent), child, references_);
    }
    static std::string json(const bson::Document& document) { return bson::to_extended_json(document); }

    ReferenceTable references_;
    const ChildIdentity child_{.id = "c1", .park_id = "cp1", .login = ""};
};

TEST_F(ProjectionTest, CopiesEveryFieldNobodyNamedBitForBit) {
    const auto parent = bson::from_json(R"({
        "_id": "car1", "park_id": "p1", "number": "A1", "updated_ts": {"$timestamp": {"t": 5, "i": 1}},
        "x_double": {"$numberDouble": "-0.0"}, "x_long": {"$numberLong": "9007199254740993"},
        "x_decimal": {"$numberDecimal": "1.10"}, "x_oid": {"$oid": "507f1f77bcf86cd799439011"},
        "x_binary": {"$binary": {"base64": "AAEC", "subType": "80"}}, "x_regex": {"$regularExpression": {"pattern": "a", "options": "i"}},
        "x_min": {"$minKey": 1}, "x_max": {"$maxKey": 1}, "x_null": null, "x_array": [1, {"b": [true]}],
        "x_code": {"$code": "f"}, "x_symbol": {"$symbol": "s"}, "x_date": {"$date": {"$numberLong": "-1"}}})");
    const auto content = project("cars", parent, child_).content;
    for (const bson::Element& element : parent.view()) {
        if (!element.key.starts_with("x_")) {
            continue;
        }
        const auto copied = content.view().find(element.key);
        ASSERT_TRUE(copied) << element.key;
        EXPECT_TRUE(copied->same_value(element)) << element.key;
    }
}

TEST_F(ProjectionTest, RemapsReferencesWithinTheParkAndDerivesTheRest) {
    references_.add(entity("cars"), linked("car1", "p1", "child_car", "cp1"));
    references_.add(entity("work_rules"), linked("rule1", "p1", "child_rule", "cp1"));
    const auto parent = bson::from_json(R"({"_id": "d1", "park_id": "p1", "car_id": "car1", "rule_id": "rule1",
        "balance": 12.5, "password_hash": "x", "device_tokens": ["t"], "modified_date": {"$date": {"$numberLong": "7"}}})");
    const auto projection = project("drivers", parent, child_);
    EXPECT_EQ(json(projection.content), json(bson::from_json(R"({"park_id": "cp1", "car_id": "child_car",
        "rule_id": "child_rule", "modified_date": {"$date": {"$numberLong": "7"}}, "parent_driver_id": "d1"})")));
    EXPECT_EQ(projection.dangling_references, 0U);
}

TEST_F(ProjectionTest, LeavesOutReferencesThatLeadNowhereInThePark) {
    references_.add(entity("cars"), linked("car1", "another_park", "child_car", "cp2"));
    Link reserved = linked("rule1", "p1", "child_rule", "cp1");
    reserved.state = LinkState::reserved;
    references_.add(entity("work_rules"), reserved);
    const auto parent = bson::from_json(R"({"_id": "d1", "park_id": "p1", "car_id": "car1", "rule_id": "rule1"})");
    const auto projection = project("drivers", parent, child_);
    EXPECT_FALSE(projection.content.view().find("car_id"));
    EXPECT_FALSE(projection.content.view().find("rule_id"));
    EXPECT_EQ(projection.dangling_references, 2U);
}

TEST_F(ProjectionTest, KeepsNullReferences) {
    const auto parent = bson::from_json(R"({"_id": "d1", "park_id": "p1", "car_id": null, "rule_id": null})");
    const auto projection = project("drivers", parent, child_);
    EXPECT_EQ(projection.content.view().find("car_id")->type, bson::Type::null);
    EXPECT_EQ(projection.content.view().find("rule_id")->type, bson::Type::null);
    EXPECT_EQ(projection.dangling_references, 0U);
}

TEST_F(ProjectionTest, LeavesOutAndCountsReferencesThatAreNoIds) {
    references_.add(entity("cars"), linked("car1", "p1", "child_car", "cp1"));
    for (const char* odd :
         {R"({"$numberInt": "7"})", R"({"$numberLong": "7"})", R"({"$numberDouble": "1.5"})", "true", R"(["car1"])",
          R"({"id": "car1"})", R"({"$oid": "507f1f77bcf86cd799439011"})", R"({"$symbol": "car1"})",
          R"({"$code": "car1"})", R"({"$date": {"$numberLong": "1"}})", R"({"$undefined": true})",
          R"({"$binary": {"base64": "Y2FyMQ==", "subType": "00"}})", R"({"$minKey": 1})", R"("")"}) {
        const auto parent = bson::from_json(R"({"_id": "d1", "park_id": "p1", "car_id": )" + std::string(odd) + "}");
        const Projector projector(entity("drivers"), vezet);
        EXPECT_TRUE(projector.inspect(parent).problem.empty()) << odd;
        const auto projection = project("drivers", parent, child_);
        EXPECT_FALSE(projection.content.view().find("car_id")) << odd;
        EXPECT_EQ(projection.dangling_references, 1U) << odd;
    }
}

/// Drivers that refer to lists of cars.
class ReferenceListTest : public ProjectionTest {
protected:
    ReferenceListTest() {
        references_.add(entity("cars"), linked("car1", "p1", "child_car1", "cp1"));
        references_.add(entity("cars"), linked("car2", "p1", "child_car2", "cp1"));
        references_.add(entity("cars"), linked("far", "another_park", "child_far", "cp2"));
    }
    /// What becomes of `car_ids`, which is given as JSON, and how many references are left out.
    std::pair<std::string, std::uint32_t> list(const std::string& car_ids) {
        parent_ = bson::from_json(R"({"_id": "d1", "park_id": "p1", "car_ids": )" + car_ids + "}");
        const Projector projector(entity_, vezet);
        facts_ = projector.inspect(parent_);
        const auto projection = projector.project(facts_, child_, references_);
        const auto field = projection.content.view().find("car_ids");
        return {field ? bson::to_extended_json(*field) : "absent", projection.dangling_references};
    }

    static constexpr std::array fields_{
        FieldPolicy{.field = "park_id", .treatment = Treatment::remap, .target = "parks"},
        FieldPolicy{.field = "car_ids", .treatment = Treatment::remap_each, .target = "cars"}};
    const Entity entity_{.name = "drivers", .retirement = {.field = "work_status"}, .fields = fields_};
    bson::Document parent_;
    ParentFacts facts_;
};

TEST_F(ReferenceListTest, IsRemappedElementByElement) {
    EXPECT_EQ(list(R"(["car2", "car1"])"), std::pair(std::string(R"(["child_car2","child_car1"])"), 0U));
    EXPECT_EQ(list("[]"), std::pair(std::string("[]"), 0U));
    EXPECT_EQ(list(R"(["far", "car1", 5, null, "nobody", {"a": 1}, ["car1"]])"),
              std::pair(std::string(R"(["child_car1",null])"), 5U));
}

TEST_F(ReferenceListTest, StaysNullAndIsLeftOutWhenItIsNoList) {
    EXPECT_EQ(list("null"), std::pair(std::string("null"), 0U));
    EXPECT_EQ(list(R"("car1")"), std::pair(std::string("absent"), 1U));
    EXPECT_EQ(list(R"({"0": "car1"})"), std::pair(std::string("absent"), 1U));
}

TEST_F(ReferenceListTest, TellsWhatItRefersTo) {
    static_cast<void>(list(R"(["car2", 5, "far", "car2"])"));
    std::vector<std::string_view> ids;
    for (const Reference& reference : facts_.references) {
        EXPECT_EQ(reference.policy->field, "car_ids");
        ids.push_back(reference.id);
    }
    EXPECT_EQ(ids, (std::vector<std::string_view>{"car2", "far", "car2"}));
}

TEST_F(ProjectionTest, LeavesOutTopLevelFieldsThatNoReplacementMayHave) {
    bson::Builder parent;
    parent.string("_id", "car1").string("park_id", "p1").int32("$price", 5).string("$ref", "car2").int32("a.b", 1);
    parent.begin_document("nested").int32("$price", 5).end().int32("", 2).string("cost$", "x");
    EXPECT_EQ(json(project("cars", parent.take(), child_).content),
              R"({"park_id":"cp1","a.b":{"$numberInt":"1"},"nested":{"$price":{"$numberInt":"5"}},)"
              R"("":{"$numberInt":"2"},"cost$":"x","parent_car_id":"car1"})");
}

TEST_F(ProjectionTest, MakesAParkTheFamilysAndDropsItsSecrets) {
    const auto parent = bson::from_json(R"({"_id": "p1", "name": "Park", "login": "park", "fleet_type": null,
        "api_keys": ["k"], "integrations": {"a": 1}, "city_id": "Chicago"})");
    const auto projection = project("parks", parent, {.id = "c1", .park_id = "c1", .login = "park-vezet"});
    EXPECT_EQ(
        json(projection.content),
        json(bson::from_json(R"({"name": "Park", "login": "park-vezet", "fleet_type": "vezet", "city_id": "Chicago",
                                       "parent_park_id": "p1"})")));
}

TEST_F(ProjectionTest, NewChildHasItsIdAndFirstValues) {
    const Projector projector(entity("drivers"), vezet);
    const auto content = bson::from_json(R"({"park_id": "cp1"})");
    const Time now{std::chrono::milliseconds(1'700'000'000'123)};
    EXPECT_EQ(json(projector.new_child(child_, content, now)),
              json(bson::from_json(R"({"_id": "c1", "park_id": "cp1", "balance": {"$numberInt": "0"},
                                       "created_date": {"$date": {"$numberLong": "1700000000123"}}})")));
}

TEST_F(ProjectionTest, StoredSizeIsThatOfTheNewChildWithItsTimestamp) {
    const Projector projector(entity("drivers"), vezet);
    const auto content = bson::from_json(R"({"park_id": "cp1", "x": "y"})");
    const auto child = projector.new_child(child_, content, Time{});
    const std::size_t updated_ts_bytes = 1 + sizeof("updated_ts") + 8;
    EXPECT_EQ(projector.stored_size_bytes(child_, content), child.size_bytes() + updated_ts_bytes);
}

TEST_F(ProjectionTest, HashFollowsTheContentAlone) {
    const auto one = project("cars", bson::from_json(R"({"_id": "car1", "park_id": "p1", "number": "A",
        "created_date": {"$date": {"$numberLong": "1"}}, "updated_ts": {"$timestamp": {"t": 1, "i": 1}}})"),
                             child_);
    const auto touched = project("cars", bson::from_json(R"({"_id": "car1", "park_id": "p1", "number": "A",
        "created_date": {"$date": {"$numberLong": "2"}}, "updated_ts": {"$timestamp": {"t": 9, "i": 1}}})"),
                                 child_);
    const auto changed = project("cars", bson::from_json(R"({"_id": "car1", "park_id": "p1", "number": "B"})"), child_);
    EXPECT_EQ(one.hash, touched.hash);
    EXPECT_NE(one.hash, changed.hash);
}

// Bytes that are no document are refused by name, and nothing worse happens; run under the sanitizers.
TEST(ProjectionFuzz, SurvivesAnyBytes) {
    std::mt19937_64 random(20240501);  // NOLINT(cert-msc51-cpp): a fuzz run that can be repeated
    bson::Builder deep;
    constexpr int depth = 300;
    for (int i = 0; i < depth; ++i) {
        deep.begin_document("a");
    }
    for (int i = 0; i < depth; ++i) {
        deep.end();
    }
    const std::vector<bson::Document> seeds{
        bson::from_json(
            R"({"_id": "d1", "park_id": "p1", "car_id": "car1", "license": {"number": "77 OE"}, "x": [1, {"y.z": 2}],
            "phones": ["+7000"], "updated_ts": {"$timestamp": {"t": 5, "i": 1}}, "z": {"$numberDecimal": "1.5"}})"),
        bson::from_json(R"({"_id": {"$oid": "507f1f77bcf86cd799439011"}, "login": "l", "fleet_type": "vezet"})"),
        deep.take(),
    };
    std::vector<Projector> projectors;
    for (const Entity& each : entities()) {
        projectors.emplace_back(each, vezet);
    }
    ReferenceTable references;
    references.add(entity("cars"), linked("car1", "p1", "cc", "cp"));
    std::size_t accepted = 0;
    std::size_t refused = 0;
    constexpr int rounds = 10'000;
    for (int round = 0; round < rounds; ++round) {
        const auto seed = seeds[random() % seeds.size()].view().bytes();
        std::vector<std::uint8_t> bytes(seed.begin(), seed.end());
        const std::size_t changes = random() % 4;
        for (std::size_t change = 0; change < changes; ++change) {
            bytes[4 + random() % (bytes.size() - 5)] = static_cast<std::uint8_t>(random());
        }
        const Projector& projector = projectors[random() % projectors.size()];
        try {
            const bson::View document{bson::Bytes(bytes)};
            const ParentFacts facts = projector.inspect(document);
            const auto projection = projector.project(facts, {.id = "c", .park_id = "cp", .login = "l"}, references);
            EXPECT_TRUE(projector.difference(projection.content, projection.content).empty());
            std::vector<Projector::Suspect> suspects;
            projector.collect_suspects(document, suspects);
            ++accepted;
        } catch (const bson::Malformed&) {
            ++refused;
        }
    }
    EXPECT_GT(accepted, 1000U);
    EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace twinfleet::mirroring
