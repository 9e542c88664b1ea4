#include "platform/mongo/server_time.hpp"

#include <gtest/gtest.h>

#include "platform/bson/builder.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mongo {
namespace {

using bson::Builder;

constexpr std::int64_t local_ms = 1'700'000'000'400;

bson::Document answer_of_cluster(std::uint32_t seconds) {
    return Builder()
        .date("localTime", local_ms)
        .begin_document("$clusterTime")
        .timestamp("clusterTime", {seconds, 4'000'000'000})
        .end()
        .take();
}

TEST(ServerTime, IsTheLocalOneOfAServerThatStandsAlone) {
    const auto time = ServerTime::of(Builder().date("localTime", local_ms).take());
    EXPECT_EQ(time.local_ms, local_ms);
    EXPECT_EQ(time.cluster_ms, std::nullopt);
    EXPECT_EQ(time.change_ms(), local_ms);
}

TEST(ServerTime, MayBeAWholeNumber) {
    EXPECT_EQ(ServerTime::of(Builder().int64("localTime", local_ms).take()).change_ms(), local_ms);
}

TEST(ServerTime, OfChangesIsNeverBeyondWhatTheClusterHasReached) {
    const auto ahead = ServerTime::of(answer_of_cluster(1'699'999'990));
    EXPECT_EQ(ahead.local_ms, local_ms) << "a mongos whose clock is ahead of the shards'";
    EXPECT_EQ(ahead.change_ms(), 1'699'999'990'000) << "the increment counts writes";
    EXPECT_EQ(ServerTime::of(answer_of_cluster(1'700'000'020)).change_ms(), local_ms) << "dates are set by clocks";
    EXPECT_EQ(ServerTime::of(answer_of_cluster(0xffff'ffff)).cluster_ms, 4'294'967'295'000);
}

TEST(ServerTime, IsNotMadeUp) {
    EXPECT_THROW(static_cast<void>(ServerTime::of(Builder().take())), platform::StoreRefused);
    EXPECT_THROW(static_cast<void>(ServerTime::of(Builder().string("localTime", "noon").take())),
                 platform::StoreRefused);
    const auto odd = Builder().date("localTime", local_ms).string("$clusterTime", "noon").take();
    EXPECT_EQ(ServerTime::of(odd).cluster_ms, std::nullopt);
}

}  // namespace
}  // namespace twinfleet::mongo
