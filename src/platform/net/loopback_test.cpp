#include "platform/net/loopback.hpp"

#include <gtest/gtest.h>

namespace twinfleet::net {
namespace {

TEST(Loopback, IsThisMachineByNameAddressOrSocket) {
    for (const char* host :
         {"localhost", "127.0.0.1", "127.12.0.3", "::1", "[::1]", "/var/run/postgresql", "@abstract", ""}) {
        EXPECT_TRUE(is_on_this_machine(host)) << host;
    }
    for (const char* host : {"localhost.example.org", "127.example.org", "10.0.0.1", "128.0.0.1", "::2", "db"}) {
        EXPECT_FALSE(is_on_this_machine(host)) << host;
    }
}

}  // namespace
}  // namespace twinfleet::net
