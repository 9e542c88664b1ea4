#include "platform/typed_config/typed_config_file.hpp"

#include <cstdlib>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/typed_config/file_watch.hpp"

namespace twinfleet::typed_config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TypedConfigFileTest : public testing::Test {
protected:
    TypedConfigFileTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "typed_config_test_XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        path_ = folder_ / "configs.yaml";
        limit_ = registry_.add<int>("limit", [](config::Reader value) { return value.itself<int>(); });
        write("limit: {default: 1}\n");
    }
    ~TypedConfigFileTest() override { std::filesystem::remove_all(folder_); }

    void write(std::string_view text) const { std::ofstream(path_, std::ios::binary) << text; }

    FileListener listener() {
        return {.changed = [this](const TypedConfigs& configs) { changed_.push_back(configs.evaluate(*limit_, {})); },
                .refused = [this](const std::string& reason) { refused_.push_back(reason); }};
    }
    FileWatch watch() { return FileWatch(registry_, path_, listener()); }
    int limit(const FileWatch& watch) const { return watch.snapshot()->evaluate(*limit_, {}); }

    std::filesystem::path folder_;
    std::filesystem::path path_;
    Registry registry_;
    std::optional<Handle<int>> limit_;
    std::vector<int> changed_;
    std::vector<std::string> refused_;
};

TEST_F(TypedConfigFileTest, TakesAChangeThatTwoLooksSaw) {
    auto watch = this->watch();
    write("limit: {default: 2}\n");
    watch.look();
    EXPECT_EQ(limit(watch), 1);
    watch.look();
    EXPECT_EQ(limit(watch), 2);
    watch.look();
    EXPECT_THAT(changed_, ElementsAre(2));
    EXPECT_THAT(refused_, IsEmpty());
}

TEST_F(TypedConfigFileTest, LeavesAFileAloneWhileItIsBeingWritten) {
    auto watch = this->watch();
    for (const auto* text : {"", "lim", "limit: {def", "limit: {default: 5}\n"}) {
        write(text);
        watch.look();
    }
    EXPECT_EQ(limit(watch), 1);
    EXPECT_THAT(refused_, IsEmpty());
    watch.look();
    EXPECT_EQ(limit(watch), 5);
}

TEST_F(TypedConfigFileTest, KeepsTheOldWhileTheNewIsBroken) {
    auto watch = this->watch();
    write("limit:\n  default: many\n");
    for (int i = 0; i < 5; ++i) {
        watch.look();
    }
    EXPECT_EQ(limit(watch), 1);
    EXPECT_THAT(refused_, ElementsAre(path_.string() + ":2: limit.default: expected a whole number from -2147483648 to "
                                                       "2147483647, found \"many\""));
    write("limit: {default: 3}\n");
    watch.look();
    watch.look();
    EXPECT_EQ(limit(watch), 3);
    EXPECT_THAT(changed_, ElementsAre(3));
}

TEST_F(TypedConfigFileTest, GoingBackToWhatIsInForceIsNoChange) {
    auto watch = this->watch();
    const auto before = watch.snapshot()->fingerprint();
    write("limit: [\n");
    watch.look();
    watch.look();
    write("limit: {default: 1}\n");
    watch.look();
    watch.look();
    EXPECT_EQ(refused_.size(), 1U);
    EXPECT_THAT(changed_, IsEmpty());
    EXPECT_EQ(watch.snapshot()->fingerprint(), before);

    // And the same broken content again is told again.
    write("limit: [\n");
    watch.look();
    watch.look();
    EXPECT_EQ(refused_.size(), 2U);
}

TEST_F(TypedConfigFileTest, SurvivesThatTheFileVanishes) {
    auto watch = this->watch();
    std::filesystem::remove(path_);
    for (int i = 0; i < 3; ++i) {
        watch.look();
    }
    EXPECT_EQ(limit(watch), 1);
    EXPECT_THAT(refused_, ElementsAre(path_.string() + ": expected a file, found none"));
    write("limit: {default: 4}\n");
    watch.look();
    watch.look();
    EXPECT_EQ(limit(watch), 4);
}

TEST_F(TypedConfigFileTest, NoticesAChangeThatKeepsSizeAndTimeOfModification) {
    auto watch = this->watch();
    const auto time = std::filesystem::last_write_time(path_);
    watch.look();
    watch.look();
    write("limit: {default: 8}\n");
    std::filesystem::last_write_time(path_, time);
    watch.look();
    watch.look();
    EXPECT_EQ(limit(watch), 8);
}

TEST_F(TypedConfigFileTest, NoticesThatAnotherFileTookItsPlace) {
    auto watch = this->watch();
    std::ofstream(folder_ / "new.yaml") << "limit: {default: 9}\n";
    std::filesystem::rename(folder_ / "new.yaml", path_);
    watch.look();
    watch.look();
    EXPECT_EQ(limit(watch), 9);
}

TEST_F(TypedConfigFileTest, RefusesToStartOnAMissingOrBrokenFile) {
    write("limit: {}\n");
    EXPECT_THROW(TypedConfigFile(registry_, {path_}), config::Error);
    std::filesystem::remove(path_);
    EXPECT_THROW(TypedConfigFile(registry_, {path_}), config::Error);
}

TEST_F(TypedConfigFileTest, RefusesToLookTooSeldom) {
    EXPECT_THROW(TypedConfigFile(registry_, {path_, 2'001ms}), std::invalid_argument);
    EXPECT_THROW(TypedConfigFile(registry_, {path_, 0ms}), std::invalid_argument);
}

TEST_F(TypedConfigFileTest, PicksUpAChangeWithinFiveSeconds) {
    std::promise<std::string> changed;
    const TypedConfigFile file(registry_, {path_}, {.changed = [&](const TypedConfigs& configs) {
                                   changed.set_value(configs.fingerprint());
                               }});
    write("limit: {default: 2}\n");
    auto told = changed.get_future();
    ASSERT_EQ(told.wait_for(5s), std::future_status::ready);
    EXPECT_EQ(told.get(), fingerprint_of("limit: {default: 2}\n"));
    EXPECT_EQ(file.snapshot()->evaluate(*limit_, {}), 2);
}

TEST_F(TypedConfigFileTest, ReadersSeeWholeSnapshotsWhileItChanges) {
    std::atomic<int> changes = 0;
    const TypedConfigFile file(registry_, {path_, 1ms}, {.changed = [&](const TypedConfigs&) { ++changes; }});
    std::vector<std::jthread> readers;
    std::atomic<bool> wrong = false;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                const auto snapshot = file.snapshot();
                const auto expected = "limit: {default: " + std::to_string(snapshot->evaluate(*limit_, {})) + "}\n";
                if (snapshot->fingerprint() != fingerprint_of(expected)) {
                    wrong = true;
                }
            }
        });
    }
    for (int i = 2; i < 12; ++i) {
        const int before = changes;
        std::ofstream(folder_ / "new.yaml") << "limit: {default: " << i << "}\n";
        std::filesystem::rename(folder_ / "new.yaml", path_);
        while (changes == before) {
            std::this_thread::yield();
        }
    }
    readers.clear();
    EXPECT_FALSE(wrong);
    EXPECT_EQ(file.snapshot()->evaluate(*limit_, {}), 11);
}

}  // namespace
}  // namespace twinfleet::typed_config
