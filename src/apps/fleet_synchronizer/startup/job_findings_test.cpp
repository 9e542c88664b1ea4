#include "apps/fleet_synchronizer/startup/job_findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using ::testing::HasSubstr;

class JobFindingsTest : public ::testing::Test {
protected:
    metrics::Registry registry_;
    platform::SystemClock clock_;
    mirroring::JobMetrics metrics_{registry_, clock_};
    log::CapturingLogger log_;
    JobFindings findings_{metrics_, log_};
};

TEST_F(JobFindingsTest, AFieldWithoutAPolicyIsCountedEachTimeAndLoggedOnce) {
    findings_.untaught_reference(mirroring::park_entity(), "owner_id");
    findings_.untaught_reference(mirroring::park_entity(), "owner_id");
    findings_.untaught_reference(mirroring::park_entity(), "partner_id");
    EXPECT_EQ(log_.entries("a field holds ids of parents but has no policy").size(), 2U);
    EXPECT_THAT(registry_.text(),
                HasSubstr("fleet_sync_untaught_references_total{entity=\"parks\",field=\"owner_id\"} 2"));
}

TEST_F(JobFindingsTest, ForeignEditsAreLoggedEachTime) {
    const domain::AppFamily family{"vezet"};
    findings_.foreign_edits(mirroring::park_entity(), family, {.count = 2});
    findings_.foreign_edits(mirroring::park_entity(), family, {.count = 1});
    EXPECT_EQ(log_.entries("children that somebody else had written were put right").size(), 2U);
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
