// Positions of drivers over HTTP, one a request and in batches of 10, over kept connections: how many a server takes,
// and how long a request waits for its answer, beside a server that goes to Redis for each request and each position by
// itself. Positions are of now, as an app sends them, so each of them moves its driver on the map. Redis, which writes
// an append-only file, both servers and the load share this machine. Needs redis-server in PATH; stores of others are
// not touched.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "benchmarks/api/load.hpp"
#include "benchmarks/positions/busy_connections.hpp"
#include "benchmarks/positions/fleet.hpp"
#include "benchmarks/positions/server.hpp"
#include "benchmarks/support/child_process.hpp"
#include "capabilities/driver_positions/store/position_store_redis.hpp"
#include "capabilities/driver_sessions/sessions_redis.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/testing/raw_client.hpp"
#include "tests/support/loopback_port.hpp"

namespace twinfleet::benchmarks {
namespace {

using driver_positions::Position;

constexpr double p99_ms_to_reach = 50;

/// How many positions a request has, and what is asked of that.
struct Size {
    std::size_t positions;
    double per_second_to_reach;
    /// Positions a second at an even pace.
    double pace;
};
constexpr std::array sizes{Size{.positions = 1, .per_second_to_reach = 25'000, .pace = 8'000},
                           Size{.positions = 10, .per_second_to_reach = 110'000, .pace = 30'000}};

struct Options {
    int rounds = 3;
    std::size_t clients = 64;
    std::size_t requests = 60'000;
    int seconds = 5;
    /// Of the server alone: the benchmark's own second role.
    PositionServer server;
    bool is_server = false;
};

/// A redis-server with nothing in it.
class Redis {
public:
    Redis()
        : folder_(make_folder()),
          port_(testing::free_loopback_port()),
          program_({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", "",
                    "--appendonly", "yes", "--dir", folder_.string()},
                   folder_ / "log"),
          pool_(redis::Settings{.uri = uri()}) {
        wait_until([this] { pool_.ping(); });
    }
    ~Redis() { std::filesystem::remove_all(folder_); }
    Redis(const Redis&) = delete;
    Redis& operator=(const Redis&) = delete;

    [[nodiscard]] std::string uri() const { return "redis://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] const redis::Pool& pool() const { return pool_; }
    [[nodiscard]] double cpu_seconds() const { return program_.cpu_seconds(); }
    void clear() const { static_cast<void>(pool_.call({"FLUSHALL"})); }
    [[nodiscard]] double used_bytes() const {
        const std::string info = pool_.call({"INFO", "memory"}).text();
        constexpr std::string_view name = "used_memory:";
        return std::stod(info.substr(info.find(name) + name.size()));
    }

    /// Until it does not throw StoreUnavailable.
    template <typename Action>
    static void wait_until(const Action& action) {
        for (int left = 500;; --left) {
            try {
                return action();
            } catch (const platform::StoreUnavailable&) {
                if (left == 0) {
                    throw;
                }
                platform::wait_for({}, std::chrono::milliseconds(10));
            }
        }
    }

private:
    static std::filesystem::path make_folder() {
        std::string name = std::filesystem::temp_directory_path() / "bench_positions-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        return name;
    }

    const std::filesystem::path folder_;
    const std::uint16_t port_;
    const BackgroundProgram program_;
    const redis::Pool pool_;
};

/// serve_positions() in a process of its own.
class Server {
public:
    Server(const Redis& redis, std::size_t drivers, const std::vector<std::string>& more)
        : port_(testing::free_loopback_port()), program_(command(redis, drivers, more), "/dev/null") {
        Redis::wait_until([this] {
            if (!http::testing::RawClient(port_).connected()) {
                throw platform::StoreUnavailable("the server", "it does not listen yet");
            }
        });
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] double cpu_seconds() const { return program_.cpu_seconds(); }

private:
    [[nodiscard]] std::vector<std::string> command(const Redis& redis, std::size_t drivers,
                                                   const std::vector<std::string>& more) const {
        std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe"), "--server",
                                         "--port=" + std::to_string(port_), "--redis=" + redis.uri(),
                                         "--drivers=" + std::to_string(drivers)};
        command.insert(command.end(), more.begin(), more.end());
        return command;
    }

    const std::uint16_t port_;
    const BackgroundProgram program_;
};

void append(std::string& text, double number, int digits) {
    std::array<char, 64> written{};
    const auto end =
        std::to_chars(written.data(), written.data() + written.size(), number, std::chars_format::fixed, digits).ptr;
    text.append(written.data(), end);
}

std::vector<std::string> begin_sessions(const Redis& redis, std::size_t drivers) {
    const BenchDirectory directory(0);
    const platform::SystemClock clock;
    metrics::Registry registry;
    driver_sessions::RedisRevocations revocations(redis.pool(), driver_sessions::SessionSettings().absolute_lifetime,
                                                  registry);
    driver_sessions::RedisSessions sessions({redis.pool(), directory, revocations, clock, registry},
                                            bench_phone_digest());
    std::vector<std::string> tokens;
    tokens.reserve(drivers);
    for (std::size_t driver = 0; driver < drivers; ++driver) {
        tokens.push_back(sessions.begin(bench_driver(driver), "vezet", {.phone = bench_phone}).value());
    }
    return tokens;
}

/// The last seconds of a drive, a position each, as an app sends them. Each driver goes on from where he was.
std::string batch_request(const std::string& token, std::size_t number, std::size_t drivers, std::size_t positions) {
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    // Anywhere in a city, and 14 m further with each position.
    const std::size_t driver = number % drivers;
    const auto driven = static_cast<double>(number / drivers * positions) * 1e-4;
    const double from_lat = 56.7 + 0.3 * static_cast<double>(driver % 251) / 251 + driven;
    const double from_lon = 53.0 + 0.4 * static_cast<double>(driver % 241) / 241 + driven;
    std::string body = "{\"positions\":[";
    for (std::size_t i = 0; i < positions; ++i) {
        body += i == 0 ? "{\"lat\":" : ",{\"lat\":";
        append(body, from_lat + static_cast<double>(i) * 1e-4, 7);
        body += ",\"lon\":";
        append(body, from_lon + static_cast<double>(i) * 1e-4, 7);
        body += ",\"timestamp\":\"" + platform::time_text(now - std::chrono::seconds(positions - 1 - i));
        body += "\",\"speed\":";
        append(body, 8 + static_cast<double>(i) / 10, 1);
        body += ",\"direction\":" + std::to_string(random() % 360) + ",\"accuracy\":4.5}";
    }
    body += "]}";
    return "POST /v1/driver/positions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nUser-Agent: " +
           std::string(bench_agent) + "\r\nAuthorization: Bearer " + token +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Whether all positions of a request were accepted.
bool is_accepted(std::string_view answer, std::size_t positions) {
    return answer.starts_with("HTTP/1.1 200 ") &&
           answer.find("\"accepted\":" + std::to_string(positions) + ',') != std::string_view::npos;
}

/// One kept connection a thread.
SendRequest sender(std::uint16_t port, const std::vector<std::string>& tokens, std::size_t positions) {
    return [port, &tokens, positions](std::size_t number) {
        thread_local std::unique_ptr<http::testing::RawClient> client;
        thread_local std::uint16_t connected_to = 0;
        if (client == nullptr || connected_to != port) {
            client = std::make_unique<http::testing::RawClient>(port);
            connected_to = port;
        }
        client->send(batch_request(tokens[number % tokens.size()], number, tokens.size(), positions));
        return is_accepted(client->receive_answer(), positions);
    };
}

struct Figures {
    double positions_per_second = 0;
    double p50_ms = 0;
    double p99_ms = 0;
    double server_cpu_us = 0;
    double redis_cpu_us = 0;
    double load_cpu_us = 0;
    std::size_t failures = 0;
};

double own_cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <typename Load>
Figures measure(const Redis& redis, const Server& server, std::size_t request_positions, const Load& load) {
    const double server_cpu = server.cpu_seconds();
    const double redis_cpu = redis.cpu_seconds();
    const double load_cpu = own_cpu_seconds();
    const LoadFigures figures = load();
    const double positions = static_cast<double>(figures.latencies_ms.size() * request_positions);
    return {.positions_per_second = positions / figures.seconds,
            .p50_ms = figures.percentile_ms(0.5),
            .p99_ms = figures.percentile_ms(0.99),
            .server_cpu_us = (server.cpu_seconds() - server_cpu) * 1e6 / positions,
            .redis_cpu_us = (redis.cpu_seconds() - redis_cpu) * 1e6 / positions,
            .load_cpu_us = (own_cpu_seconds() - load_cpu) * 1e6 / positions,
            .failures = figures.failures};
}

struct Variant {
    std::string name;
    std::vector<std::string> arguments;
    Size size;
    std::vector<Figures> at_full_speed = {};
    std::vector<Figures> at_even_pace = {};
};

template <typename Member>
double median(std::vector<Figures> figures, Member member) {
    std::ranges::sort(figures, {}, member);
    return figures.at(figures.size() / 2).*member;
}

std::size_t failures_of(const std::vector<Figures>& figures) {
    std::size_t failures = 0;
    for (const Figures& of : figures) {
        failures += of.failures;
    }
    return failures;
}

void print_row(const char* load, const Variant& variant, const std::vector<Figures>& figures) {
    std::printf("| %zu | %s | %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.2f | %zu |\n", variant.size.positions, load,
                variant.name.c_str(), median(figures, &Figures::positions_per_second),
                median(figures, &Figures::p50_ms), median(figures, &Figures::p99_ms),
                median(figures, &Figures::server_cpu_us), median(figures, &Figures::redis_cpu_us),
                median(figures, &Figures::load_cpu_us), failures_of(figures));
}

/// Bytes in Redis for each position of full tracks of so many hours.
double bytes_per_position(const Redis& redis, std::int64_t interval_s) {
    constexpr std::size_t drivers = 50;
    constexpr std::int64_t span_s = 10'800;
    redis.clear();
    const double before = redis.used_bytes();
    driver_positions::RedisPositionStore store(redis.pool(), {});
    const auto now = platform::SystemClock().now();
    const auto now_ms = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
    std::size_t count = 0;
    for (std::size_t driver = 0; driver < drivers; ++driver) {
        const driver_positions::Owner owner{.tag = driver_sessions::redis_tag(bench_driver(driver)), .family = "vezet"};
        std::vector<Position> batch;
        for (std::int64_t ago_s = span_s; ago_s > 0; ago_s -= interval_s) {
            batch.push_back({.point = {.lat = 56.85 + static_cast<double>(ago_s) * 1e-5, .lon = 53.2},
                             .timestamp_ms = now_ms - ago_s * 1'000,
                             .speed_mps = 10.5,
                             .direction_deg = static_cast<double>(ago_s % 360),
                             .accuracy_m = 4.5});
            if (batch.size() == 10 || ago_s <= interval_s) {
                count += store.add(owner, batch, now).added;
                batch.clear();
            }
        }
    }
    const double after = redis.used_bytes();
    redis.clear();
    return (after - before) / static_cast<double>(count);
}

void run_round(const Redis& redis, const Options& options, Variant& variant) {
    redis.clear();
    const auto tokens = begin_sessions(redis, options.server.drivers);
    const Server server(redis, options.server.drivers, variant.arguments);
    const std::size_t positions = variant.size.positions;
    const auto at_full_speed = [&](std::size_t requests) {
        return keep_busy(
            server.port(), options.clients, requests,
            [&](std::size_t number) {
                return batch_request(tokens[number % tokens.size()], number, tokens.size(), positions);
            },
            [&](std::string_view answer) { return is_accepted(answer, positions); });
    };
    // From now on each driver has a track, as he has but for the first second of five minutes.
    static_cast<void>(at_full_speed(tokens.size()));
    variant.at_full_speed.push_back(measure(redis, server, positions, [&] { return at_full_speed(options.requests); }));
    variant.at_even_pace.push_back(measure(redis, server, positions, [&] {
        return open_loop(variant.size.pace / static_cast<double>(positions), std::chrono::seconds(options.seconds),
                         options.clients, sender(server.port(), tokens, positions));
    }));
}

bool is_reached(const Variant& variant) {
    return median(variant.at_full_speed, &Figures::positions_per_second) >= variant.size.per_second_to_reach &&
           median(variant.at_even_pace, &Figures::p99_ms) < p99_ms_to_reach;
}

int run(const Options& options) {
    const Redis redis;
    std::vector<Variant> variants;
    for (const Size& size : sizes) {
        variants.push_back({.name = "together", .arguments = {}, .size = size});
        variants.push_back({.name = "each by itself", .arguments = {"--one-by-one"}, .size = size});
    }
    for (int round = 0; round < options.rounds; ++round) {
        for (Variant& variant : variants) {
            run_round(redis, options, variant);
            const Figures& now = variant.at_full_speed.back();
            std::fprintf(stderr, "  round %d, %zu a request, %s: %.0f positions/s, at an even pace p99 %.1f ms\n",
                         round + 1, variant.size.positions, variant.name.c_str(), now.positions_per_second,
                         variant.at_even_pace.back().p99_ms);
        }
    }
    std::printf(
        "\nMedians of %d interleaved rounds, %zu clients, %zu drivers. Even pace: %.0f and %.0f positions/s.\n\n",
        options.rounds, options.clients, options.server.drivers, sizes[0].pace, sizes[1].pace);
    std::printf(
        "| a request | load | way | positions/s | p50 ms | p99 ms | server CPU us/position | Redis CPU us/position | "
        "load CPU us/position | failed |\n"
        "|---:|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for (const Variant& variant : variants) {
        print_row("full speed", variant, variant.at_full_speed);
        print_row("even pace", variant, variant.at_even_pace);
    }
    std::printf("\nBytes in Redis for each position: %.0f at one a second, %.0f at one in 5 seconds.\n",
                bytes_per_position(redis, 1), bytes_per_position(redis, 5));
    if (std::ranges::any_of(variants, [](const Variant& variant) {
            return failures_of(variant.at_full_speed) + failures_of(variant.at_even_pace) > 0;
        })) {
        std::printf("Requests failed, so the figures are of something else.\n");
        return 1;
    }
    bool are_all_reached = true;
    for (const Variant& variant : variants) {
        if (!variant.arguments.empty()) {
            continue;
        }
        are_all_reached = are_all_reached && is_reached(variant);
        std::printf("To reach with %zu a request: %.0f positions/s, and at an even pace p99 under %.0f ms: %s.\n",
                    variant.size.positions, variant.size.per_second_to_reach, p99_ms_to_reach,
                    is_reached(variant) ? "reached" : "not reached");
    }
    return are_all_reached ? 0 : 1;
}

}  // namespace
}  // namespace twinfleet::benchmarks

int main(int argc, char** argv) {
    using namespace twinfleet::benchmarks;
    Options options;
    CLI::App app("How many positions of drivers the service takes, and how fast it answers.");
    app.add_option("--drivers", options.server.drivers)->capture_default_str();
    app.add_option("--rounds", options.rounds)->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--clients", options.clients)->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--requests", options.requests, "of a round at full speed")->capture_default_str();
    app.add_option("--seconds", options.seconds, "of a round at an even pace")->capture_default_str();
    app.add_flag("--server", options.is_server)->group("");
    app.add_option("--port", options.server.port)->group("");
    app.add_option("--redis", options.server.redis_uri)->group("");
    app.add_flag("--one-by-one", options.server.is_one_by_one)->group("");
    CLI11_PARSE(app, argc, argv);
    if (options.is_server) {
        serve_positions(options.server);
        return 0;
    }
    return run(options);
}
