#include "simulator/outbox/line_follower.hpp"

#include <fstream>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::simulator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LineFollowerTest : public ::testing::Test {
protected:
    LineFollowerTest() { std::filesystem::create_directory(folder_); }
    ~LineFollowerTest() override { std::filesystem::remove_all(folder_); }

    void append(std::string_view text) const { std::ofstream(path_, std::ios::app | std::ios::binary) << text; }
    static std::vector<std::string> look(LineFollower& follower) {
        std::vector<std::string> lines;
        follower.look([&](std::string_view line) { lines.emplace_back(line); });
        return lines;
    }

    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("line_follower_test_" + std::to_string(std::random_device{}()));
    const std::filesystem::path path_ = folder_ / "outbox";
};

TEST_F(LineFollowerTest, BeginsAtTheEndOfTheFile) {
    append("old\n");
    LineFollower follower(path_);
    EXPECT_THAT(look(follower), IsEmpty());
    append("new\nnewer\n");
    EXPECT_THAT(look(follower), ElementsAre("new", "newer"));
    EXPECT_THAT(look(follower), IsEmpty());
}

TEST_F(LineFollowerTest, BeginsAtTheBeginningOfAFileThatIsYetToCome) {
    LineFollower follower(path_);
    EXPECT_THAT(look(follower), IsEmpty());
    append("first\n");
    EXPECT_THAT(look(follower), ElementsAre("first"));
}

TEST_F(LineFollowerTest, GivesALineOnceItsEndIsThere) {
    append("");
    LineFollower follower(path_);
    append("one\nhal");
    EXPECT_THAT(look(follower), ElementsAre("one"));
    append("f");
    EXPECT_THAT(look(follower), IsEmpty());
    append(" a line\n\n");
    EXPECT_THAT(look(follower), ElementsAre("half a line", ""));
}

TEST_F(LineFollowerTest, ReadsTheRestOfAFileThatWasRotatedAndThenTheNewOne) {
    append("");
    LineFollower follower(path_);
    append("one\n");
    EXPECT_THAT(look(follower), ElementsAre("one"));
    append("two\nhal");
    std::filesystem::rename(path_, folder_ / "outbox.1");
    append("three\n");
    EXPECT_THAT(look(follower), ElementsAre("two", "three"));
    append("four\n");
    EXPECT_THAT(look(follower), ElementsAre("four"));
}

TEST_F(LineFollowerTest, KeepsReadingAFileThatWasRemovedUntilThereIsAnother) {
    append("");
    LineFollower follower(path_);
    append("one\n");
    std::filesystem::remove(path_);
    EXPECT_THAT(look(follower), ElementsAre("one"));
    EXPECT_THAT(look(follower), IsEmpty());
    append("two\n");
    EXPECT_THAT(look(follower), ElementsAre("two"));
}

TEST_F(LineFollowerTest, BeginsAnewWhenTheFileBecameShorter) {
    append("a long line from before\n");
    LineFollower follower(path_);
    std::filesystem::resize_file(path_, 0);
    append("one\n");
    EXPECT_THAT(look(follower), ElementsAre("one"));
}

TEST_F(LineFollowerTest, LeavesOutALineThatIsTooLong) {
    append("");
    LineFollower follower(path_);
    const std::string most(LineFollower::line_bytes_max, 'x');
    append(most + "\n" + most + "x\n" + most + most + "\nshort\n");
    EXPECT_THAT(look(follower), ElementsAre(most, "short"));
}

}  // namespace
}  // namespace twinfleet::simulator
