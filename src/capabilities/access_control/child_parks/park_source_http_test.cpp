#include "capabilities/access_control/child_parks/park_source_http.hpp"

#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::access_control {
namespace {

TEST(SynchronizersAnswer, TellsARole) {
    EXPECT_TRUE(says_child({.body = R"({"entity":"parks","id":"p","role":"child","links":[]})"}));
    EXPECT_FALSE(says_child({.body = R"({"entity":"parks","id":"p","role":"parent","links":[]})"}));
    EXPECT_FALSE(says_child({.body = R"({"entity":"parks","id":"p","role":"unlinked","links":[]})"}));
}

TEST(SynchronizersAnswer, AnythingElseIsNone) {
    for (const char* body : {"", "child", "[]", "{}", R"({"role":null})", R"({"role":"grandchild"})",
                             R"({"role":["child"]})", R"({"role":"child")"}) {
        EXPECT_THROW(static_cast<void>(says_child({.body = body})), platform::StoreUnavailable) << body;
    }
    for (const int status : {204, 401, 403, 404, 500, 503}) {
        EXPECT_THROW(static_cast<void>(says_child({.status = status, .body = R"({"role":"unlinked"})"})),
                     platform::StoreUnavailable)
            << status;
    }
}

}  // namespace
}  // namespace twinfleet::access_control
