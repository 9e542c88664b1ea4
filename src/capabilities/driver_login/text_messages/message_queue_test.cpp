#include "capabilities/driver_login/text_messages/message_queue.hpp"

#include <atomic>
#include <future>
#include <stdexcept>

#include <gtest/gtest.h>

#include "capabilities/driver_login/testing/fakes.hpp"
#include "capabilities/driver_login/testing/memory_login_store.hpp"
#include "platform/clock/testing/manual_clock.hpp"
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
                      "Text messages with codes, by what became of them. Those to phones with which "
                      "nobody may log in are never sent: unknown_phone.",
                      {"outcome"})
            .with({outcome})
            .value();
    }
    static std::vector<std::string> everybody(std::string_view) { return {"park"}; }
    static std::vector<std::string> nobody(std::string_view) { return {}; }
    /// With a code that counts, of a phone's only device.
    CodeMessage message_to(const std::string& phone, const std::string& text) {
        const std::string login = std::to_string(++codes_);
        EXPECT_EQ(store
                      .add_code({.phone_key = phone,
                                 .login_key = login,
                                 .code_digest = "code",
                                 .sealed_phone = "sealed",
                                 .family = "taximeter",
                                 .device = {.key = login}},
                                clock.now())
                      .outcome,
                  CodeAdded::Outcome::added);
        return {.message = {.phone = phone, .text = text},
                .receipt = {.phone_key = phone, .device = {.key = login}, .added_at = clock.now()},
                .count = {.country = 7}};
    }
    /// How many of the codes of a phone count against its strangers.
    int counted_codes(const std::string& phone) {
        int left = 0;
        while (store
                   .add_code({.phone_key = phone,
                              .login_key = "probe",
                              .code_digest = "code",
                              .sealed_phone = "sealed",
                              .family = "taximeter",
                              .device = {.key = "probe " + std::to_string(++codes_)}},
                             clock.now())
                   .outcome == CodeAdded::Outcome::added) {
            ++left;
        }
        return static_cast<int>(LoginLimits().strangers_codes_per_hour_max) - left;
    }

    platform::testing::ManualClock clock;
    testing::MemoryLoginStore store{LoginLimits()};
    metrics::Registry registry;
    log::CapturingLogger log;

private:
    int codes_ = 0;
};

TEST_F(MessageQueueTest, SendsToKnownPhonesOnly) {
    testing::SentMessages sent;
    MessageQueue queue(
        {}, sent, [](std::string_view phone) { return phone == "+1" ? everybody(phone) : nobody(phone); }, store, clock,
        registry, log);
    EXPECT_TRUE(queue.post(message_to("+1", "a")));
    EXPECT_TRUE(queue.post(message_to("+2", "b")));
    queue.wait_until_idle();
    ASSERT_EQ(sent.all().size(), 1U);
    EXPECT_EQ(sent.all()[0].phone, "+1");
    EXPECT_EQ(count("sent"), 1);
    EXPECT_EQ(count("unknown_phone"), 1);
}

TEST_F(MessageQueueTest, RefusesWhenItIsFull) {
    HeldMessages held;
    MessageQueue queue({.threads = 1, .waiting_max = 2}, held, everybody, store, clock, registry, log);
    EXPECT_TRUE(queue.post(message_to("+1", "sending")));
    held.reached.get_future().wait();
    EXPECT_TRUE(queue.post(message_to("+1", "waiting")));
    EXPECT_FALSE(queue.is_full());
    EXPECT_TRUE(queue.post(message_to("+1", "waiting")));
    EXPECT_TRUE(queue.is_full());
    EXPECT_FALSE(queue.post(message_to("+1", "too many")));
    EXPECT_EQ(count("dropped"), 1);
    held.released.set_value();
    queue.wait_until_idle();
    EXPECT_EQ(count("sent"), 3);
}

TEST_F(MessageQueueTest, SendsWhatWaitsWhenItEnds) {
    testing::SentMessages sent;
    {
        MessageQueue queue({.threads = 1}, sent, everybody, store, clock, registry, log);
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(queue.post(message_to('+' + std::to_string(i), "text")));
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
        MessageQueue queue({.threads = 1, .drain_timeout = 0ms}, hanging, everybody, store, clock, registry, log);
        EXPECT_TRUE(queue.post(message_to("+1", "sending")));
        hanging.reached.get_future().wait();
        EXPECT_TRUE(queue.post(message_to("+1", "waiting")));
    }
    EXPECT_EQ(count("failed"), 1);
    EXPECT_EQ(count("dropped"), 1);
}

TEST_F(MessageQueueTest, OutlivesWhatItsPartsThrow) {
    testing::SentMessages sent;
    MessageQueue queue(
        {.threads = 1}, sent,
        [](std::string_view phone) -> std::vector<std::string> {
            if (phone == "+1") {
                throw std::runtime_error("+1");
            }
            return everybody(phone);
        },
        store, clock, registry, log);
    EXPECT_TRUE(queue.post(message_to("+1", "a")));
    EXPECT_TRUE(queue.post(message_to("+2", "b")));
    queue.wait_until_idle();
    EXPECT_EQ(count("failed"), 1);
    EXPECT_EQ(count("sent"), 1);
    for (const auto& entry : log.entries()) {
        for (const auto& [name, value] : entry.fields) {
            EXPECT_EQ(value.find("+1"), std::string::npos);
        }
    }
}

/// Answers as it is told.
class TellingMessages final : public TextMessages {
public:
    [[nodiscard]] SendOutcome send(const TextMessage& /*message*/, const std::stop_token& /*stop*/) override {
        return outcome;
    }
    std::atomic<SendOutcome> outcome = SendOutcome::sent;
};

TEST_F(MessageQueueTest, GivesBackTheCodeOfAMessageThatWasNotSent) {
    TellingMessages gateway;
    MessageQueue queue({.threads = 1}, gateway, everybody, store, clock, registry, log);
    for (const auto outcome : {SendOutcome::failed, SendOutcome::refused, SendOutcome::circuit_open}) {
        gateway.outcome = outcome;
        const std::string phone(to_string(outcome));
        EXPECT_TRUE(queue.post(message_to(phone, "a")));
        queue.wait_until_idle();
        EXPECT_EQ(counted_codes(phone), 0) << phone;
    }
    gateway.outcome = SendOutcome::sent;
    EXPECT_TRUE(queue.post(message_to("+1", "a")));
    queue.wait_until_idle();
    EXPECT_EQ(counted_codes("+1"), 1);
}

TEST_F(MessageQueueTest, AnUnknownPhoneIsChargedAsAKnownOneWouldBe) {
    TellingMessages gateway;
    MessageQueue queue(
        {.threads = 1}, gateway,
        [](std::string_view phone) { return phone == "+1" ? everybody(phone) : nobody(phone); }, store, clock, registry,
        log);
    EXPECT_TRUE(queue.post(message_to("+2", "a")));
    queue.wait_until_idle();
    EXPECT_EQ(counted_codes("+2"), 1);
    gateway.outcome = SendOutcome::failed;
    EXPECT_TRUE(queue.post(message_to("+1", "a")));
    EXPECT_TRUE(queue.post(message_to("+3", "a")));
    queue.wait_until_idle();
    EXPECT_EQ(counted_codes("+3"), 0);
}

TEST_F(MessageQueueTest, DropsWhatIsTooOldToBeOfUse) {
    HeldMessages held;
    MessageQueue queue({.threads = 1, .age_max = 2min}, held, everybody, store, clock, registry, log);
    EXPECT_TRUE(queue.post(message_to("+1", "sending")));
    held.reached.get_future().wait();
    EXPECT_TRUE(queue.post(message_to("+2", "old")));
    clock.advance(1ms);
    EXPECT_TRUE(queue.post(message_to("+3", "young")));
    clock.advance(2min - 1ms);
    held.released.set_value();
    queue.wait_until_idle();
    ASSERT_EQ(held.sent.all().size(), 2U);
    EXPECT_EQ(held.sent.all()[1].phone, "+3");
    EXPECT_EQ(count("too_old"), 1);
    EXPECT_EQ(counted_codes("+2"), 0);
}

TEST_F(MessageQueueTest, KeepsToTheBudgetOfAPark) {
    testing::SentMessages sent;
    LoginLimits limits;
    limits.messages.per_park_max = 2;
    testing::MemoryLoginStore small(limits);
    MessageQueue queue({.threads = 1}, sent, everybody, small, clock, registry, log);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(queue.post(message_to('+' + std::to_string(i), "a")));
    }
    queue.wait_until_idle();
    EXPECT_EQ(sent.all().size(), 2U);
    EXPECT_EQ(count("over_park_budget"), 1);
}

TEST_F(MessageQueueTest, NeedsAThreadAndRoom) {
    testing::SentMessages sent;
    EXPECT_THROW(MessageQueue({.threads = 0}, sent, everybody, store, clock, registry, log), std::invalid_argument);
    EXPECT_THROW(MessageQueue({.age_max = 0ms}, sent, everybody, store, clock, registry, log), std::invalid_argument);
    EXPECT_THROW(MessageQueue({.waiting_max = 0}, sent, everybody, store, clock, registry, log), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::driver_login
