// A right that its parent has lost ends in the child, whether or not the parent can be mirrored.
#include <optional>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/replica.hpp"

namespace twinfleet::mirroring::testing {
namespace {

/// A mirrored park with a rule and a driver, in step with their children.
class SwitchingOff : public ::testing::Test {
protected:
    SwitchingOff() {
        put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
        put("work_rules", R"("_id": "rule", "park_id": "park", "is_enabled": true)");
        put("drivers", driver("working"));
        run("parks");
        run("work_rules");
        EXPECT_TRUE(std::holds_alternative<ChildDriver>(replica_.create_child("driver")));
        run("drivers");
    }

    static std::string driver(const std::string& work_status, const std::string& park = "\"park\"",
                              const std::string& more = "") {
        return R"("_id": "driver", "first_name": "Ann", "work_status": ")" + work_status + R"(", "park_id": )" + park +
               more;
    }
    void put(const std::string& collection, const std::string& fields) {
        world_.put(collection, bson::from_json("{" + fields + "}").view());
    }
    /// An incremental pass, a while later.
    RunCounts run(const std::string& job) {
        world_.advance(1'000);
        return replica_.run_job(entity(job), {}).value().counts;
    }
    bson::Document child_of(const std::string& entity_name) const {
        for (const auto& stored : world_.links(entity_name)) {
            return world_.document(entity_name, id_key(stored.link.child_id.value())).value();
        }
        return {};
    }
    std::string field_of_child(const std::string& entity_name, const std::string& field) const {
        const bson::Document child = child_of(entity_name);
        const auto found = child.view().find(field);
        return found ? bson::to_extended_json(*found) : "absent";
    }
    std::string reason_of(const std::string& parent_id) const {
        for (const auto& entry : world_.quarantine()) {
            if (entry.parent.parent_id == parent_id) {
                return entry.parent.reason;
            }
        }
        return "none";
    }

    FakeWorld world_;
    Platform platform_{world_};
    Replica replica_{world_, platform_, "worker", {.pass = {.execution = Execution::inline_}}};
};

TEST_F(SwitchingOff, AFiredDriverWhoCannotBeMirroredIsFiredInTheChild) {
    put("drivers", driver("fired", "5", R"(, "last_name": "Lee")"));
    const RunCounts counts = run("drivers");
    EXPECT_EQ(counts.quarantined, 1U);
    EXPECT_EQ(counts.updated, 0U) << "it is not in step";
    EXPECT_EQ(reason_of("driver"), "bad_field:park_id");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"fired\"");
    EXPECT_EQ(field_of_child("drivers", "first_name"), "\"Ann\"") << "the rest is left as it was";
    EXPECT_EQ(field_of_child("drivers", "last_name"), "absent");
    EXPECT_EQ(world_.links("drivers").front().link.state, LinkState::linked) << "it is not retired: the parent lives";
}

TEST_F(SwitchingOff, AnyStatusButWorkingTakesTheRightAway) {
    put("drivers", driver("not_working", "5"));
    run("drivers");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"not_working\"");
}

TEST_F(SwitchingOff, WhatCannotBeMirroredGivesNoRight) {
    put("drivers", driver("fired"));
    run("drivers");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"fired\"");
    put("drivers", driver("working", "5"));
    run("drivers");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"fired\"");
}

TEST_F(SwitchingOff, AMendedParentBringsItsChildBackAlthoughItIsAsItWasBefore) {
    put("drivers", driver("fired", "5"));
    run("drivers");
    put("drivers", driver("working"));
    run("drivers");
    EXPECT_EQ(reason_of("driver"), "none");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"working\"");
}

TEST_F(SwitchingOff, AParkThatCannotBeMirroredIsSwitchedOffInTheChild) {
    put("parks", R"("_id": "park", "login": 5, "city_id": "Chicago", "is_active": false)");
    run("parks");
    EXPECT_EQ(reason_of("park"), "bad_field:login");
    EXPECT_EQ(field_of_child("parks", "is_active"), "false");
    put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
    run("parks");
    EXPECT_EQ(field_of_child("parks", "is_active"), "true");
}

TEST_F(SwitchingOff, ADriverOfAParkThatCannotBeMirroredIsFiredInTheChild) {
    put("parks", R"("_id": "park", "login": 5, "city_id": "Chicago", "is_active": true)");
    run("parks");
    put("drivers", driver("fired"));
    run("drivers");
    EXPECT_EQ(reason_of("driver"), "parent_quarantined");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"fired\"");
}

TEST_F(SwitchingOff, ADisabledRuleThatCannotBeMirroredIsDisabledInTheChild) {
    put("work_rules", R"("_id": "rule", "park_id": 5, "is_enabled": false)");
    run("work_rules");
    EXPECT_EQ(reason_of("rule"), "bad_field:park_id");
    EXPECT_EQ(field_of_child("work_rules", "is_enabled"), "false");
}

TEST_F(SwitchingOff, ADriverWhoIsTooLargeIsFiredInTheChild) {
    put("drivers", driver("fired", "\"park\"", R"(, "text": ")" + std::string(document_bytes_max - 150, 'x') + '"'));
    run("drivers");
    EXPECT_EQ(reason_of("driver"), "too_large");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"fired\"");
}

TEST_F(SwitchingOff, ADriverWhomTheStoreRefusesIsFiredInTheChild) {
    world_.refuse_documents([](bson::View document) { return document.find("odd").has_value(); });
    put("drivers", driver("fired", "\"park\"", R"(, "odd": 1)"));
    run("drivers");
    EXPECT_EQ(reason_of("driver"), "write_refused");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"fired\"");
    EXPECT_EQ(field_of_child("drivers", "odd"), "absent");
    const bson::Document before = child_of("drivers");
    world_.advance(120'000);
    EXPECT_EQ(run("drivers").quarantined, 1U) << "it was tried again";
    EXPECT_EQ(child_of("drivers"), before) << "and left as it is";
}

TEST_F(SwitchingOff, AChildThatIsOffIsNotWrittenAgainAndAgain) {
    put("drivers", driver("fired", "5"));
    run("drivers");
    const bson::Document before = child_of("drivers");
    world_.advance(120'000);
    EXPECT_EQ(run("drivers").quarantined, 1U) << "it was tried again";
    EXPECT_EQ(child_of("drivers"), before);
}

TEST_F(SwitchingOff, WhoSwitchesTheChildOnAgainIsOverruled) {
    put("drivers", driver("fired", "5"));
    run("drivers");
    bson::Builder builder;
    const bson::Document off = child_of("drivers");
    for (const bson::Element& element : off.view()) {
        if (element.key == "work_status") {
            builder.string("work_status", "working");
        } else {
            builder.copy(element);
        }
    }
    const bson::Document on = builder.take();
    world_.put("drivers", on.view());
    world_.advance(120'000);
    run("drivers");
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"fired\"");
}

TEST_F(SwitchingOff, AChildSwitchedOffDoesNotCountAgainstTheBudgetOfAFullPass) {
    put("drivers", driver("fired", "5"));
    world_.advance(1'000);
    const auto result = replica_.run_job(entity("drivers"), {.mode = Mode::full}).value();
    EXPECT_EQ(result.counts.retired, 0U);
    EXPECT_EQ(field_of_child("drivers", "work_status"), "\"fired\"");
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
