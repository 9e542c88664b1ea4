// driver-protocol on a Redis Cluster that loses a master.
#include "tests/support/redis_cluster.hpp"

#include <atomic>
#include <mutex>
#include <thread>

#include <poll.h>

#include "tests/end_to_end/driver_side.hpp"

namespace twinfleet::end_to_end {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// A driver who logs in, and how that went.
struct Login {
    std::string phone;
    std::string login_token = {};
    std::string park_id = {};
    std::string session_token = {};
    SteadyClock::time_point acknowledged_at = {};
    /// Of the attempts before.
    int unavailable = 0;
    /// The last answer, where it was neither a session nor 503.
    std::string refusal = {};
};

class DriverSideOnCluster : public DriverSide {
protected:
    DriverSideOnCluster() { redis_uri_ = cluster_.uri(); }

    static constexpr int threads = 4;
    /// Calls `work` with each of the logins, in several threads.
    static void for_each(std::vector<Login>& logins, const std::function<void(Login&)>& work) {
        std::atomic<std::size_t> next = 0;
        std::vector<std::jthread> workers;
        for (int i = 0; i < threads; ++i) {
            workers.emplace_back([&] {
                for (auto place = next++; place < logins.size(); place = next++) {
                    work(logins[place]);
                }
            });
        }
    }

    /// Up to the choice of a park.
    void prove_phone(Login& login) const {
        const App app = this->app(taximeter);
        const Answer started = app.start(login.phone);
        ASSERT_EQ(started.status, 200) << boost::json::serialize(started.body);
        std::string code;
        testing::await_redis("the code is sent", [&] {
            code = code_sent_to(login.phone);
            return !code.empty();
        });
        const Answer verified = app.verify(text(started.body, "login_id"), code);
        ASSERT_EQ(verified.status, 200) << boost::json::serialize(verified.body);
        login.login_token = text(verified.body, "login_token");
        login.park_id = text(verified.body.at("parks").as_array().at(0).as_object(), "park_id");
    }

    /// Chooses the park, again and again while the answer is 503.
    void choose_park(Login& login) const {
        constexpr int interval_ms = 20;
        for (;;) {
            const Answer answer = app(taximeter).choose(login.login_token, login.park_id);
            if (answer.status == 200) {
                login.session_token = text(answer.body, "session_token");
                login.acknowledged_at = SteadyClock::now();
                return;
            }
            if (answer.status != 503) {
                login.refusal = std::to_string(answer.status) + ' ' + answer.code();
                return;
            }
            ++login.unavailable;
            ::poll(nullptr, 0, interval_ms);
        }
    }

    [[nodiscard]] bool is_alive(const Login& login) const {
        App app = this->app(taximeter);
        app.use_session(login.session_token);
        return app.ask("GET", "/v1/driver/status").status == 200;
    }

    testing::RedisCluster cluster_{
        {.masters = 3, .replicas_of_each = 1, .node_timeout = std::chrono::milliseconds(2'000)}};
};

TEST_F(DriverSideOnCluster, NoSessionIsLostThatWasAcknowledgedASecondBeforeAMasterWas) {
    constexpr std::size_t drivers = 240;
    constexpr std::size_t early_drivers = 80;
    installation_.put(park_with_drivers(park("one", "Chicago"), drivers));
    serve("login: {starts_per_address_max: 1000000}\n");
    await_in_cache("one-driver-1");
    await_in_cache("one-driver-" + std::to_string(drivers));
    std::vector<Login> early;
    std::vector<Login> late;
    for (std::size_t i = 1; i <= drivers; ++i) {
        (i <= early_drivers ? early : late).push_back({.phone = phone_of("one-driver-" + std::to_string(i))});
    }
    for_each(early, [this](Login& login) { prove_phone(login); });
    for_each(late, [this](Login& login) { prove_phone(login); });
    for_each(early, [this](Login& login) { choose_park(login); });
    const auto acknowledged = SteadyClock::now();
    ASSERT_TRUE(reaches([&] { return SteadyClock::now() - acknowledged > std::chrono::seconds(1); }));

    std::atomic<std::size_t> begun = 0;
    SteadyClock::time_point killed_at;
    {
        const std::jthread load([&] {
            for_each(late, [&](Login& login) {
                choose_park(login);
                ++begun;
            });
        });
        EXPECT_TRUE(reaches([&] { return begun > 20; }));
        killed_at = SteadyClock::now();
        cluster_.server(0).kill();
    }
    EXPECT_TRUE(cluster_.is_master(3)) << "its replica";

    int unavailable = 0;
    std::size_t last_second_lost = 0;
    auto last_acknowledged_at = killed_at;
    for (const Login& login : early) {
        EXPECT_EQ(login.unavailable, 0);
        EXPECT_TRUE(is_alive(login)) << "acknowledged a second before";
    }
    int begun_unheard = 0;
    for (const Login& login : late) {
        if (!login.refusal.empty()) {
            // The token was used up, and the answer lost with the master: the driver asks for another code.
            EXPECT_EQ(login.refusal, "401 login_token_expired");
            EXPECT_GT(login.unavailable, 0) << "he was under way";
            ++begun_unheard;
        } else if (login.acknowledged_at > killed_at) {
            unavailable += login.unavailable;
            EXPECT_TRUE(is_alive(login)) << "acknowledged afterwards";
        } else {
            EXPECT_EQ(login.unavailable, 0) << "errors only meanwhile";
            last_second_lost += is_alive(login) ? 0 : 1;
        }
        last_acknowledged_at = std::max(last_acknowledged_at, login.acknowledged_at);
    }
    EXPECT_LE(begun_unheard, threads) << "no more than were under way";
    EXPECT_GT(unavailable, 0) << "the master was missed";
    RecordProperty("unavailable_answers", unavailable);
    RecordProperty("lost_within_the_last_second", static_cast<int>(last_second_lost));
    RecordProperty(
        "recovered_ms",
        static_cast<int>(
            std::chrono::duration_cast<std::chrono::milliseconds>(last_acknowledged_at - killed_at).count()));
    EXPECT_LT(last_acknowledged_at - killed_at, std::chrono::seconds(30));

    // All is as before, on two masters and a replica that has become one.
    App app = this->app(taximeter);
    app.use_session(early.front().session_token);
    EXPECT_EQ(app.set_status("free").status, 200);
    EXPECT_EQ(app.send_position(41.2, -87.6, std::chrono::seconds(2)).status, 200);
    EXPECT_EQ(app.track().size(), 1U);
    EXPECT_EQ(app.log_out().status, 204);
    EXPECT_FALSE(is_alive(early.front()));
}

}  // namespace
}  // namespace twinfleet::end_to_end
