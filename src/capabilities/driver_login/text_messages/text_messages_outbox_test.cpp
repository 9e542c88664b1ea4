#include "capabilities/driver_login/text_messages/text_messages_outbox.hpp"

#include <cstdlib>
#include <fstream>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_login {
namespace {

class OutboxTest : public ::testing::Test {
protected:
    OutboxTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "outbox.XXXXXX").string();
        folder = mkdtemp(pattern.data());
        file = folder / "messages.jsonl";
        clock.advance(std::chrono::seconds(1'700'000'000));
    }
    ~OutboxTest() override { std::filesystem::remove_all(folder); }

    [[nodiscard]] std::vector<std::string> lines() const {
        std::ifstream in(file);
        std::vector<std::string> found;
        for (std::string line; std::getline(in, line);) {
            found.push_back(line);
        }
        return found;
    }
    SendOutcome send(OutboxTextMessages& outbox, const std::string& text) {
        return outbox.send({.phone = "+79031234567", .text = text}, {});
    }

    std::filesystem::path folder;
    std::filesystem::path file;
    platform::testing::ManualClock clock;
    log::CapturingLogger log;
};

TEST_F(OutboxTest, WritesALineForEachMessage) {
    OutboxTextMessages outbox(file, clock, log);
    EXPECT_EQ(send(outbox, "123456 is \"it\"\n"), SendOutcome::sent);
    EXPECT_EQ(send(outbox, "second"), SendOutcome::sent);
    const auto written = lines();
    ASSERT_EQ(written.size(), 2U);
    EXPECT_EQ(written[0], R"({"phone":"+79031234567","text":"123456 is \"it\"\n","at":"2023-11-14T22:13:20.000Z"})");
}

TEST_F(OutboxTest, IsForItsOwnerAlone) {
    const OutboxTextMessages outbox(file, clock, log);
    struct stat status {};
    ASSERT_EQ(stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(OutboxTest, IsMadeAnewWhenSomebodyMovedItAway) {
    OutboxTextMessages outbox(file, clock, log);
    EXPECT_EQ(send(outbox, "first"), SendOutcome::sent);
    std::filesystem::rename(file, folder / "read");
    EXPECT_EQ(send(outbox, "second"), SendOutcome::sent);
    EXPECT_EQ(lines().size(), 1U);
}

TEST_F(OutboxTest, SaysWhenItCannotWrite) {
    EXPECT_THROW(OutboxTextMessages(folder / "missing" / "file", clock, log), std::system_error);
    OutboxTextMessages outbox(file, clock, log);
    std::filesystem::remove_all(folder);
    EXPECT_EQ(send(outbox, "lost 123456"), SendOutcome::failed);
    ASSERT_EQ(log.entries().size(), 1U);
    EXPECT_EQ(log.entries()[0].fields.at("reason").find("123456"), std::string::npos);
}

TEST_F(OutboxTest, FollowsNoLinkThatSomebodyPutThere) {
    std::filesystem::create_symlink(folder / "elsewhere", file);
    EXPECT_THROW(OutboxTextMessages(file, clock, log), std::system_error);
    EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST_F(OutboxTest, KeepsLinesWholeWhenManyWrite) {
    constexpr int threads = 8;
    constexpr int messages = 50;
    {
        std::vector<std::jthread> running;
        for (int i = 0; i < threads; ++i) {
            running.emplace_back([&, i] {
                // Each as a process of its own would have it.
                OutboxTextMessages outbox(file, clock, log);
                for (int j = 0; j < messages; ++j) {
                    EXPECT_EQ(send(outbox, std::to_string(i * messages + j) + std::string(5'000, 'x')),
                              SendOutcome::sent);
                }
            });
        }
    }
    std::set<std::string> texts;
    for (const auto& line : lines()) {
        texts.insert(std::string(boost::json::parse(line).at("text").as_string()));
    }
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(threads * messages));
}

}  // namespace
}  // namespace twinfleet::driver_login
