#include "simulator/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "platform/concurrency/backoff.hpp"
#include "platform/concurrency/guarded.hpp"
#include "simulator/outbox/outbox.hpp"
#include "simulator/schedule/schedule.hpp"
#include "simulator/virtual_driver/app_life.hpp"
#include "simulator/virtual_driver/connection_http.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;

constexpr auto progress_interval = 10s;

/// Of 10.0.0.0/8, another one for each driver up to 16 million.
std::string address_of(std::size_t driver) {
    const auto part = [&](unsigned shift) { return std::to_string((driver >> shift) & 0xffU); };
    return "10." + part(16) + "." + part(8) + "." + part(0);
}

std::string in_tenths(double number) {
    const auto tenths = std::llround(number * 10);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

class Simulation {
public:
    Simulation(const SimulationSettings& settings, const std::vector<Account>& accounts, const TrackSource& tracks,
               const platform::Clock& clock)
        : settings_(settings),
          clock_(clock),
          life_settings_(
              settings.life(SimulatedTime(clock.monotonic(), clock.now(), settings.duration, settings.speed_up))),
          schedule_(accounts.size() * 2, clock),
          measurements_(settings.connections) {
        const Instant start = life_settings_.time.start();
        const auto between_logins =
            std::chrono::duration_cast<Instant>(std::chrono::duration<double>(1 / settings.logins_per_second));
        for (std::size_t driver = 0; driver < accounts.size(); ++driver) {
            const Account& account = accounts[driver];
            driver_of_phone_.emplace(account.phone, driver);
            auto& pair = pairs_.emplace_back([this, driver](Side side) { schedule_.wake(2 * driver + side); });
            for (Side side = 0; side < 2; ++side) {
                const std::size_t number = 2 * driver + side;
                const Instant due = start + between_logins * number;
                const App& app = settings.apps.at(side);
                Life life{.settings = life_settings_,
                          .app = app,
                          .side = side,
                          .account = account,
                          .pair = pair,
                          .name = "driver " + std::to_string(driver) + ", " + app.family,
                          .random = Random(settings.seed, number)};
                lives_.emplace_back(std::move(life), tracks(number), due);
                schedule_.put_back(number, due);
            }
        }
    }

    SimulationResult run(const std::stop_token& stop, const Say& say) {
        std::stop_source ended;
        const std::stop_callback pass_on(stop, [&] { ended.request_stop(); });
        const Outbox outbox(settings_.outbox, [this](TextMessage message) {
            if (const auto found = driver_of_phone_.find(message.phone); found != driver_of_phone_.end()) {
                pairs_[found->second].put_message(std::move(message.text));
            }
        });
        {
            std::vector<std::jthread> workers;
            for (std::size_t number = 0; number < settings_.connections; ++number) {
                workers.emplace_back([this, number, &ended] { work(number, ended); });
            }
            watch(ended.get_token(), say);
            ended.request_stop();
        }
        if (failure_.with([](const auto& failure) { return failure != nullptr; })) {
            std::rethrow_exception(failure_.with([](const auto& failure) { return failure; }));
        }
        return result();
    }

private:
    /// Until the end of the run.
    void watch(const std::stop_token& stop, const Say& say) const {
        const auto& time = life_settings_.time;
        Instant next_line = time.start() + progress_interval;
        Instant patient_until = time.start() + settings_.patience;
        while (true) {
            const Instant now = clock_.monotonic();
            if (now >= patient_until) {
                patient_until = Instant::max();
                if (const auto so_far = total(); so_far.logged_in == 0 && so_far.errors() > 0) {
                    say("nobody could log in so far, so this is the end");
                    return;
                }
            }
            if (now >= next_line) {
                say(progress(now));
                next_line += progress_interval;
            }
            if (now >= time.end() ||
                !platform::wait_for(stop, std::min({time.end(), next_line, patient_until}) - now)) {
                return;
            }
        }
    }

    void work(std::size_t worker, std::stop_source& ended) {
        try {
            const Connection connection({.url = settings_.url, .request_timeout = settings_.request_timeout});
            while (const auto number = schedule_.take(ended.get_token())) {
                serve(*number, connection, measurements_[worker]);
                schedule_.put_back(*number, lives_[*number].due());
            }
        } catch (...) {
            failure_.with([](auto& failure) { failure = std::current_exception(); });
            ended.request_stop();
        }
    }

    void serve(std::size_t number, const Connection& connection, platform::Guarded<Measurements>& own) {
        AppLife& life = lives_[number];
        const auto request =
            own.with([&](Measurements& measurements) { return life.next(clock_.monotonic(), measurements); });
        if (!request) {
            return;
        }
        const Instant sent = clock_.monotonic();
        const Answer answer = connection.exchange(*request, settings_.apps.at(number % 2).user_agent,
                                                  settings_.has_addresses ? address_of(number / 2) : "");
        own.with([&](Measurements& measurements) {
            const Instant now = clock_.monotonic();
            const auto error = life.take(answer, now, measurements);
            measurements.lateness.record(sent - request->due);
            measurements.answered(request->operation, request->due, sent, now, error);
        });
    }

    [[nodiscard]] Measurements total() const {
        Measurements total;
        for (const auto& own : measurements_) {
            own.with([&](const Measurements& measurements) { total.merge(measurements); });
        }
        return total;
    }

    [[nodiscard]] std::string progress(Instant now) const {
        const auto so_far = total();
        const double seconds = std::chrono::duration<double>(now - life_settings_.time.start()).count();
        return in_tenths(seconds) + " s: " + std::to_string(so_far.logged_in) + " logins, " +
               in_tenths(static_cast<double>(so_far.requests()) / seconds) + " requests/s, " +
               std::to_string(so_far.errors()) + " errors, " + std::to_string(so_far.failed_checks()) +
               " failed checks, lateness p99 " +
               in_tenths(static_cast<double>(so_far.lateness.quantile(0.99).count()) / 1000) + " ms";
    }

    /// After the workers have ended.
    SimulationResult result() {
        const Instant now = clock_.monotonic();
        const Instant end = std::min(now, life_settings_.time.end());
        SimulationResult result{
            .measurements = total(), .drivers = pairs_.size(), .duration = now - life_settings_.time.start()};
        for (const auto& life : lives_) {
            // What was never sent is late as well.
            if (life.due() < end) {
                result.measurements.lateness.record(end - life.due());
            }
            result.batches_behind += life.batches_behind(end);
        }
        return result;
    }

    const SimulationSettings& settings_;
    const platform::Clock& clock_;
    const LifeSettings life_settings_;
    Schedule schedule_;
    /// One for each worker.
    std::vector<platform::Guarded<Measurements>> measurements_;
    platform::Guarded<std::exception_ptr> failure_;
    // Never grow after construction.
    std::deque<Pair> pairs_;
    std::deque<AppLife> lives_;
    std::unordered_map<std::string, std::size_t> driver_of_phone_;
};

}  // namespace

SimulationResult simulate(const SimulationSettings& settings, const std::vector<Account>& accounts,
                          const TrackSource& tracks, const platform::Clock& clock, const std::stop_token& stop,
                          const Say& say) {
    Connection({.url = settings.url, .request_timeout = settings.request_timeout}).ping();
    return Simulation(settings, accounts, tracks, clock).run(stop, say);
}

}  // namespace twinfleet::simulator
