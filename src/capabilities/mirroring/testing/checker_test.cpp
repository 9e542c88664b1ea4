// Each test takes a fleet that is in order, breaks one thing, and expects the checker to name it.
#include "capabilities/mirroring/testing/checker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::mirroring::testing {
namespace {

using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string id_of(char digit) {
    return std::string(32, digit);
}

const std::string park_child = id_of('a');
const std::string rule_child = id_of('b');
const std::string car_child = id_of('c');
const std::string driver_child = id_of('d');

class CheckerTest : public ::testing::Test {
protected:
    CheckerTest() {
        put("parks", R"({"_id": "park", "login": "city", "name": "City", "city_id": "Chicago", "is_active": true,
                         "api_keys": ["k"], "integrations": {"x": 1}, "unknown": {"$numberLong": "7"},
                         "modified_date": {"$date": {"$numberLong": "5"}}, "updated_ts": {"$timestamp": {"t": 9, "i": 1}}})");
        put("parks", R"({"_id": ")" + park_child + R"(", "login": "city-vezet", "name": "City", "city_id": "Chicago",
                         "is_active": true, "fleet_type": "vezet", "parent_park_id": "park", "unknown": {"$numberLong": "7"},
                         "modified_date": {"$date": {"$numberLong": "5"}}, )" +
                         times + "}");
        put("work_rules", R"({"_id": "rule", "park_id": "park", "is_enabled": true, "commission": 5,
                              "updated_ts": {"$timestamp": {"t": 9, "i": 1}}})");
        put("work_rules", R"({"_id": ")" + rule_child + R"(", "park_id": ")" + park_child +
                              R"(", "parent_rule_id": "rule", "is_enabled": true, "commission": 5, )" + times + "}");
        put("cars", R"({"_id": "car", "park_id": "park", "number": "A1", "status": "working",
                        "updated_ts": {"$timestamp": {"t": 9, "i": 1}}})");
        put("cars", R"({"_id": ")" + car_child + R"(", "park_id": ")" + park_child +
                        R"(", "parent_car_id": "car", "number": "A1", "status": "working", )" + times + "}");
        put("drivers",
            R"({"_id": "driver", "park_id": "park", "car_id": "car", "rule_id": "rule", "work_status": "working",
                           "license": {"number": "ab-1"}, "balance": 700, "password_hash": "h", "device_tokens": [],
                           "note": null, "updated_ts": {"$timestamp": {"t": 9, "i": 1}}})");
        put("drivers", R"({"_id": ")" + driver_child + R"(", "park_id": ")" + park_child + R"(", "car_id": ")" +
                           car_child + R"(", "rule_id": ")" + rule_child +
                           R"(", "parent_driver_id": "driver", "work_status": "working",
                           "license": {"number": "ab-1"}, "balance": 0, "note": null, )" +
                           times + "}");
        put("unique_drivers", R"({"_id": "u", "license": "AB1", "profiles": [
                           {"park_id": "park", "driver_id": "driver", "app_family": "taximeter"},
                           {"park_id": ")" +
                                  park_child + R"(", "driver_id": ")" + driver_child +
                                  R"(", "app_family": "vezet"}]})");
        link("parks", "park", park_child);
        link("work_rules", "rule", rule_child);
        link("cars", "car", car_child);
        link("drivers", "driver", driver_child);
    }

    void put(const std::string& collection, const std::string& json) {
        bson::Document document = bson::from_json(json);
        erase(collection, id_key(*document.view().find("_id")));
        fleet_.documents[collection].push_back(std::move(document));
    }
    void erase(const std::string& collection, const std::string& key) {
        std::erase_if(fleet_.documents[collection],
                      [&](const bson::Document& document) { return id_key(*document.view().find("_id")) == key; });
    }
    void erase_id(const std::string& collection, const std::string& id) { erase(collection, id_key(id)); }
    /// Sets one field, or takes it away.
    void change(const std::string& collection, const std::string& id, const std::string& field,
                const std::string& json) {
        for (bson::Document& document : fleet_.documents.at(collection)) {
            if (id_key(*document.view().find("_id")) != id_key(id)) {
                continue;
            }
            bson::Builder builder;
            for (const bson::Element& element : document.view()) {
                if (element.key != field) {
                    builder.copy(element);
                }
            }
            if (!json.empty()) {
                const bson::Document value = bson::from_json("{\"" + field + "\": " + json + "}");
                builder.copy(*value.view().begin());
            }
            document = builder.take();
            return;
        }
        FAIL() << "no " << id;
    }
    void link(const std::string& entity, const std::string& parent, const std::string& child,
              const std::string& park = "park", const std::string& child_park = park_child) {
        fleet_.links[entity].push_back({"vezet",
                                        {.parent_id = domain::ParentId(parent),
                                         .parent_park_id = domain::ParentParkId(park),
                                         .child_id = domain::ChildId(child),
                                         .child_park_id = domain::ChildParkId(child_park),
                                         .state = LinkState::linked}});
    }
    Link& link_of(const std::string& entity) { return fleet_.links.at(entity).at(0).link; }
    void put_aside(const std::string& entity, const std::string& parent, const std::string& reason) {
        fleet_.quarantine.push_back({.id = static_cast<std::int64_t>(fleet_.quarantine.size()) + 1,
                                     .entity = entity,
                                     .family = "vezet",
                                     .parent = {parent, "", reason}});
    }
    std::vector<Violation> found() { return check(fleet_, expectations_); }
    /// At least one violation, all of this kind, one of them saying this.
    void expect_fault(Fault fault, const std::string& text) {
        EXPECT_THAT(found(),
                    AllOf(Each(Field(&Violation::fault, fault)), Contains(Field(&Violation::text, HasSubstr(text)))));
    }
    void remember_parents() { expectations_.as_put = fleet_.documents; }

    static inline const std::string times =
        R"("created_date": {"$date": {"$numberLong": "9000"}}, "updated_ts": {"$timestamp": {"t": 9, "i": 2}})";
    Fleet fleet_;
    Expectations expectations_;
};

TEST_F(CheckerTest, FindsNothingInAFleetThatIsInOrder) {
    remember_parents();
    expectations_.asked_for = std::set{std::pair("cars"s, "car"s), std::pair("drivers"s, "driver"s)};
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, AFieldThatDiffers) {
    change("cars", car_child, "number", R"("B2")");
    expect_fault(Fault::content, "number is");
}

TEST_F(CheckerTest, AFieldOfAnotherType) {
    change("work_rules", rule_child, "commission", R"({"$numberLong": "5"})");
    expect_fault(Fault::content, "commission is");
}

TEST_F(CheckerTest, AnUnknownFieldThatWasLost) {
    change("parks", park_child, "unknown", "");
    expect_fault(Fault::content, "unknown is missing");
}

TEST_F(CheckerTest, ANullThatWasLost) {
    change("drivers", driver_child, "note", "");
    expect_fault(Fault::content, "note is missing");
}

TEST_F(CheckerTest, AFieldThatTheParentDoesNotHave) {
    change("cars", car_child, "color", R"("red")");
    expect_fault(Fault::content, "color should not be there");
}

TEST_F(CheckerTest, ASecretThatWasCopied) {
    change("parks", park_child, "api_keys", R"(["k"])");
    expect_fault(Fault::content, "api_keys should not be there");
    change("parks", park_child, "api_keys", "");
    change("drivers", driver_child, "password_hash", R"("h")");
    expect_fault(Fault::content, "password_hash should not be there");
}

TEST_F(CheckerTest, AModifiedDateThatIsNotTheParents) {
    change("parks", park_child, "modified_date", R"({"$date": {"$numberLong": "6"}})");
    expect_fault(Fault::content, "modified_date is");
}

TEST_F(CheckerTest, ATimeThatIsMissing) {
    change("cars", car_child, "created_date", "");
    expect_fault(Fault::content, "created_date is not a date");
    change("cars", car_child, "created_date", R"({"$date": {"$numberLong": "6"}})");
    change("cars", car_child, "updated_ts", R"({"$date": {"$numberLong": "6"}})");
    expect_fault(Fault::content, "updated_ts is not a timestamp");
}

TEST_F(CheckerTest, AParentsIdThatIsNotInTheChild) {
    change("cars", car_child, "parent_car_id", R"("another")");
    expect_fault(Fault::content, "parent_car_id is");
}

TEST_F(CheckerTest, ARetiredChildIsNotAskedWhereItRefersTo) {
    erase_id("drivers", "driver");
    link_of("drivers").state = LinkState::retired;
    change("drivers", driver_child, "work_status", R"("fired")");
    change("drivers", driver_child, "rule_id", R"("gone")");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, AChildsIdThatIsNotRandomHex) {
    change("cars", car_child, "_id", R"("copy of car")");
    link_of("cars").child_id = domain::ChildId("copy of car");
    change("drivers", driver_child, "car_id", R"("copy of car")");
    expect_fault(Fault::content, "32 hex digits");
}

TEST_F(CheckerTest, ABalanceThatWasCopied) {
    change("drivers", driver_child, "balance", "700");
    expect_fault(Fault::content, "balance is");
    expectations_.balances[driver_child] = bson::from_json(R"({"balance": 700})");
    EXPECT_THAT(found(), IsEmpty());
    change("drivers", driver_child, "balance", "0");
    expect_fault(Fault::content, "instead of its owner's");
}

TEST_F(CheckerTest, AReferenceThatLeadsOutOfThePark) {
    change("drivers", driver_child, "car_id", R"("car")");
    expect_fault(Fault::reference, "car_id is");
    change("drivers", driver_child, "car_id", R"(")" + car_child + R"(")");
    change("cars", car_child, "park_id", R"("park")");
    EXPECT_THAT(found(), Contains(Field(&Violation::fault, Fault::reference)));
}

TEST_F(CheckerTest, AReferenceThatIsMissing) {
    change("drivers", driver_child, "rule_id", "");
    expect_fault(Fault::reference, "rule_id is missing");
}

TEST_F(CheckerTest, ADanglingReferenceIsLeftOut) {
    change("drivers", "driver", "car_id", R"("gone")");
    expect_fault(Fault::reference, "instead of absent");
    change("drivers", driver_child, "car_id", R"("gone")");
    expect_fault(Fault::reference, "instead of absent");
    change("drivers", driver_child, "car_id", "");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, AReferenceIntoAnotherParkIsLeftOut) {
    put("parks", R"({"_id": "far", "login": "far"})");
    expectations_.is_enabled = [](bson::View park) { return park.find("_id")->string() != "far"; };
    put("cars", R"({"_id": "far car", "park_id": "far"})");
    change("drivers", "driver", "car_id", R"("far car")");
    expect_fault(Fault::reference, "instead of absent");
    change("drivers", driver_child, "car_id", "");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, ANullReferenceStaysNull) {
    change("drivers", "driver", "car_id", "null");
    change("drivers", driver_child, "car_id", "null");
    EXPECT_THAT(found(), IsEmpty());
    change("drivers", driver_child, "car_id", "");
    expect_fault(Fault::reference, "car_id is missing");
}

TEST_F(CheckerTest, AReferenceOfAnotherTypeThatWasCopied) {
    change("drivers", "driver", "car_id", "5");
    change("drivers", driver_child, "car_id", "");
    EXPECT_THAT(found(), IsEmpty());
    change("drivers", driver_child, "car_id", "5");
    expect_fault(Fault::reference, "instead of absent");
}

TEST_F(CheckerTest, AReferenceToAnAbsentChild) {
    erase_id("cars", car_child);
    EXPECT_THAT(found(), Contains(AllOf(Field(&Violation::fault, Fault::reference),
                                        Field(&Violation::text, HasSubstr("leads nowhere")))));
}

TEST_F(CheckerTest, ALoginThatDoesNotFollowTheRule) {
    change("parks", park_child, "login", R"("city_vezet")");
    expect_fault(Fault::login, "instead of city-vezet");
    change("parks", park_child, "login", R"("city-vezet-bbbbbb")");
    expect_fault(Fault::login, "instead of city-vezet");
}

TEST_F(CheckerTest, ATakenLoginIsMadeLonger) {
    change("parks", park_child, "login", R"("city-vezet-aaaaaa")");
    expect_fault(Fault::login, "the shorter is free");
    expectations_.longer_logins_may_stay = true;
    EXPECT_THAT(found(), IsEmpty());
    expectations_.longer_logins_may_stay = false;
    put("parks", R"({"_id": "rival", "login": "city-vezet"})");
    expectations_.is_enabled = [](bson::View park) { return park.find("_id")->string() != "rival"; };
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, AParkOfAnEnabledCityWithoutAChild) {
    put("parks", R"({"_id": "new", "login": "new"})");
    expect_fault(Fault::missing_child, "has no link");
    expectations_.is_enabled = [](bson::View park) { return park.find("city_id").has_value(); };
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, ALinkedParkIsKeptInStepWhateverItsCity) {
    expectations_.is_enabled = [](bson::View) { return false; };
    change("parks", "park", "name", R"("New name")");
    expect_fault(Fault::content, "name is");
}

TEST_F(CheckerTest, ARuleOfALinkedParkWithoutAChild) {
    put("work_rules", R"({"_id": "new", "park_id": "park"})");
    expect_fault(Fault::missing_child, "has no link");
    expectations_.after_full_pass = false;
    EXPECT_THAT(found(), IsEmpty()) << "only a full pass sees what does not say when it changed";
}

TEST_F(CheckerTest, CarsAndDriversWithoutALinkNeedNoChild) {
    put("cars", R"({"_id": "new", "park_id": "park"})");
    put("drivers", R"({"_id": "new", "park_id": "park", "car_id": "new"})");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, ALinkThatIsOnlyReserved) {
    link_of("work_rules").state = LinkState::reserved;
    expect_fault(Fault::missing_child, "only reserved");
}

TEST_F(CheckerTest, AReservedChildOnDemandThatIsNotInStep) {
    link_of("cars").state = LinkState::reserved;
    EXPECT_THAT(found(), IsEmpty());
    change("cars", car_child, "number", R"("B2")");
    expect_fault(Fault::content, "number is");
}

TEST_F(CheckerTest, ALinkedChildThatDoesNotExist) {
    erase_id("drivers", driver_child);
    expect_fault(Fault::broken_link, "does not exist");
    expectations_.edited_children = {driver_child};
    EXPECT_THAT(found(), IsEmpty());
    expectations_.after_verified_pass = true;
    expect_fault(Fault::broken_link, "does not exist");
}

TEST_F(CheckerTest, ALinkThatNamesAnotherPark) {
    link_of("cars").parent_park_id = domain::ParentParkId("another");
    expect_fault(Fault::broken_link, "another park");
    link_of("cars").parent_park_id = domain::ParentParkId("park");
    link_of("parks").child_park_id = domain::ChildParkId("another");
    expect_fault(Fault::broken_link, "its own park");
}

TEST_F(CheckerTest, ASecondChildOfOneParent) {
    put("cars", R"({"_id": ")" + id_of('e') + R"(", "park_id": ")" + park_child + R"(", "parent_car_id": "car"})");
    EXPECT_THAT(found(), Contains(Field(&Violation::fault, Fault::two_children)));
    EXPECT_THAT(found(), Contains(Field(&Violation::fault, Fault::stray_child)));
}

TEST_F(CheckerTest, OneChildOfTwoParents) {
    put("cars", R"({"_id": "car2", "park_id": "park", "number": "A1", "status": "working"})");
    link("cars", "car2", car_child);
    EXPECT_THAT(found(), Contains(Field(&Violation::fault, Fault::two_children)));
}

TEST_F(CheckerTest, AChildThatNoLinkKnows) {
    put("work_rules", R"({"_id": ")" + id_of('e') + R"(", "park_id": ")" + park_child + R"("})");
    expect_fault(Fault::stray_child, "no link");
}

TEST_F(CheckerTest, AChildThatIsMirroredItself) {
    put("parks", R"({"_id": ")" + id_of('e') + R"(", "login": "city-vezet-vezet", "fleet_type": "vezet",
                     "parent_park_id": ")" +
                     park_child + R"("})");
    link("parks", park_child, id_of('e'), park_child, id_of('e'));
    expect_fault(Fault::child_as_source, "a child itself");
}

TEST_F(CheckerTest, AChildWhoseParentIsGoneAndThatWorksOn) {
    erase_id("drivers", "driver");
    expect_fault(Fault::not_retired, "still linked");
    link_of("drivers").state = LinkState::retired;
    expect_fault(Fault::not_retired, "not switched off");
    change("drivers", driver_child, "work_status", R"("fired")");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, WhatRetiredMeansForEachEntity) {
    for (const auto& [entity, parent, child, field, off] :
         {std::tuple{"work_rules", "rule", rule_child, "is_enabled", "false"},
          std::tuple{"cars", "car", car_child, "status", R"("not_working")"}}) {
        erase_id(entity, parent);
        link_of(entity).state = LinkState::retired;
        EXPECT_THAT(found(), Contains(Field(&Violation::text, HasSubstr("not switched off")))) << entity;
        change(entity, child, field, off);
        EXPECT_THAT(found(), ::testing::Not(Contains(Field(&Violation::text, HasSubstr("not switched off")))))
            << entity;
    }
}

TEST_F(CheckerTest, AParentThatMovedIntoAParkThatIsNotMirrored) {
    put("parks", R"({"_id": "far", "login": "far"})");
    expectations_.is_enabled = [](bson::View park) { return park.find("_id")->string() != "far"; };
    change("drivers", "driver", "park_id", R"("far")");
    expect_fault(Fault::not_retired, "moved into a park");
    expectations_.after_full_pass = false;
    EXPECT_THAT(found(), IsEmpty()) << "only a full pass retires";
}

TEST_F(CheckerTest, AParentThatMovedIntoAnotherMirroredPark) {
    put("parks", R"({"_id": "far", "login": "far"})");
    put("parks", R"({"_id": ")" + id_of('f') +
                     R"(", "login": "far-vezet", "fleet_type": "vezet", "parent_park_id": "far", )" + times + "}");
    link("parks", "far", id_of('f'), "far", id_of('f'));
    change("cars", "car", "park_id", R"("far")");
    change("cars", "car", "updated_ts", R"({"$timestamp": {"t": 100, "i": 1}})");
    change("drivers", "driver", "car_id", "");
    change("drivers", driver_child, "car_id", "");
    EXPECT_THAT(found(),
                Contains(AllOf(Field(&Violation::fault, Fault::reference), Field(&Violation::entity, "cars"))));
    EXPECT_THAT(found(),
                Contains(AllOf(Field(&Violation::fault, Fault::broken_link), Field(&Violation::entity, "cars"))));
    // An incremental pass does not see it when the park was linked later than the car moved.
    expectations_.after_full_pass = false;
    EXPECT_THAT(found(), Contains(Field(&Violation::entity, "cars")));
    fleet_.links.at("parks").back().link.synced_at = Time(std::chrono::seconds(200));
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, AParentThatCameBackWithoutItsChild) {
    link_of("cars").state = LinkState::retired;
    expect_fault(Fault::missing_child, "its child is retired");
}

TEST_F(CheckerTest, ABadParentThatIsNotInQuarantine) {
    put("work_rules", R"({"_id": 5, "park_id": "park"})");
    expect_fault(Fault::quarantine, "should be in quarantine for bad_id");
    put_aside("work_rules", R"({"$numberInt":"5"})", "bad_id");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, TheReasonsOfTheQuarantine) {
    put("work_rules", R"({"_id": "no park", "park_id": 5})");
    expect_fault(Fault::quarantine, "bad_field:park_id");
    put_aside("work_rules", "no park", "bad_field:park_id");
    put("parks", R"({"_id": "no login", "login": 5})");
    expect_fault(Fault::quarantine, "bad_field:login");
    put_aside("parks", "no login", "bad_field:login");
    put("work_rules", R"({"_id": "of no login", "park_id": "no login"})");
    expect_fault(Fault::quarantine, "parent_quarantined");
    put_aside("work_rules", "of no login", "parent_quarantined");
    put("work_rules", R"({"_id": "large", "park_id": "park", "text": ")" + std::string(5'000, 'x') + R"("})");
    expectations_.document_bytes_max = 4'000;
    expect_fault(Fault::quarantine, "too_large");
    put_aside("work_rules", "large", "too_large");
    put("work_rules", R"({"_id": "poison", "park_id": "park", "poison": true})");
    expectations_.is_refused = [](bson::View parent) { return parent.find("poison").has_value(); };
    expect_fault(Fault::quarantine, "write_refused");
    put_aside("work_rules", "poison", "write_refused");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerTest, AWrongReason) {
    put("work_rules", R"({"_id": 5, "park_id": "park"})");
    put_aside("work_rules", R"({"$numberInt":"5"})", "too_large");
    EXPECT_THAT(found(), Each(Field(&Violation::fault, Fault::quarantine)));
    EXPECT_THAT(found(), Contains(Field(&Violation::text, HasSubstr("for too_large, not for bad_id"))));
}

TEST_F(CheckerTest, AnEntryForAParentThatIsMended) {
    put_aside("cars", "car", "too_large");
    expect_fault(Fault::quarantine, "nothing is wrong with it");
}

TEST_F(CheckerTest, AnEntryForAParentThatIsGone) {
    put_aside("cars", "gone", "too_large");
    expect_fault(Fault::quarantine, "does not exist as a parent");
}

TEST_F(CheckerTest, ADriverWhoseProfileIsMissing) {
    put("unique_drivers", R"({"_id": "u", "license": "AB1", "profiles": []})");
    expect_fault(Fault::unique_driver, "0 profiles");
}

TEST_F(CheckerTest, ADriverWhoseProfileStandsTwiceOrInTheWrongPark) {
    const std::string profile =
        R"({"park_id": ")" + park_child + R"(", "driver_id": ")" + driver_child + R"(", "app_family": "vezet"})";
    put("unique_drivers", R"({"_id": "u", "license": "AB1", "profiles": [)" + profile + ", " + profile + "]}");
    EXPECT_THAT(found(), Each(Field(&Violation::fault, Fault::unique_driver)));
    EXPECT_THAT(found(), Contains(Field(&Violation::text, HasSubstr("2 profiles"))));
    put("unique_drivers", R"({"_id": "u", "license": "AB1", "profiles": [{"park_id": "park", "driver_id": ")" +
                              driver_child + R"(", "app_family": "vezet"}]})");
    expect_fault(Fault::unique_driver, "another park");
}

TEST_F(CheckerTest, ADriverWhoseProfileStandsInTheRecordOfAnotherLicence) {
    put("unique_drivers", R"({"_id": "other", "license": "XY", "profiles": [{"park_id": ")" + park_child +
                              R"(", "driver_id": ")" + driver_child + R"(", "app_family": "vezet"}]})");
    expect_fault(Fault::unique_driver, "1 profiles in records of other licences");
}

TEST_F(CheckerTest, TwoRecordsOfOneLicence) {
    put("unique_drivers", R"({"_id": "u2", "license": "AB1", "profiles": []})");
    expect_fault(Fault::unique_driver, "2 records");
}

TEST_F(CheckerTest, AParentThatWasWritten) {
    remember_parents();
    change("cars", "car", "updated_ts", R"({"$timestamp": {"t": 10, "i": 1}})");
    expect_fault(Fault::parent_written, "was changed");
}

TEST_F(CheckerTest, AParentThatWasRemovedOrMade) {
    put("cars", R"({"_id": "idle", "park_id": "park"})");
    remember_parents();
    erase_id("cars", "idle");
    expect_fault(Fault::parent_written, "was removed");
    put("cars", R"({"_id": "idle", "park_id": "park"})");
    EXPECT_THAT(found(), IsEmpty());
    put("cars", R"({"_id": "made", "park_id": "park"})");
    expect_fault(Fault::parent_written, "made by the mirror");
}

TEST_F(CheckerTest, AProfileOfOthersThatIsGone) {
    remember_parents();
    put("unique_drivers", R"({"_id": "u", "license": "AB1", "profiles": [{"park_id": ")" + park_child +
                              R"(", "driver_id": ")" + driver_child + R"(", "app_family": "vezet"}]})");
    expect_fault(Fault::parent_written, "a profile of others is gone");
}

TEST_F(CheckerTest, AChildThatNobodyAskedFor) {
    expectations_.asked_for = std::set{std::pair("drivers"s, "driver"s)};
    expect_fault(Fault::uncalled_for, "nobody had a reason");
}

TEST_F(CheckerTest, EditsByOthersCountAfterAVerifiedPass) {
    expectations_.edited_children = {car_child};
    change("cars", car_child, "number", R"("B2")");
    EXPECT_THAT(found(), IsEmpty());
    expectations_.after_verified_pass = true;
    expect_fault(Fault::content, "number is");
}

const std::string group_child = id_of('e');
const std::string user_child = id_of('f');

/// The same fleet with a group and a user in it.
class CheckerOfUsersTest : public CheckerTest {
protected:
    CheckerOfUsersTest() {
        put("groups",
            R"({"_id": "group", "park_id": "park", "name": "Office", "grants": ["cars_edit", "cars_view", "users_view"],
                          "is_super": true, "read_only": false, "is_enabled": true,
                          "updated_ts": {"$timestamp": {"t": 9, "i": 1}}})");
        put("groups", R"({"_id": ")" + group_child + R"(", "park_id": ")" + park_child +
                          R"(", "name": "Office", "grants": ["cars_view", "users_view"], "is_super": false,
                          "read_only": true, "is_enabled": true, )" +
                          times + "}");
        put("users", R"({"_id": "user", "park_id": "park", "login": "anna", "group_id": "group", "is_enabled": true,
                         "is_superuser": true, "updated_ts": {"$timestamp": {"t": 9, "i": 1}}})");
        put("users", R"({"_id": ")" + user_child + R"(", "park_id": ")" + park_child +
                         R"(", "login": "anna", "group_id": ")" + group_child +
                         R"(", "is_enabled": true, "is_superuser": false, )" + times + "}");
        link("groups", "group", group_child);
        link("users", "user", user_child);
    }
};

TEST_F(CheckerOfUsersTest, FindsNothingInAFleetThatIsInStep) {
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerOfUsersTest, FindsGrantsThatAreNotTheReadOnlyProjection) {
    for (const char* grants : {R"(["cars_view"])", R"(["cars_view", "cars_view", "users_view"])",
                               R"(["cars_view", "orders_view", "users_view"])", "[]"}) {
        change("groups", group_child, "grants", grants);
        expect_fault(Fault::content, "grants are");
    }
}

TEST_F(CheckerOfUsersTest, FindsWhoMayWriteWhateverHisParentSays) {
    const auto expect_may_write = [this](const std::string& text) {
        EXPECT_THAT(found(), Contains(AllOf(Field(&Violation::fault, Fault::may_write),
                                            Field(&Violation::text, HasSubstr(text)))));
    };
    change("groups", group_child, "grants", R"(["cars_edit", "users_view"])");
    expect_may_write("grants cars_edit");
    change("groups", group_child, "is_super", "true");
    expect_may_write("is_super is not false");
    change("groups", group_child, "read_only", "");
    expect_may_write("read_only is not true");
    change("users", user_child, "is_superuser", "true");
    expect_may_write("is_superuser is not false");
    // Also when nobody keeps the child in step any more.
    erase_id("users", "user");
    link_of("users").state = LinkState::retired;
    expect_may_write("is_superuser is not false");
}

TEST_F(CheckerOfUsersTest, FindsAUserInAnotherGroup) {
    change("users", user_child, "group_id", R"("group")");
    EXPECT_THAT(found(), Contains(AllOf(Field(&Violation::fault, Fault::reference),
                                        Field(&Violation::text, HasSubstr("group_id is")))));
    change("users", user_child, "group_id", "");
    expect_fault(Fault::reference, "group_id is missing");
    change("users", "user", "group_id", R"("gone")");
    EXPECT_THAT(found(), IsEmpty()) << "a group that does not exist is left out";
}

TEST_F(CheckerOfUsersTest, FindsARemovedUserWhoIsNotDisabled) {
    erase_id("users", "user");
    EXPECT_THAT(found(), Contains(Field(&Violation::fault, Fault::not_retired)));
    link_of("users").state = LinkState::retired;
    expect_fault(Fault::not_retired, "the child is not switched off");
    change("users", user_child, "is_enabled", "false");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CheckerOfUsersTest, FindsAnotherLogin) {
    change("users", user_child, "login", R"("berta")");
    expect_fault(Fault::content, "login is");
}

TEST_F(CheckerOfUsersTest, FindsALoginThatNobodyKnows) {
    change("users", user_child, "login", R"("~ffffff")");
    EXPECT_THAT(found(), Contains(Field(&Violation::text, HasSubstr("a login that nobody knows"))));
}

TEST_F(CheckerOfUsersTest, WhoseLoginAnotherCopyHasIsNotToWaitForIt) {
    // `gone` was removed and `user` got his login.
    put("users", R"({"_id": ")" + id_of('1') + R"(", "park_id": ")" + park_child +
                     R"(", "login": "bob", "is_enabled": true, "is_superuser": false, )" + times + "}");
    link("users", "gone", id_of('1'));
    change("users", "user", "login", R"("bob")");
    put_aside("users", "user", "login_taken:" + id_of('1'));
    expectations_.after_full_pass = false;
    EXPECT_THAT(found(), Contains(Field(&Violation::fault, Fault::quarantine)));
}

TEST_F(CheckerOfUsersTest, WhoseLoginAnAccountHasIsInQuarantineByItsId) {
    put("users", R"({"_id": "account", "park_id": ")" + park_child +
                     R"(", "login": "bob", "is_enabled": true, "is_superuser": false, "is_master": true, )" + times +
                     "}");
    EXPECT_THAT(found(), IsEmpty()) << "it is no copy";
    change("users", "user", "login", R"("bob")");
    expect_fault(Fault::quarantine, "login_taken:account");
    put_aside("users", "user", "login_taken:account");
    EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
