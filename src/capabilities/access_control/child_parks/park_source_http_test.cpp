#include "capabilities/access_control/child_parks/park_source_http.hpp"

#include <gtest/gtest.h>

#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/server.hpp"

namespace twinfleet::access_control {
namespace {

class HttpParkSourceTest : public ::testing::Test {
protected:
    /// What becomes of an answer of fleet-synchronizer.
    bool is_child_by(int status, std::string body) {
        answer.with([&](auto& next) { next = {.status = status, .body = std::move(body)}; });
        // One whose circuit is closed.
        const HttpParkSource source({.client = {.base_url = "http://127.0.0.1:" + std::to_string(synchronizer.port()),
                                                .bearer_token = "secret",
                                                .peer_name = "fleet-synchronizer"}},
                                    clock);
        return source.is_child(ParkId("park/1"));
    }

    platform::SystemClock clock;
    platform::Guarded<http::Response> answer;
    platform::Guarded<http::Request> asked;
    http::Server synchronizer{{.listen = {"127.0.0.1", 0}},
                              {.handle = [this](const http::Request& request, const http::Reply& reply) {
                                  asked.with([&](auto& last) { last = request; });
                                  reply.send(answer.with([](const auto& next) { return next; }));
                              }}};
};

TEST_F(HttpParkSourceTest, TellsByTheRole) {
    const char* const child =
        R"({"entity":"parks","id":"p","role":"child","links":[
            {"family":"taximeter","id":"parent","park_id":"parent","state":"linked","created_at":"","synced_at":null}]})";
    EXPECT_TRUE(is_child_by(200, child));
    EXPECT_TRUE(is_child_by(200, R"({"entity":"parks","id":"p","role":"child","links":[]})"));
    EXPECT_FALSE(is_child_by(200, R"({"entity":"parks","id":"p","role":"parent","links":[]})"));
    EXPECT_FALSE(is_child_by(200, R"({"entity":"parks","id":"p","role":"unlinked","links":[]})"));
    const auto request = asked.with([](const auto& last) { return last; });
    EXPECT_EQ(request.method + ' ' + request.path, "GET /v1/links/parks/park%2F1");
    EXPECT_EQ(request.header("Authorization"), "Bearer secret");
}

TEST_F(HttpParkSourceTest, AnythingElseIsNoAnswer) {
    for (const char* body : {"", "child", "[]", "{}", R"({"role":null})", R"({"role":"grandchild"})",
                             R"({"role":["child"]})", R"({"role":"child")"}) {
        EXPECT_THROW(static_cast<void>(is_child_by(200, body)), platform::StoreUnavailable) << body;
    }
    for (const int status : {204, 401, 403, 404, 500, 503}) {
        EXPECT_THROW(static_cast<void>(is_child_by(status, R"({"id":"p","role":"unlinked","links":[]})")),
                     platform::StoreUnavailable)
            << status;
    }
}

}  // namespace
}  // namespace twinfleet::access_control
