#include "simulator/tracks/recorded_tracks.hpp"

#include <filesystem>
#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

constexpr std::string_view there_and_further = "37.75 -122.40 0 1000\n37.76 -122.40 1 1100\n37.76 -122.39 0 1200\n";

TEST(RecordedTracks, SamplesComeByTimeFromZero) {
    const auto recording = read_recording("37.76 -122.40 1 1100\r\n\n37.75 -122.40 0 1000\n", "cab");
    ASSERT_THAT(recording.samples, SizeIs(2));
    EXPECT_EQ(recording.samples[0].time, 0s);
    EXPECT_EQ(recording.samples[0].place.latitude, 37.75);
    EXPECT_EQ(recording.samples[1].time, 100s);
}

TEST(RecordedTracks, LeavesOutWhatACarCannotHaveReached) {
    const auto recording = read_recording(
        "37.75 -122.40 0 1000\n37.75 -121.40 0 1060\n37.75 -122.40 0 1000\n37.751 -122.40 0 1120\n", "cab");
    ASSERT_THAT(recording.samples, SizeIs(2));
    EXPECT_EQ(recording.samples[1].time, 120s);
}

TEST(RecordedTracks, NamesTheLineThatCannotBeRead) {
    for (const auto* line : {"37.75 -122.40 0", "37.75 -122.40 0 1000 5", "north -122.40 0 1000",
                             "97.75 -122.40 0 1000", "37.75 nan 0 1000"}) {
        EXPECT_THAT([&] { (void)read_recording("37.75 -122.40 0 900\n" + std::string(line), "cab.txt"); },
                    ThrowsMessage<std::invalid_argument>(HasSubstr("cab.txt:2: ")))
            << line;
    }
    EXPECT_THROW((void)read_recording("37.75 -122.40 0 900\n", "cab"), std::invalid_argument);
    EXPECT_THROW((void)read_recording("", "cab"), std::invalid_argument);
}

TEST(RecordedTracks, ADriveIsContinuousThereAndBack) {
    const auto recording = read_recording(there_and_further, "cab");
    const auto drive = drive_along(recording, Random(3));
    Place before = drive->at(0ms).place;
    double way_m = 0;
    for (int second = 1; second <= 800; ++second) {
        const Fix now = drive->at(1s * second);
        const double step_m = offset(before, now.place).length_m();
        EXPECT_LT(step_m, 12) << second;
        EXPECT_GE(now.direction_degrees, 0);
        EXPECT_LT(now.direction_degrees, 360);
        way_m += step_m;
        before = now.place;
    }
    // 1.1 km north and 0.9 km east in 200 s; twice there and back.
    EXPECT_NEAR(way_m, 4 * (1'112 + 879), 40);
}

TEST(RecordedTracks, ReadsAllFilesOfAFolder) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("recorded_tracks_test_" + std::to_string(std::random_device{}()));
    std::filesystem::create_directory(folder);
    EXPECT_THROW((void)read_recordings(folder), std::invalid_argument);
    EXPECT_THROW((void)read_recordings(folder / "absent"), std::invalid_argument);
    std::ofstream(folder / "b.txt") << there_and_further;
    std::ofstream(folder / "a.txt") << "1 1 0 0\n1 1 0 60\n";
    std::ofstream(folder / "README.md") << "no track";
    const auto recordings = read_recordings(folder);
    ASSERT_THAT(recordings, SizeIs(2));
    EXPECT_EQ(recordings[0].samples.front().place.latitude, 1);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace twinfleet::simulator
