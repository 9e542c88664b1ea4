#include "platform/http/client_address.hpp"

#include <stdexcept>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::http {
namespace {

Request from(std::string peer, const std::vector<std::string>& forwarded_for = {}) {
    Request request;
    request.peer_address = std::move(peer);
    for (const auto& value : forwarded_for) {
        request.headers.emplace_back("x-forwarded-FOR", value);
    }
    return request;
}

TEST(ClientAddress, IsThePeersUnlessThatIsATrustedProxy) {
    const TrustedProxies nobody;
    const TrustedProxies another({"10.0.0.2"});
    EXPECT_EQ(client_address(from("192.0.2.7"), nobody), "192.0.2.7");
    EXPECT_EQ(client_address(from("192.0.2.7", {"198.51.100.1"}), nobody), "192.0.2.7");
    EXPECT_EQ(client_address(from("10.0.0.1", {"198.51.100.1"}), another), "10.0.0.1");
    EXPECT_EQ(client_address(from("", {"198.51.100.1"}), another), "");
}

TEST(ClientAddress, IsWhatTheTrustedProxyNamesLast) {
    const TrustedProxies proxy({"10.0.0.2"});
    EXPECT_EQ(client_address(from("10.0.0.2", {"198.51.100.1"}), proxy), "198.51.100.1");
    EXPECT_EQ(client_address(from("10.0.0.2", {"1.1.1.1, 198.51.100.1"}), proxy), "198.51.100.1")
        << "invented by a client";
    EXPECT_EQ(client_address(from("10.0.0.2", {"10.0.0.2, 198.51.100.1"}), proxy), "198.51.100.1");
    EXPECT_EQ(client_address(from("10.0.0.2", {"1.1.1.1", "198.51.100.1"}), proxy), "198.51.100.1")
        << "the later field";
    EXPECT_EQ(client_address(from("10.0.0.2"), proxy), "10.0.0.2") << "the proxy's own request";
}

TEST(ClientAddress, GoesThroughAChainOfTrustedProxies) {
    const TrustedProxies proxies({"10.0.0.0/8", "fd00::/8"});
    EXPECT_EQ(client_address(from("10.0.0.2", {"1.1.1.1, 198.51.100.1, fd00::5, 10.9.9.9"}), proxies), "198.51.100.1");
    EXPECT_EQ(client_address(from("fd00::1", {"2001:db8::1 ,10.9.9.9"}), proxies), "2001:db8::1");
    EXPECT_EQ(client_address(from("10.0.0.2", {"10.1.1.1, 10.2.2.2"}), proxies), "10.1.1.1") << "a client inside";
}

TEST(ClientAddress, StopsAtWhatIsNoAddress) {
    const TrustedProxies proxies({"10.0.0.0/8"});
    EXPECT_EQ(client_address(from("10.0.0.2", {"198.51.100.1, unknown"}), proxies), "10.0.0.2");
    EXPECT_EQ(client_address(from("10.0.0.2", {"198.51.100.1, , 10.0.0.3"}), proxies), "10.0.0.3");
    EXPECT_EQ(client_address(from("10.0.0.2", {""}), proxies), "10.0.0.2");
    EXPECT_EQ(client_address(from("10.0.0.2", {std::string("1.1.1.1\0", 8)}), proxies), "10.0.0.2");
    EXPECT_EQ(client_address(from("10.0.0.2", {std::string(8'000, ',')}), proxies), "10.0.0.2");
}

TEST(ClientAddress, LeavesPortsOutAndWritesAddressesOneWay) {
    const TrustedProxies proxies({"10.0.0.0/8"});
    EXPECT_EQ(client_address(from("10.0.0.2", {"198.51.100.1:4711"}), proxies), "198.51.100.1");
    EXPECT_EQ(client_address(from("10.0.0.2", {"[2001:db8::1]:4711"}), proxies), "2001:db8::1");
    EXPECT_EQ(client_address(from("10.0.0.2", {"[2001:db8::1]"}), proxies), "2001:db8::1");
    EXPECT_EQ(client_address(from("10.0.0.2", {"2001:DB8:0:0:0:0:0:1"}), proxies), "2001:db8::1");
    EXPECT_EQ(client_address(from("::ffff:10.0.0.2", {"::ffff:198.51.100.1"}), proxies), "198.51.100.1");
    EXPECT_EQ(client_address(from("fe80::1%1"), proxies), "fe80::1");
}

RC_GTEST_PROP(ClientAddress, IsNeverTakenFromAStrangersField, (const std::string& value)) {
    const TrustedProxies proxies({"10.0.0.0/8"});
    RC_ASSERT(client_address(from("192.0.2.7", {value}), proxies) == "192.0.2.7");
    // Whatever a client sends through a proxy, the proxy's own entry decides.
    RC_ASSERT(client_address(from("10.0.0.2", {value + ", 198.51.100.1"}), proxies) == "198.51.100.1");
}

TEST(TrustedProxies, HoldsItsNetworksToTheLastBit) {
    const TrustedProxies proxies({"192.168.16.0/20", "2001:db8:8000::/33", "0.0.0.0/32", "::1"});
    EXPECT_TRUE(proxies.contains("192.168.16.0"));
    EXPECT_TRUE(proxies.contains("192.168.31.255"));
    EXPECT_FALSE(proxies.contains("192.168.32.0"));
    EXPECT_FALSE(proxies.contains("192.168.15.255"));
    EXPECT_TRUE(proxies.contains("2001:db8:ffff::1"));
    EXPECT_FALSE(proxies.contains("2001:db8:7fff::1"));
    EXPECT_TRUE(proxies.contains("::1"));
    EXPECT_FALSE(proxies.contains("::2"));
    EXPECT_FALSE(proxies.contains("no address"));
    EXPECT_TRUE(TrustedProxies({"0.0.0.0/0"}).contains("8.8.8.8"));
    EXPECT_FALSE(TrustedProxies({"0.0.0.0/0"}).contains("2001:db8::1"));
}

TEST(TrustedProxies, RefusesWhatCannotBeRead) {
    for (const char* text : {"", "proxy", "10.0.0.0/33", "10.0.0.1/8", "10.0.0/8", "fd00::/129", "fd00::1/8",
                             "10.0.0.0/", "/8", "10.0.0.0/8 "}) {
        EXPECT_THROW(TrustedProxies({text}), std::invalid_argument) << text;
    }
}

TEST(SubscriberOf, IsTheAddressOrTheNetworkOfOneSubscriber) {
    EXPECT_EQ(subscriber_of("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(subscriber_of("::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(subscriber_of("2001:db8::1"), "2001:db8::/64");
    EXPECT_EQ(subscriber_of("2001:db8::ffff:ffff:ffff:ffff"), "2001:db8::/64");
    EXPECT_EQ(subscriber_of("2001:db8:0:1::1"), "2001:db8:0:1::/64");
    EXPECT_EQ(subscriber_of(""), "");
}

TEST(NetworkOf, IsTheAddressOrTheNetworkOfOneSite) {
    EXPECT_EQ(network_of("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(network_of("::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(network_of("2001:db8:0:1::1"), "2001:db8::/48");
    EXPECT_EQ(network_of("2001:db8:1:1::1"), "2001:db8:1::/48");
    EXPECT_EQ(network_of("unknown"), "unknown");
}

}  // namespace
}  // namespace twinfleet::http
