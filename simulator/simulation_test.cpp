// Whole runs over HTTP against a fake of the service.
#include "simulator/simulation.hpp"

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <limits>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/api/api_server.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"
#include "simulator/measurements/report.hpp"
#include "simulator/testing/fake_driver_protocol.hpp"
#include "simulator/tracks/street_grid.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;
using simulator::testing::FakeDriverProtocol;
using Fault = FakeDriverProtocol::Fault;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SimulationTest : public ::testing::Test {
protected:
    ~SimulationTest() override { std::filesystem::remove(outbox_); }

    void serve(Fault fault = Fault::none) {
        service_.emplace(
            apps_, clock_,
            [this](const std::string& phone, const std::string& text) {
                std::ofstream(outbox_, std::ios::app)
                    << boost::json::serialize(boost::json::object{{"phone", phone}, {"text", text}, {"at", "now"}})
                    << '\n';
            },
            fault);
        api::ApiSettings settings;
        settings.server.listen = {"127.0.0.1", 0};
        server_.emplace(settings, service_->routes(), "openapi: 3.1.0\n", nullptr, registry_, log_);
    }

    SimulationResult run(std::size_t drivers, std::chrono::milliseconds duration, const std::stop_token& stop = {}) {
        std::vector<Account> accounts;
        for (std::size_t driver = 0; driver < drivers; ++driver) {
            accounts.push_back({.phone = "+1370000" + std::to_string(1'000 + driver), .park_id = "taximeter_park"});
        }
        const SimulationSettings settings{
            .url = "http://127.0.0.1:" + std::to_string(server_ ? server_->port() : 1),
            .outbox = outbox_,
            .apps = apps_,
            .duration = duration,
            .speed_up = 100,
            .logins_per_second = 1'000,
            .connections = 4,
            .patience = 500ms,
            .has_addresses = true,
            .life = [](const SimulatedTime& time) {
                return LifeSettings{.time = time, .status_interval = 30s, .check_interval = 30s, .log_out_share = 0.5};
            }};
        return simulate(settings, accounts, tracks_, clock_, stop, [](std::string_view) {});
    }

    const platform::SystemClock clock_{};
    const Apps apps_{App{"taximeter", "Taximeter 9.61"}, App{"vezet", "Taximeter-Vezet 9.61"}};
    const std::filesystem::path outbox_ =
        std::filesystem::temp_directory_path() / ("simulation_test_" + std::to_string(std::random_device{}()));
    const TrackSource tracks_ = [](std::uint64_t number) { return wander(StreetGrid{}, Random(number)); };
    metrics::Registry registry_;
    log::NullLogger log_;
    std::optional<FakeDriverProtocol> service_;
    std::optional<api::ApiServer> server_;
};

TEST_F(SimulationTest, AllDriversLiveInBothApps) {
    serve();
    const auto result = run(20, 2'500ms);
    EXPECT_EQ(result.measurements.logged_in, 40U);
    EXPECT_THAT(shortcomings(result, {}), IsEmpty()) << report_text(result, {});
    EXPECT_GT(result.measurements.checks.at(index_of(Check::track)).made, 0U);
    EXPECT_THAT(service_->addresses(), SizeIs(20));
    // And one to see whether the service is there.
    EXPECT_EQ(result.measurements.requests(), service_->requests());
}

TEST_F(SimulationTest, FindsAServiceThatMixesTheTwoLives) {
    serve(Fault::shares_track);
    const auto result = run(5, 1'500ms);
    EXPECT_GT(result.measurements.independence().failed, 0U);
    EXPECT_FALSE(shortcomings(result, {}).empty());
}

TEST_F(SimulationTest, AStopEndsItEarlyAndTheReportIsOfWhatWas) {
    serve();
    std::stop_source stop;
    std::jthread stopper([&] {
        while (service_->requests() < 50) {
            std::this_thread::yield();
        }
        stop.request_stop();
    });
    const auto result = run(5, 10min, stop.get_token());
    EXPECT_LT(result.duration, 60s);
    EXPECT_GE(result.measurements.requests(), 50U);
}

TEST_F(SimulationTest, ItEndsWhenNobodyCanLogIn) {
    serve();
    service_->be_unavailable(std::numeric_limits<unsigned>::max());
    const auto result = run(5, 10min);
    EXPECT_LT(result.duration, 60s);
    EXPECT_EQ(result.measurements.logged_in, 0U);
    EXPECT_THAT(shortcomings(result, {}), ::testing::Contains("nobody could log in"));
}

TEST_F(SimulationTest, AServiceThatIsNotThereIsSaid) {
    EXPECT_THROW((void)run(1, 100ms), platform::StoreUnavailable);
}

TEST_F(SimulationTest, AServiceThatStandsStillShowsAsLateness) {
    serve();
    // 20 ms for each batch, one after the other: 50 a second, where 200 are due.
    server_.reset();
    api::ApiSettings settings;
    settings.server.listen = {"127.0.0.1", 0};
    settings.blocking_threads = 1;
    auto routes = service_->routes();
    for (auto& route : routes) {
        if (route.pattern == "/v1/driver/positions") {
            route.handler = api::BlockingHandler([this](const api::Call& call) {
                std::mutex mutex;
                std::unique_lock lock(mutex);
                std::condition_variable().wait_for(lock, 20ms, [] { return false; });
                return service_->answer(call.request);
            });
        }
    }
    server_.emplace(settings, std::move(routes), "openapi: 3.1.0\n", nullptr, registry_, log_);
    const auto result = run(20, 2'000ms);
    EXPECT_GT(result.measurements.lateness.quantile(0.9), 200ms);
    EXPECT_GT(result.batches_behind, 0U);
    const auto& positions = result.measurements.operations.at(index_of(Operation::positions));
    EXPECT_GT(positions.from_due.quantile(0.9), 2 * positions.from_sent.quantile(0.5));
    EXPECT_EQ(result.measurements.independence().failed, 0U);
}

}  // namespace
}  // namespace twinfleet::simulator
