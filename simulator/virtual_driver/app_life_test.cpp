// Two lives of a driver against a fake of the service, with a clock that the test moves on.
#include "simulator/virtual_driver/app_life.hpp"

#include <optional>
#include <set>
#include <string>

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/json/object_reader.hpp"
#include "simulator/testing/fake_driver_protocol.hpp"
#include "simulator/tracks/street_grid.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;
using platform::testing::ManualClock;
using simulator::testing::FakeDriverProtocol;
using Fault = FakeDriverProtocol::Fault;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class AppLifeTest : public ::testing::Test {
protected:
    /// A run of so long; all that may happen happens often.
    void begin(Fault fault = Fault::none, std::chrono::seconds duration = 600s, double speed_up = 1) {
        clock_.advance(1'700'000'000s);
        settings_.emplace(LifeSettings{.time = SimulatedTime(clock_.monotonic(), clock_.now(), duration, speed_up),
                                       .status_interval = 20s,
                                       .check_interval = 20s,
                                       .shuffled_share = 0.3,
                                       .repeated_share = 0.3,
                                       .bad_share = 0.5,
                                       .log_out_share = 1,
                                       .wrong_code_share = 0.5,
                                       .watching_share = 0.5});
        service_.emplace(
            apps_, clock_, [this](const std::string&, const std::string& text) { text_message_ = text; }, fault);
        for (Side side = 0; side < 2; ++side) {
            lives_.at(side).emplace(Life{*settings_, apps_.at(side), side, account_, pair_,
                                         "driver 0, " + apps_.at(side).family, Random(seed_, side)},
                                    wander(StreetGrid{}, Random(seed_, side)), clock_.monotonic());
        }
    }

    Answer exchange(const Request& request, const App& app) {
        http::Request sent{
            .method = request.method,
            .path = request.target.substr(0, request.target.find('?')),
            .headers = {{"User-Agent", app.user_agent}, {"Authorization", "Bearer " + request.session_token}},
            .body = request.body};
        if (const auto query = request.target.find('?'); query != std::string::npos) {
            sent.query = request.target.substr(query + 1);
        }
        const auto response = service_->answer(sent);
        Answer answer{.status = response.status};
        if (!response.body.empty()) {
            answer.body = json::parse_object(response.body);
        }
        return answer;
    }

    /// What is due now in one app.
    void step(Side side) {
        auto& life = *lives_.at(side);
        while (true) {
            const auto request = life.next(clock_.monotonic(), measurements_);
            if (!request) {
                return;
            }
            EXPECT_LE(request->due, clock_.monotonic());
            targets_.insert(request->method + " " + request->target.substr(0, request->target.find('?')));
            Answer answer = exchange(*request, apps_.at(side));
            if (loses_answers_ && ++exchanges_ % 7 == 0) {
                answer = {};
            }
            const auto error = life.take(answer, clock_.monotonic(), measurements_);
            measurements_.answered(request->operation, request->due, clock_.monotonic(), clock_.monotonic(), error);
            if (auto text = std::exchange(text_message_, {}); !text.empty() && delivers_messages_) {
                pair_.put_message(std::move(text));
            }
        }
    }

    void run(std::chrono::seconds duration) {
        const auto end = clock_.monotonic() + duration;
        while (clock_.monotonic() < end) {
            step(0);
            step(1);
            clock_.advance(50ms);
        }
    }

    [[nodiscard]] const CheckFigures& checks(Check check) const { return measurements_.checks.at(index_of(check)); }
    [[nodiscard]] const OperationFigures& figures(Operation operation) const {
        return measurements_.operations.at(index_of(operation));
    }
    [[nodiscard]] std::uint64_t errors() const { return measurements_.errors(); }

    const std::uint64_t seed_ = 11;
    const Apps apps_{App{"taximeter", "Taximeter 9.61"}, App{"vezet", "Taximeter-Vezet 9.61"}};
    const Account account_{.phone = "+13700000001", .park_id = "taximeter_park"};
    ManualClock clock_;
    Pair pair_{[this](Side side) { woken_.insert(side); }};
    std::set<Side> woken_;
    std::string text_message_;
    bool delivers_messages_ = true;
    bool loses_answers_ = false;
    std::uint64_t exchanges_ = 0;
    std::optional<LifeSettings> settings_;
    std::optional<FakeDriverProtocol> service_;
    std::array<std::optional<AppLife>, 2> lives_;
    Measurements measurements_;
    std::set<std::string> targets_;
};

TEST_F(AppLifeTest, DoesEverythingAndFindsNothingWrongWithAServiceThatIsRight) {
    begin();
    run(600s);
    EXPECT_THAT(measurements_.examples, IsEmpty());
    EXPECT_EQ(errors(), 0U);
    EXPECT_THAT(targets_, SizeIs(9));
    for (const auto check :
         {Check::profile, Check::status, Check::track, Check::log_out, Check::rejections, Check::ended_session}) {
        EXPECT_GT(checks(check).made, 0U) << check_names.at(index_of(check));
    }
    EXPECT_EQ(measurements_.failed_checks(), 0U);
    EXPECT_EQ(lives_[0]->batches_behind(clock_.monotonic()), 0U);
    EXPECT_EQ(lives_[0]->batches_behind(clock_.monotonic() + 100s), 5U);
    // Two lives, each of which left once and came back.
    EXPECT_EQ(measurements_.logged_in, 4U);
    EXPECT_EQ(measurements_.promises.made, 4U);
    EXPECT_EQ(measurements_.promises.failed, 0U);
    EXPECT_EQ(measurements_.given_up_count(), 0U);
    EXPECT_GT(measurements_.positions_rejected, 0U);
    EXPECT_EQ(measurements_.positions_sent, measurements_.positions_accepted + measurements_.positions_rejected);
}

TEST_F(AppLifeTest, LogsInToOneAppAfterTheOther) {
    begin();
    delivers_messages_ = false;
    step(0);
    step(1);
    // The second waits for the first, which waits for its code.
    EXPECT_EQ(figures(Operation::login_start).from_sent.count(), 1U);
    EXPECT_EQ(lives_[1]->due(), never);
    EXPECT_EQ(lives_[0]->due(), clock_.monotonic() + settings_->code_timeout);
    pair_.put_message("Code: 000001");
    EXPECT_THAT(woken_, ::testing::ElementsAre(0U));
    step(0);
    EXPECT_THAT(woken_, ::testing::ElementsAre(0U, 1U));
    EXPECT_EQ(measurements_.logged_in, 1U);
    step(1);
    EXPECT_EQ(figures(Operation::login_start).from_sent.count(), 2U);
}

TEST_F(AppLifeTest, GivesUpWhenNoCodeComes) {
    begin();
    delivers_messages_ = false;
    run(200s);
    EXPECT_EQ(figures(Operation::code).errors.at("missing"), 4U);
    EXPECT_EQ(measurements_.given_up_count(), 2U);
    EXPECT_EQ(lives_[0]->due(), never);
    EXPECT_EQ(lives_[1]->due(), never);
}

TEST_F(AppLifeTest, CountsAPromiseThatIsBroken) {
    begin(Fault::is_late_with_profiles, 60s);
    run(20s);
    EXPECT_EQ(measurements_.promises.made, 2U);
    EXPECT_EQ(measurements_.promises.failed, 2U);
    EXPECT_EQ(errors(), 0U);
}

TEST_F(AppLifeTest, GoesOnWhenTheServiceIsAwayForAWhile) {
    begin();
    run(30s);
    service_->be_unavailable(20);
    run(200s);
    EXPECT_GE(errors(), 20U);
    EXPECT_EQ(measurements_.failed_checks(), 0U);
    EXPECT_GT(checks(Check::track).made, 0U);
    EXPECT_EQ(measurements_.given_up_count(), 0U);
}

TEST_F(AppLifeTest, ALostAnswerIsNoFaultOfIndependence) {
    begin();
    loses_answers_ = true;
    run(600s);
    EXPECT_GT(errors(), 0U);
    EXPECT_EQ(measurements_.failed_checks(), 0U) << measurements_.examples.front();
}

TEST_F(AppLifeTest, IsNotAheadOfTheRealTimeWhenItsClockRunsFaster) {
    begin(Fault::none, 60s, 30);
    run(60s);
    EXPECT_EQ(measurements_.failed_checks(), 0U) << measurements_.examples.front();
    EXPECT_EQ(errors(), 0U);
    // Of 1,800 simulated seconds in two apps, one position in two; the time logged out is missing.
    EXPECT_GT(measurements_.positions_accepted, 600U);
    EXPECT_LT(measurements_.positions_accepted, 2'600U);
}

struct FaultCase {
    Fault fault;
    Check found_by;
};

class AppLifeFaultTest : public AppLifeTest, public ::testing::WithParamInterface<FaultCase> {};

TEST_P(AppLifeFaultTest, IsFound) {
    begin(GetParam().fault);
    run(600s);
    EXPECT_GT(checks(GetParam().found_by).failed, 0U);
    EXPECT_THAT(measurements_.examples, Not(IsEmpty()));
    EXPECT_THAT(measurements_.examples, Each(Not(HasSubstr(account_.phone))));
}

INSTANTIATE_TEST_SUITE_P(Faults, AppLifeFaultTest,
                         ::testing::Values(FaultCase{Fault::shares_status, Check::status},
                                           FaultCase{Fault::shares_track, Check::track},
                                           FaultCase{Fault::shares_profile, Check::profile},
                                           FaultCase{Fault::log_out_ends_both, Check::log_out},
                                           FaultCase{Fault::new_session_ends_both, Check::log_out},
                                           FaultCase{Fault::keeps_ended_sessions, Check::ended_session},
                                           FaultCase{Fault::keeps_status_after_log_out, Check::offline_after_log_out},
                                           FaultCase{Fault::accepts_any_code, Check::wrong_code},
                                           FaultCase{Fault::accepts_bad_positions, Check::rejections},
                                           FaultCase{Fault::loses_positions, Check::track}),
                         [](const auto& instance) {
                             return "Number" + std::to_string(static_cast<int>(instance.param.fault));
                         });

}  // namespace
}  // namespace twinfleet::simulator
