// What every QuarantineStore promises is in testing/link_store_contract.hpp.
#include <limits>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

TEST(PostgresQuarantine, IsReadPageByPage) {
    FreshPostgresStores stores;
    BatchOutcome outcome;
    for (int i = 0; i < 25; ++i) {
        outcome.quarantined.push_back({"car" + std::to_string(i), "park", "too_large"});
    }
    stores.links.record_outcome(nullptr, entity("cars"), {"vezet"}, SyncedLinks::all, outcome);
    QuarantineFilter filter{
        .entity = {}, .family = {}, .parent_park_id = {}, .ids = {}, .tried_before = {}, .limit = 10};
    std::vector<std::string> walked;
    for (auto page = stores.quarantine.list(filter); !page.empty(); page = stores.quarantine.list(filter)) {
        ASSERT_LE(page.size(), 10U);
        for (const QuarantineEntry& entry : page) {
            EXPECT_GT(entry.id, filter.after_id);
            filter.after_id = entry.id;
            walked.push_back(entry.parent.parent_id);
        }
        ASSERT_LE(walked.size(), 25U);
    }
    ASSERT_EQ(walked.size(), 25U);
    EXPECT_EQ(walked[3], "car3");
    EXPECT_EQ(walked[24], "car24");
}

TEST(PostgresQuarantine, AnyLimitAndAnyTimeCanBeAskedFor) {
    FreshPostgresStores stores;
    stores.links.record_outcome(nullptr, entity("cars"), {"vezet"}, SyncedLinks::all,
                                {.quarantined = {{"a", "", "bad_id"}}});
    QuarantineFilter filter;
    filter.limit = std::numeric_limits<std::size_t>::max();
    filter.tried_before = Time::max();
    EXPECT_EQ(stores.quarantine.list(filter).size(), 1U);
    filter.tried_before = Time::min();
    EXPECT_TRUE(stores.quarantine.list(filter).empty());
}

}  // namespace
}  // namespace twinfleet::mirroring
