#include "clients/driver_protocol/driver_protocol.hpp"

#include <gtest/gtest.h>

#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/server.hpp"

namespace twinfleet::clients {
namespace {

class DriverProtocolClient : public ::testing::Test {
protected:
    void will_answer(int status, std::string body) {
        answer_.with([&](auto& next) { next = {.status = status, .body = std::move(body)}; });
    }
    [[nodiscard]] http::Request asked() const {
        return asked_.with([](const auto& last) { return last; });
    }
    [[nodiscard]] DriverProtocol client() const {
        return DriverProtocol({.client = {.base_url = "http://127.0.0.1:" + std::to_string(server_.port()),
                                          .peer_name = "driver-protocol"}},
                              clock_);
    }

    platform::SystemClock clock_;
    platform::Guarded<http::Response> answer_;
    platform::Guarded<http::Request> asked_;
    http::Server server_{{.listen = {"127.0.0.1", 0}},
                         {.handle = [this](const http::Request& request, const http::Reply& reply) {
                             asked_.with([&](auto& last) { last = request; });
                             reply.send(answer_.with([](const auto& next) { return next; }));
                         }}};
};

TEST_F(DriverProtocolClient, ErasesADriverAndTellsWhatWasRemoved) {
    will_answer(200, R"({"sessions":1,"positions":30,"new_field":1})");
    const ErasedTraces erased = client().erase_driver("d/ 1", std::vector<std::string>{"p", "q"});
    EXPECT_EQ(asked().method + ' ' + asked().path, "POST /v1/internal/drivers/d%2F%201/erase");
    EXPECT_EQ(asked().body, R"({"park_ids":["p","q"]})");
    EXPECT_EQ(erased.sessions, 1U);
    EXPECT_EQ(erased.positions, 30U);
}

TEST_F(DriverProtocolClient, AnAnswerThatIsNotAsAgreedIsNoSuccess) {
    for (const char* body : {"{}", R"({"sessions":1})", R"({"sessions":-1,"positions":0})", "no JSON"}) {
        will_answer(200, body);
        EXPECT_THROW((void)client().erase_driver("d", {}), platform::StoreUnavailable) << body;
    }
    will_answer(503, R"({"code":"unavailable","message":"m"})");
    EXPECT_THROW((void)client().erase_driver("d", {}), platform::StoreUnavailable);
    will_answer(403, R"({"code":"forbidden","message":"m"})");
    EXPECT_THROW((void)client().erase_driver("d", {}), platform::StoreRefused);
}

}  // namespace
}  // namespace twinfleet::clients
