#include "benchmarks/api/logins.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>

#include <boost/json.hpp>

#include "apps/sample_fleets/generator/invented.hpp"
#include "benchmarks/api/load.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double logins_per_second = 5;
constexpr std::size_t login_clients = 8;
constexpr std::uint32_t warm_up_logins = 25;
constexpr std::chrono::seconds patience{20};
const http::Headers vezet{{"User-Agent", "Taximeter-Vezet 9.61 (1234)"}};

/// The text messages, as they come.
class Outbox {
public:
    explicit Outbox(const std::filesystem::path& file) : file_(file) {}

    /// Waits for the message to this phone and takes it out.
    std::string take_code(const std::string& phone) {
        for (const auto deadline = Clock::now() + patience; Clock::now() < deadline;) {
            {
                const std::lock_guard lock(mutex_);
                read();
                if (const auto found = codes_.find(phone); found != codes_.end()) {
                    return codes_.extract(found).mapped();
                }
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        throw std::runtime_error("no text message came");
    }

private:
    void read() {
        if (!stream_.is_open()) {
            stream_.open(file_);
        }
        stream_.clear();
        for (std::string line; std::getline(stream_, line);) {
            unfinished_ += line;
            if (stream_.eof()) {
                break;
            }
            const auto message = json::parse_object(std::exchange(unfinished_, {}));
            const std::string text(message.at("text").as_string());
            const auto code = text.find_first_of("0123456789");
            codes_[std::string(message.at("phone").as_string())] = text.substr(code, 6);
        }
    }

    const std::filesystem::path file_;
    std::mutex mutex_;
    std::ifstream stream_;
    std::string unfinished_;
    std::map<std::string, std::string> codes_;
};

/// Asks for each profile when it was promised to be there.
class PromiseWatch {
public:
    explicit PromiseWatch(const http::Client& client) : client_(client), thread_([this](auto stop) { run(stop); }) {}

    void promised(std::string session_token, std::chrono::milliseconds ready_in) {
        {
            const std::lock_guard lock(mutex_);
            promises_.push_back({std::move(session_token), Clock::now() + ready_in});
            longest_ = std::max(longest_, ready_in);
            last_ = ready_in;
        }
        changed_.notify_one();
    }
    struct Figures {
        std::size_t kept = 0;
        std::size_t broken = 0;
        std::chrono::milliseconds longest{0};
        std::chrono::milliseconds last{0};
    };
    /// Once all that were promised have been looked at.
    Figures finish() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return promises_.empty(); });
        return {kept_, broken_, longest_, last_};
    }

private:
    struct Promise {
        std::string session_token;
        Clock::time_point due_at;
    };

    void run(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [this] { return !promises_.empty(); })) {
            // Each was told about the same time, so they are due in their order.
            const Promise promise = promises_.front();
            changed_.wait_until(lock, stop, promise.due_at, [] { return false; });
            if (stop.stop_requested()) {
                return;
            }
            lock.unlock();
            http::Headers headers = vezet;
            headers.emplace_back("Authorization", "Bearer " + promise.session_token);
            const bool is_there = client_.request("GET", "/v1/driver/profile", {}, headers).status == 200;
            lock.lock();
            ++(is_there ? kept_ : broken_);
            promises_.pop_front();
            changed_.notify_all();
        }
    }

    const http::Client& client_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Promise> promises_;
    std::size_t kept_ = 0;
    std::size_t broken_ = 0;
    std::chrono::milliseconds longest_{0};
    std::chrono::milliseconds last_{0};
    std::jthread thread_;
};

boost::json::object post(const http::Client& client, const char* target, const boost::json::object& body) {
    http::Headers headers = vezet;
    headers.emplace_back("Content-Type", "application/json");
    const auto answer = client.request("POST", target, boost::json::serialize(body), headers);
    if (answer.status != 200) {
        throw std::runtime_error(std::string(target) + " was refused: " + answer.body);
    }
    return json::parse_object(answer.body);
}

}  // namespace

void measure_logins(const Service& driver_protocol, const Installation& installation, Fleet& fleet, int seconds,
                    Report& report) {
    const auto count = static_cast<std::uint32_t>(logins_per_second * seconds);
    if (fleet.unlinked_drivers.size() < std::size_t{2} * (warm_up_logins + count)) {
        throw std::runtime_error("too few unlinked drivers: more --drivers, or a smaller --mirrored-share");
    }
    const auto client = driver_protocol.client_without_token(login_clients + 1);
    Outbox outbox(installation.file("outbox.jsonl"));
    PromiseWatch watch(client);
    // Drivers are dealt to the parks in turn and the last parks are not mirrored, so these are unlinked.
    std::atomic<std::uint32_t> next = fleet.synthetic.drivers;
    const auto mirrored = static_cast<std::uint32_t>(fleet.mirrored_parks.size());
    const auto next_phone = [&] {
        std::uint32_t driver = --next;
        while (driver % fleet.synthetic.parks < mirrored) {
            driver = --next;
        }
        return sample_fleets::phone_number(sample_fleets::PhoneBlock::benchmarks, driver);
    };
    const auto log_in = [&](std::size_t) {
        const std::string phone = next_phone();
        const auto login = post(client, "/v1/login/start", {{"phone", phone}});
        const auto verified =
            post(client, "/v1/login/verify", {{"login_id", login.at("login_id")}, {"code", outbox.take_code(phone)}});
        const auto session = post(client, "/v1/login/park",
                                  {{"login_token", verified.at("login_token")},
                                   {"park_id", verified.at("parks").as_array().at(0).at("park_id")}});
        watch.promised(std::string(session.at("session_token").as_string()),
                       std::chrono::milliseconds(session.at("profile_ready_in_ms").to_number<std::int64_t>()));
        return true;
    };
    // What a service does once, connecting above all, and what the Java of MongoDB's stand-in does, is no matter of a
    // login.
    static_cast<void>(closed_loop(1, warm_up_logins, log_in));
    const auto figures = open_loop(logins_per_second, std::chrono::seconds(seconds), login_clients, log_in);
    report.add({.what = "log in to the second app with a new child, 5 a second, p50 / p99 ms",
                .measured = decimal(figures.percentile_ms(0.50)) + " / " + decimal(figures.percentile_ms(0.99)) +
                            failed(figures.failures),
                .plain = {},
                .to_reach = "p99 under 150",
                .is_reached = figures.percentile_ms(0.99) < 150 && figures.failures == 0});
    fleet.unlinked_drivers.resize(fleet.unlinked_drivers.size() - warm_up_logins - count);
    const auto promises = watch.finish();
    const double share =
        100.0 * static_cast<double>(promises.kept) / static_cast<double>(promises.kept + promises.broken);
    report.add({.what = "profiles there when promised, %; profile_ready_in_ms, longest / last",
                .measured = decimal(share) + "; " + std::to_string(promises.longest.count()) + " / " +
                            std::to_string(promises.last.count()),
                .plain = {},
                .to_reach = "99; 250 at most",
                .is_reached = share >= 99 && promises.longest.count() <= 250});
}

}  // namespace twinfleet::benchmarks
