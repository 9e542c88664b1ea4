#include "simulator/outbox/outbox.hpp"

#include <fstream>
#include <future>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;
using ::testing::Optional;

TEST(TextMessage, IsReadFromALineOfTheOutbox) {
    const auto message =
        read_text_message(R"({"phone":"+13700000000","text":"Code 123456","at":"2024-01-01T00:00:00.000Z"})");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->phone, "+13700000000");
    EXPECT_EQ(message->text, "Code 123456");
    for (const auto* line : {"", "[]", "{", R"({"phone":"+1"})", R"({"phone":1,"text":"x"})"}) {
        EXPECT_FALSE(read_text_message(line)) << line;
    }
}

TEST(TextMessage, ItsCodeIsTheFirstRunOfSoManyDigits) {
    EXPECT_THAT(code_in("123456", 6), Optional(std::string("123456")));
    EXPECT_THAT(code_in("Taximeter 2: 654321. Good for 5 minutes", 6), Optional(std::string("654321")));
    EXPECT_THAT(code_in("+13700000000 asks: 0042", 4), Optional(std::string("0042")));
    EXPECT_FALSE(code_in("1234567 12345", 6));
    EXPECT_FALSE(code_in("", 6));
}

TEST(Outbox, GivesWhatIsAppended) {
    const auto path =
        std::filesystem::temp_directory_path() / ("outbox_test_" + std::to_string(std::random_device{}()));
    std::ofstream file(path);
    file << R"({"phone":"+1","text":"old"})" << std::endl;
    std::promise<std::string> given;
    const Outbox outbox(path, [&](const TextMessage& message) { given.set_value(message.phone + message.text); });
    file << "no message\n"
         << R"({"phone":"+2","text":"new"})" << std::endl;
    auto text = given.get_future();
    ASSERT_EQ(text.wait_for(30s), std::future_status::ready);
    EXPECT_EQ(text.get(), "+2new");
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace twinfleet::simulator
