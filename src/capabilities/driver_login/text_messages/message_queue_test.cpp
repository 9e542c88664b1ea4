#include "capabilities/driver_login/text_messages/message_queue.hpp"

#include <atomic>
#include <future>
#include <stdexcept>

#include <gtest/gtest.h>

#include "capabilities/driver_login/testing/fakes.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_login {
namespace {

using namespace std::chrono_literals;

/// Lets the test see a message in the making, and hold it there.
class HeldMessages final : public TextMessages {
public:
    [[nodiscard]] SendOutcome send(const TextMessage& message, const std::stop_token& stop) override {
        if (!was_reached_.exchange(true)) {
            reached.set_value();
        }
        released_.wait();
        return sent.send(message, stop);
    }
    std::promise<void> reached;
    std::promise<void> released;
    testing::SentMessages sent;

private:
    std::atomic<bool> was_reached_ = false;
    const std::shared_future<void> released_ = released.get_future().share();
};

class MessageQueueTest : public ::testing::Test {
protected:
    double count(std::string_view outcome) {
        return registry
            .counters("driver_text_messages_total",
                      "Text messages with codes, by what became of them. Those to phones that no driver has "
                      "are never sent: unknown_phone.",
                      {"outcome"})
            .with({outcome})
            .value();
    }
    static bool everybody(std::string_view) { return true; }

    metrics::Registry registry;
    log::CapturingLogger log;
};

TEST_F(MessageQueueTest, SendsToKnownPhonesOnly) {
    testing::SentMessages sent;
    MessageQueue queue(
        {}, sent, [](std::string_view phone) { return phone == "+1"; }, registry, log);
    EXPECT_TRUE(queue.post({"+1", "a"}));
    EXPECT_TRUE(queue.post({"+2", "b"}));
    queue.wait_until_idle();
    ASSERT_EQ(sent.all().size(), 1U);
    EXPECT_EQ(sent.all()[0].phone, "+1");
    EXPECT_EQ(count("sent"), 1);
    EXPECT_EQ(count("unknown_phone"), 1);
}

TEST_F(MessageQueueTest, RefusesWhenItIsFull) {
    HeldMessages held;
    MessageQueue queue({.threads = 1, .waiting_max = 2}, held, everybody, registry, log);
    EXPECT_TRUE(queue.post({"+1", "sending"}));
    held.reached.get_future().wait();
    EXPECT_TRUE(queue.post({"+1", "waiting"}));
    EXPECT_FALSE(queue.is_full());
    EXPECT_TRUE(queue.post({"+1", "waiting"}));
    EXPECT_TRUE(queue.is_full());
    EXPECT_FALSE(queue.post({"+1", "too many"}));
    EXPECT_EQ(count("dropped"), 1);
    held.released.set_value();
    queue.wait_until_idle();
    EXPECT_EQ(count("sent"), 3);
}

TEST_F(MessageQueueTest, SendsWhatWaitsWhenItEnds) {
    testing::SentMessages sent;
    {
        MessageQueue queue({.threads = 1}, sent, everybody, registry, log);
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(queue.post({"+1", "text"}));
        }
    }
    EXPECT_EQ(sent.all().size(), 100U);
    EXPECT_EQ(count("dropped"), 0);
}

TEST_F(MessageQueueTest, DropsWhatWaitsWhenItsTimeIsOver) {
    /// Sends until it is told to stop, as a gateway that hangs does.
    class Hanging final : public TextMessages {
    public:
        [[nodiscard]] SendOutcome send(const TextMessage& /*message*/, const std::stop_token& stop) override {
            reached.set_value();
            (void)platform::wait_for(stop, 1h);
            return SendOutcome::failed;
        }
        std::promise<void> reached;
    };
    Hanging hanging;
    {
        MessageQueue queue({.threads = 1, .drain_timeout = 0ms}, hanging, everybody, registry, log);
        EXPECT_TRUE(queue.post({"+1", "sending"}));
        hanging.reached.get_future().wait();
        EXPECT_TRUE(queue.post({"+1", "waiting"}));
    }
    EXPECT_EQ(count("failed"), 1);
    EXPECT_EQ(count("dropped"), 1);
}

TEST_F(MessageQueueTest, OutlivesWhatItsPartsThrow) {
    testing::SentMessages sent;
    MessageQueue queue(
        {.threads = 1}, sent,
        [](std::string_view phone) -> bool {
            if (phone == "+1") {
                throw std::runtime_error("+1");
            }
            return true;
        },
        registry, log);
    EXPECT_TRUE(queue.post({"+1", "a"}));
    EXPECT_TRUE(queue.post({"+2", "b"}));
    queue.wait_until_idle();
    EXPECT_EQ(count("failed"), 1);
    EXPECT_EQ(count("sent"), 1);
    for (const auto& entry : log.entries()) {
        for (const auto& [name, value] : entry.fields) {
            EXPECT_EQ(value.find("+1"), std::string::npos);
        }
    }
}

TEST_F(MessageQueueTest, NeedsAThreadAndRoom) {
    testing::SentMessages sent;
    EXPECT_THROW(MessageQueue({.threads = 0}, sent, everybody, registry, log), std::invalid_argument);
    EXPECT_THROW(MessageQueue({.waiting_max = 0}, sent, everybody, registry, log), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::driver_login
