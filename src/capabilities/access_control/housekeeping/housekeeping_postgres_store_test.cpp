#include <gtest/gtest.h>

#include "capabilities/access_control/housekeeping/housekeeping_postgres.hpp"
#include "capabilities/access_control/schema/schema_postgres.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::access_control {
namespace {

class Housekeeping : public ::testing::Test {
protected:
    Housekeeping() {
        migrate_schema(pool_);
        execute(
            "INSERT INTO access_control.audit (park_id, at, caller, entity, entity_id, action, changes)"
            " SELECT 'park', now() - interval '1 day' * age, 'console', 'user', 'u', 'changed', '{}'"
            " FROM generate_series(1, 10) AS age");
        execute(
            "INSERT INTO access_control.removed_records (kind, id, park_id, updated_at)"
            " SELECT kind, age::text, 'park', now() - interval '1 day' * age"
            " FROM generate_series(1, 10) AS age, unnest(ARRAY['groups', 'users']) AS kind");
    }
    void execute(const std::string& sql) {
        pool_.transact([&](postgres::Transaction& transaction) { transaction.execute(sql); });
    }
    std::int64_t count(const std::string& what) {
        return pool_.transact([&](postgres::Transaction& transaction) {
            return transaction.execute("SELECT count(*) FROM access_control." + what).only_value<std::int64_t>();
        });
    }

    twinfleet::testing::PostgresDatabase database_;
    postgres::Pool pool_{{.dsn = database_.dsn()}};
};

TEST_F(Housekeeping, RemovesWhatIsOlderThanTheSettingsSay) {
    // What is a day old was so a moment ago.
    const Pruned pruned = prune(pool_, {.audit_kept_days = 5, .removals_kept_days = 2}, 2);
    EXPECT_EQ(pruned.audit_entries, 6U);
    EXPECT_EQ(pruned.removals, 18U);
    EXPECT_EQ(count("audit WHERE at < now() - interval '5 days'"), 0);
    EXPECT_EQ(count("audit"), 4);
    EXPECT_EQ(count("removed_records WHERE kind = 'users'"), 1);
    EXPECT_EQ(count("removed_records"), 2);
}

TEST_F(Housekeeping, HasNothingToDoTheSecondTime) {
    const HousekeepingSettings settings{.audit_kept_days = 3, .removals_kept_days = 3};
    EXPECT_GT(prune(pool_, settings).audit_entries, 0U);
    const Pruned again = prune(pool_, settings);
    EXPECT_EQ(again.audit_entries + again.removals, 0U);
}

}  // namespace
}  // namespace twinfleet::access_control
