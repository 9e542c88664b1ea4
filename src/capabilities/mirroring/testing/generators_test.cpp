#include "capabilities/mirroring/testing/generators.hpp"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "capabilities/mirroring/testing/text_field.hpp"

namespace twinfleet::mirroring::testing {
namespace {

bool any_document(const FakeWorld& world, std::string_view collection, const std::function<bool(bson::View)>& matches) {
    return std::ranges::any_of(world.documents(collection),
                               [&](const bson::Document& document) { return matches(document.view()); });
}

bool has_field_of_type(const FakeWorld& world, std::string_view collection, const char* field, bson::Type type) {
    return any_document(world, collection, [&](bson::View document) {
        const auto found = document.find(field);
        return found && found->type == type;
    });
}

TEST(Generators, TheSameSeedGivesTheSameFleet) {
    const auto fleet = draw_fleet(draw_from_seed(5));
    const auto again = draw_fleet(draw_from_seed(5));
    ASSERT_EQ(fleet.size(), again.size());
    for (std::size_t i = 0; i < fleet.size(); ++i) {
        EXPECT_EQ(fleet[i].document, again[i].document);
    }
}

TEST(Generators, FleetsHoldEverythingThatHasToBeTried) {
    const auto strange_id = [](bson::View document) { return document.find("_id")->type == bson::Type::int32; };
    const auto hostile_id = [](bson::View document) {
        return document.find("_id")->is_string() && !fits_postgres_text(document.find("_id")->string());
    };
    const auto refers = [](const FakeWorld& world, bool into_same_park) {
        return any_document(world, "drivers", [&](bson::View driver) {
            const auto car_id = driver.find("car_id");
            const auto car = car_id ? world.document("cars", id_key(*car_id)) : std::nullopt;
            const auto park = car ? car->view().find("park_id") : std::nullopt;
            return car && park && park->same_value(*driver.find("park_id")) == into_same_park;
        });
    };
    const auto refers_to_group = [](const FakeWorld& world, bool into_same_park) {
        return any_document(world, "users", [&](bson::View user) {
            const auto group_id = user.find("group_id");
            const auto group = group_id ? world.document("groups", id_key(*group_id)) : std::nullopt;
            return group && group->view().find("park_id")->same_value(*user.find("park_id")) == into_same_park;
        });
    };
    const std::vector<std::pair<const char*, std::function<bool(const FakeWorld&, const Platform&)>>> wanted{
        {"parks that are enabled",
         [](const FakeWorld& world, const Platform& platform) {
             return any_document(world, "parks", [&](bson::View park) {
                 const auto city = park.find("city_id");
                 return city && city->is_string() && platform.enabled_cities().contains(city->string());
             });
         }},
        {"parks without a city",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "parks", [](bson::View park) { return !park.find("city_id"); });
         }},
        {"a login that is no text",
         [](const FakeWorld& world, const Platform&) {
             return has_field_of_type(world, "parks", "login", bson::Type::int32);
         }},
        {"ids that are no strings",
         [&](const FakeWorld& world, const Platform&) { return any_document(world, "work_rules", strange_id); }},
        {"ids that PostgreSQL cannot hold",
         [&](const FakeWorld& world, const Platform&) { return any_document(world, "cars", hostile_id); }},
        {"dates as time of change",
         [](const FakeWorld& world, const Platform&) {
             return has_field_of_type(world, "drivers", "updated_ts", bson::Type::date);
         }},
        {"timestamps as time of change",
         [](const FakeWorld& world, const Platform&) {
             return has_field_of_type(world, "drivers", "updated_ts", bson::Type::timestamp);
         }},
        {"no time of change",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "drivers", [](bson::View driver) { return !driver.find("updated_ts"); });
         }},
        {"references within the park", [&](const FakeWorld& world, const Platform&) { return refers(world, true); }},
        {"references into another park", [&](const FakeWorld& world, const Platform&) { return refers(world, false); }},
        {"null references",
         [](const FakeWorld& world, const Platform&) {
             return has_field_of_type(world, "drivers", "car_id", bson::Type::null);
         }},
        {"references that are no ids",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "drivers", [](bson::View driver) {
                 const auto car = driver.find("car_id");
                 return car && !car->is_string() && car->type != bson::Type::null;
             });
         }},
        {"parks whose fleet type is written and empty",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "parks", [](bson::View park) { return text_field(park, "fleet_type") == ""; });
         }},
        {"names that MongoDB does not take in a replacement",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "cars", [](bson::View car) { return car.find("$where").has_value(); });
         }},
        {"poison",
         [](const FakeWorld& world, const Platform&) { return any_document(world, "work_rules", is_poison); }},
        {"dotted names",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "cars", [](bson::View car) { return car.find("a.b").has_value(); });
         }},
        {"users in groups of their park",
         [&](const FakeWorld& world, const Platform&) { return refers_to_group(world, true); }},
        {"users in groups of another park",
         [&](const FakeWorld& world, const Platform&) { return refers_to_group(world, false); }},
        {"users in groups that are gone",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "users", [&](bson::View user) {
                 const auto group = user.find("group_id");
                 return group && !world.document("groups", id_key(*group));
             });
         }},
        {"superusers",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "users", [](bson::View user) { return user.find("is_superuser")->boolean(); });
         }},
        {"groups that may do everything",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "groups", [](bson::View group) { return group.find("is_super")->boolean(); });
         }},
        {"another family's children",
         [](const FakeWorld& world, const Platform&) {
             return any_document(world, "parks",
                                 [](bson::View park) { return text_field(park, "fleet_type") == "other"; });
         }},
    };
    std::map<std::string, int> worlds;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const Draw draw = draw_from_seed(seed);
        FakeWorld world;
        Platform platform(world);
        platform.put(draw_fleet(draw));
        for (int i = 0; i < 20; ++i) {
            (void)platform.apply(draw_edit(draw));
        }
        for (const auto& [name, is_there] : wanted) {
            worlds[name] += is_there(world, platform) ? 1 : 0;
        }
    }
    for (const auto& [name, is_there] : wanted) {
        EXPECT_GE(worlds[name], 10) << name;
    }
}

TEST(Generators, EveryKindOfEditHappens) {
    std::set<std::string> kinds;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        std::ostringstream text;
        text << draw_edit(draw_from_seed(seed));
        kinds.insert(text.str().substr(0, text.str().find(',')));
    }
    EXPECT_EQ(kinds.size(), static_cast<std::size_t>(Edit::kinds));
}

RC_GTEST_PROP(Generators, EditsNeverDisturbWhatThePlatformPromises, ()) {
    FakeWorld world;
    Platform platform(world);
    platform.put(*arbitrary_fleet());
    for (const Edit& edit : *arbitrary_history()) {
        (void)platform.apply(edit);
    }
    for (const char* collection : {"parks", "work_rules", "cars", "drivers", "groups", "users"}) {
        for (const bson::Document& document : world.documents(collection)) {
            document.view().validate();
            RC_ASSERT(document.view().find("_id").has_value());
        }
    }
    // Nobody mirrored anything, so nothing may be said against parents.
    for (const Violation& violation : check(look_at(world), platform.expectations(false, false))) {
        RC_ASSERT(violation.fault == Fault::missing_child || violation.fault == Fault::quarantine);
    }
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
