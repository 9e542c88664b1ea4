// What strangers, idle callers and a neighbour that hangs may do to the drivers beside them.
#include <algorithm>
#include <deque>
#include <fstream>
#include <future>
#include <thread>

#include <sys/resource.h>

#include "platform/http/testing/raw_client.hpp"
#include "tests/end_to_end/driver_side.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/loopback_port.hpp"

namespace twinfleet::end_to_end {
namespace {

using http::testing::RawClient;
using ::testing::Each;
using ::testing::Lt;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Milliseconds = std::chrono::duration<double, std::milli>;

class DriverEdge : public DriverSide {
protected:
    /// Park `one`, mirrored, with so many drivers.
    void serve_a_park(std::size_t drivers, const std::string& own_configuration = {}) {
        installation_.put(park_with_drivers(park("one", "Chicago"), drivers));
        EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
        serve(own_configuration);
        await_in_cache("one-driver-1");
    }
    [[nodiscard]] std::string phone_of_driver(std::size_t number) const {
        return phone_of("one-driver-" + std::to_string(number));
    }
    /// Of driver-protocol, the most that it ever took.
    [[nodiscard]] std::size_t peak_memory_mib() const {
        std::ifstream status("/proc/" + std::to_string(driver_protocol_->process_id()) + "/status");
        for (std::string word; status >> word;) {
            std::size_t kibibytes = 0;
            if (word == "VmHWM:" && status >> kibibytes) {
                return kibibytes / 1024;
            }
        }
        throw std::runtime_error("the system does not say how much memory a process takes");
    }
};

/// Each log-in of the flood waits for fleet-synchronizer, which does not answer, to make a child.
TEST_F(DriverEdge, AHangingSynchronizerDelaysNobodyWhoDoesNotNeedIt) {
    constexpr std::size_t waiting = 60;
    constexpr std::size_t others = 40;
    serve_a_park(waiting + others, "login: {starts_per_address_max: 100000}\n");

    std::vector<LoggedIn> vezet_logins;
    std::vector<LoggedIn> taximeter_logins;
    for (std::size_t i = 1; i <= waiting; ++i) {
        vezet_logins.push_back(verified(app(vezet), phone_of_driver(i)));
        ASSERT_THAT(vezet_logins.back().parks, SizeIs(1));
    }
    for (std::size_t i = waiting + 1; i <= waiting + others; ++i) {
        taximeter_logins.push_back(verified(app(taximeter), phone_of_driver(i)));
        ASSERT_THAT(taximeter_logins.back().parks, SizeIs(1));
    }

    synchronizer_->program.pause();
    std::vector<std::future<Answer>> flood;
    for (const LoggedIn& login : vezet_logins) {
        flood.push_back(std::async(std::launch::async,
                                   [&, login] { return app(vezet).choose(login.login_token, login.parks.front()); }));
    }
    std::vector<double> delays_ms;
    for (const LoggedIn& login : taximeter_logins) {
        const auto begin = std::chrono::steady_clock::now();
        const Answer answer = app(taximeter).choose(login.login_token, login.parks.front());
        delays_ms.push_back(Milliseconds(std::chrono::steady_clock::now() - begin).count());
        EXPECT_EQ(answer.status, 200) << boost::json::serialize(answer.body);
    }
    std::ranges::sort(delays_ms);
    RecordProperty("slowest_taximeter_choice_ms", std::to_string(delays_ms.back()));
    EXPECT_THAT(delays_ms, Each(Lt(200.0)));
    for (auto& waiting_answer : flood) {
        const Answer answer = waiting_answer.get();
        EXPECT_EQ(answer.status, 503) << boost::json::serialize(answer.body);
        EXPECT_TRUE(answer.headers.contains("retry-after"));
    }

    synchronizer_->program.resume();
    const LoggedIn& patient = vezet_logins.front();
    EXPECT_TRUE(reaches([&] { return app(vezet).choose(patient.login_token, patient.parks.front()).status == 200; }))
        << "the token stays good";
}

TEST_F(DriverEdge, WhoseChildExistsNeedsNoSynchronizer) {
    serve_a_park(1, "login: {resend_after_s: 1}\n");
    App app = this->app(vezet);
    const std::string phone = phone_of_driver(1);
    const Answer first = log_in(app, phone);
    ASSERT_EQ(first.status, 200) << boost::json::serialize(first.body);
    ASSERT_TRUE(reaches([&] { return app.profile().status == 200; }));
    await_resend();
    const LoggedIn again = verified(this->app(vezet), phone);
    synchronizer_->program.pause();
    const Answer second = this->app(vezet).choose(again.login_token, again.parks.front());
    EXPECT_EQ(second.status, 200) << boost::json::serialize(second.body);
    EXPECT_EQ(text(second.body, "driver_id"), text(first.body, "driver_id"));
    EXPECT_EQ(text(second.body, "profile_ready_in_ms"), "0");
    synchronizer_->program.resume();
}

/// 900 connections that send bodies of a MiB, as fast as they are taken, with nothing that gives them a right to: to a
/// path for services, to a log-in, and as a driver with a made-up session.
TEST_F(DriverEdge, BodiesOfStrangersTakeLittleMemory) {
    constexpr std::size_t connections = 900;
    rlimit descriptors{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
    descriptors.rlim_cur = descriptors.rlim_max;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
    serve_a_park(1);
    const std::size_t before_mib = peak_memory_mib();

    const std::string body(std::size_t{1} << 20, ' ');
    const std::string fields =
        " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\nUser-Agent: " + taximeter + "\r\n";
    const std::vector<std::string> heads = {
        "POST /v1/internal/drivers/retrieve" + fields + "\r\n", "POST /v1/login/start" + fields + "\r\n",
        "POST /v1/driver/positions" + fields + "Authorization: Bearer " + std::string(96, 'a') + "\r\n\r\n"};
    {
        std::deque<RawClient> clients;
        for (std::size_t i = 0; i < connections; ++i) {
            clients.emplace_back(port_);
            ASSERT_TRUE(clients.back().connected());
        }
        std::vector<std::jthread> senders;
        constexpr std::size_t sender_count = 30;
        for (std::size_t sender = 0; sender < sender_count; ++sender) {
            senders.emplace_back([&, sender] {
                for (std::size_t i = sender; i < connections; i += sender_count) {
                    clients[i].send(heads[i % heads.size()]);
                    // All but the end, so that no request is over.
                    clients[i].send(std::string_view(body).substr(1));
                }
            });
        }
        const Answer answer = app(taximeter).start(phone_of_driver(1));
        EXPECT_EQ(answer.status, 200) << "an honest driver beside them: " << boost::json::serialize(answer.body);
    }
    const std::size_t after_mib = peak_memory_mib();
    RecordProperty("peak_memory_mib", std::to_string(after_mib));
    EXPECT_LT(after_mib, 150U) << "before: " << before_mib;
}

TEST_F(DriverEdge, IdleConnectionsFailNoProbe) {
    serve_a_park(1);
    std::deque<RawClient> idle;
    for (int i = 0; i < 200; ++i) {
        idle.emplace_back(monitor_port_);
    }
    for (const auto* path : {"/ping", "/ready", "/metrics"}) {
        const auto answer = testing::http_get(monitor_port_, path);
        ASSERT_TRUE(answer) << path;
        EXPECT_EQ(answer->status, 200) << path;
    }
}

TEST_F(DriverEdge, InternalRoutesAreServedWhereTheyAreToBe) {
    const std::uint16_t internal_port = testing::free_loopback_port();
    serve_a_park(1);
    const auto internal_on = [](std::uint16_t port, const std::string& path) {
        RawClient client(port);
        client.send("GET " + path + " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " +
                    std::string(Installation::token) + "\r\n\r\n");
        return client.receive_answer();
    };
    EXPECT_THAT(internal_on(port_, "/v1/internal/cache"), StartsWith("HTTP/1.1 200 "))
        << "without an address of their own";
    EXPECT_THAT(internal_on(port_, "/v1/%69nternal/cache"), StartsWith("HTTP/1.1 404 "));

    std::ofstream(installation_.folder() / "driver-protocol.yaml")
        << "api: {internal_listen: \"127.0.0.1:" << internal_port << "\"}\n";
    serve_driver_protocol();
    EXPECT_THAT(internal_on(internal_port, "/v1/internal/cache"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(internal_on(port_, "/v1/internal/cache"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(internal_on(internal_port, "/v1/driver/profile"), StartsWith("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace twinfleet::end_to_end
