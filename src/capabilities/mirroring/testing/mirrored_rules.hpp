#pragma once

#include <string>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/replica.hpp"

namespace twinfleet::mirroring::testing {

/// A mirrored park with five rules, all in step.
class MirroredRules : public ::testing::Test {
protected:
    MirroredRules() {
        put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
        for (const char* id : {"r1", "r2", "r3", "r4", "r5"}) {
            put("work_rules", R"("_id": ")" + std::string(id) + R"(", "park_id": "park", "name": "Rule")");
        }
        run("parks", {.mode = Mode::full});
        run("work_rules", {.mode = Mode::full});
        world_.advance(100'000);
        run("work_rules", {});
    }

    void put(const std::string& collection, const std::string& fields) {
        world_.put(collection, bson::from_json("{" + fields + "}").view());
    }
    RunCounts run(const std::string& job, const PassRequest& request) {
        return replica_.run_job(entity(job), request).value().counts;
    }
    RunCounts verify_by_pass() { return run("work_rules", {.mode = Mode::full, .verify_children = true}); }
    std::string child_id(const std::string& parent_id) {
        for (const auto& stored : world_.links("work_rules")) {
            if (stored.link.parent_id.value() == parent_id) {
                return stored.link.child_id.value();
            }
        }
        return {};
    }
    /// Somebody gives the rule another name.
    void rename_child(const std::string& parent_id, const std::string& name = "Foreign") {
        const auto child = world_.document("work_rules", id_key(child_id(parent_id))).value();
        bson::Builder renamed;
        for (const bson::Element& element : child.view()) {
            if (element.key == "name") {
                renamed.string("name", name);
            } else {
                renamed.copy(element);
            }
        }
        world_.put("work_rules", renamed.take());
    }

    FakeWorld world_;
    Platform platform_{world_};
    const domain::AppFamily family_{"vezet"};
    const PassSettings settings_{.batch = {.documents_max = 2}, .execution = Execution::inline_};
    Replica replica_{world_, platform_, "worker", {.pass = settings_, .family = family_}};
};

}  // namespace twinfleet::mirroring::testing
