#include "capabilities/driver_login/text_messages/text_messages_http.hpp"

#include <atomic>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/http/server.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_login {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

/// A gateway that answers as it is told.
class Gateway {
public:
    using Answer = std::function<void(const http::Request&, const http::Reply&)>;
    explicit Gateway(Answer answer)
        : answer_(std::move(answer)),
          server_({.listen = {"127.0.0.1", 0}, .drain_timeout = 100ms},
                  {.handle = [this](const http::Request& request, const http::Reply& reply) {
                      requests_.with([&](auto& requests) { requests.push_back(request); });
                      answer_(request, reply);
                  }}) {}

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
    [[nodiscard]] std::vector<http::Request> requests() const {
        return requests_.with([](const auto& requests) { return requests; });
    }

private:
    const Answer answer_;
    platform::Guarded<std::vector<http::Request>> requests_;
    http::Server server_;
};

class HttpTextMessagesTest : public ::testing::Test {
protected:
    static HttpTextMessagesSettings settings(const std::string& url) {
        HttpTextMessagesSettings settings;
        settings.client.base_url = url;
        settings.client.bearer_token = "the-secret-token";
        settings.client.request_timeout = 30s;
        settings.backoff_first = 1ms;
        settings.backoff_longest = 2ms;
        settings.circuit = {.failures_max = 2, .open_for = 30s};
        return settings;
    }
    static Gateway::Answer status(int status) {
        return [status](const http::Request&, const http::Reply& reply) { reply.send({.status = status}); };
    }
    /// Nobody answers; the replies are kept so that the connection stays open.
    Gateway::Answer silence() {
        return [this](const http::Request&, const http::Reply& reply) {
            unanswered.with([&](auto& replies) { replies.push_back(reply); });
        };
    }
    double circuit_gauge() {
        return registry
            .gauge("driver_text_message_circuit_open",
                   "1 while the text-message gateway is left alone because it failed too often.")
            .value();
    }
    SendOutcome send(HttpTextMessages& messages) { return messages.send(message, stop.get_token()); }

    const TextMessage message{.phone = "+79031234567", .text = "123456 is your \"code\""};
    std::stop_source stop;
    platform::testing::ManualClock clock;
    metrics::Registry registry;
    log::CapturingLogger log;
    platform::Guarded<std::vector<http::Reply>> unanswered;
};

TEST_F(HttpTextMessagesTest, PostsTheMessageWithItsToken) {
    const Gateway gateway(status(202));
    HttpTextMessages messages(settings(gateway.url()), clock, registry, log);
    EXPECT_EQ(send(messages), SendOutcome::sent);
    const auto requests = gateway.requests();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].method, "POST");
    EXPECT_EQ(requests[0].path, "/messages");
    EXPECT_EQ(requests[0].header("Authorization"), "Bearer the-secret-token");
    EXPECT_EQ(requests[0].header("Content-Type"), "application/json");
    EXPECT_EQ(requests[0].body, R"({"phone":"+79031234567","text":"123456 is your \"code\""})");
}

TEST_F(HttpTextMessagesTest, TriesAgainUntilItIsTaken) {
    std::atomic<int> count = 0;
    const Gateway gateway([&](const http::Request&, const http::Reply& reply) {
        constexpr std::array<int, 3> statuses = {503, 429, 200};
        reply.send({.status = statuses.at(static_cast<std::size_t>(count++))});
    });
    HttpTextMessages messages(settings(gateway.url()), clock, registry, log);
    EXPECT_EQ(send(messages), SendOutcome::sent);
    const auto requests = gateway.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_TRUE(requests[0].header("Idempotency-Key"));
    EXPECT_EQ(requests[1].header("Idempotency-Key"), requests[0].header("Idempotency-Key"));
    EXPECT_EQ(requests[2].header("Idempotency-Key"), requests[0].header("Idempotency-Key"));
    EXPECT_EQ(send(messages), SendOutcome::failed) << "the gateway's handler throws now";
    EXPECT_NE(gateway.requests()[3].header("Idempotency-Key"), requests[0].header("Idempotency-Key"));
}

TEST_F(HttpTextMessagesTest, DoesNotRepeatWhatIsRefused) {
    const Gateway gateway(status(422));
    HttpTextMessages messages(settings(gateway.url()), clock, registry, log);
    for (int i = 1; i <= 5; ++i) {
        EXPECT_EQ(send(messages), SendOutcome::refused);
        EXPECT_EQ(gateway.requests().size(), static_cast<std::size_t>(i)) << "and the circuit stays closed";
    }
}

TEST_F(HttpTextMessagesTest, GivesUpOnAGatewayThatDoesNotAnswer) {
    const Gateway gateway(silence());
    auto impatient = settings(gateway.url());
    impatient.client.request_timeout = 30ms;
    HttpTextMessages messages(impatient, clock, registry, log);
    EXPECT_EQ(send(messages), SendOutcome::failed);
    EXPECT_EQ(gateway.requests().size(), 3U);
    EXPECT_FALSE(log.entries("the text-message gateway does not answer").empty());
}

TEST_F(HttpTextMessagesTest, LeavesAGatewayAloneThatKeepsFailingAndTriesItLater) {
    std::atomic<int> now_status = 500;
    const Gateway gateway(
        [&](const http::Request&, const http::Reply& reply) { reply.send({.status = now_status.load()}); });
    HttpTextMessages messages(settings(gateway.url()), clock, registry, log);
    EXPECT_EQ(circuit_gauge(), 0);
    EXPECT_EQ(send(messages), SendOutcome::failed);
    EXPECT_EQ(circuit_gauge(), 0);
    EXPECT_EQ(send(messages), SendOutcome::failed);
    EXPECT_EQ(circuit_gauge(), 1);
    const auto before = gateway.requests().size();
    EXPECT_EQ(send(messages), SendOutcome::circuit_open);
    EXPECT_EQ(gateway.requests().size(), before);

    clock.advance(30s);
    EXPECT_EQ(send(messages), SendOutcome::failed) << "one try";
    EXPECT_EQ(send(messages), SendOutcome::circuit_open);

    clock.advance(30s);
    now_status = 200;
    EXPECT_EQ(send(messages), SendOutcome::sent);
    EXPECT_EQ(send(messages), SendOutcome::sent);
    EXPECT_EQ(circuit_gauge(), 0);
}

TEST_F(HttpTextMessagesTest, DoesNotWaitOnceItIsToStop) {
    const Gateway gateway(status(500));
    auto patient = settings(gateway.url());
    patient.backoff_first = patient.backoff_longest = 1h;
    HttpTextMessages messages(patient, clock, registry, log);
    stop.request_stop();
    EXPECT_EQ(send(messages), SendOutcome::failed);
    EXPECT_EQ(gateway.requests().size(), 1U);
}

TEST_F(HttpTextMessagesTest, LogsNeitherTokenNorMessage) {
    const Gateway gateway(status(500));
    HttpTextMessages messages(settings(gateway.url()), clock, registry, log);
    (void)send(messages);
    auto nowhere = settings("http://127.0.0.1:1");
    HttpTextMessages lost(nowhere, clock, registry, log);
    EXPECT_EQ(send(lost), SendOutcome::failed);
    const auto entries = log.entries();
    EXPECT_EQ(entries.size(), 6U);
    for (const auto& entry : entries) {
        for (const auto& [name, value] : entry.fields) {
            EXPECT_THAT(value, Not(HasSubstr("secret")));
            EXPECT_THAT(value, Not(HasSubstr("9031234567")));
            EXPECT_THAT(value, Not(HasSubstr("123456")));
        }
    }
}

}  // namespace
}  // namespace twinfleet::driver_login
