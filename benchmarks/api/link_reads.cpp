#include "benchmarks/api/link_reads.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "benchmarks/api/load.hpp"
#include "benchmarks/api/wrk.hpp"

namespace twinfleet::benchmarks {
namespace {

constexpr double steady_requests_per_second = 1000;
constexpr std::size_t steady_threads = 16;
constexpr std::size_t bulk_ids = 1000;
constexpr std::size_t bulk_clients = 4;
constexpr std::size_t bulk_requests = 400;
constexpr const char* bulk_path = "/v1/links/drivers";

std::string path_of(const std::string& driver) {
    return "/v1/links/drivers/" + driver;
}

/// Bodies of as many different requests as make the ids come in no order.
std::vector<std::string> bulk_bodies(const std::vector<std::string>& drivers) {
    constexpr std::size_t bodies_count = 20;
    std::mt19937_64 random(1);
    std::vector<std::string> bodies;
    for (std::size_t i = 0; i < bodies_count; ++i) {
        boost::json::array ids;
        for (std::size_t j = 0; j < bulk_ids; ++j) {
            ids.emplace_back(drivers[random() % drivers.size()]);
        }
        bodies.push_back(boost::json::serialize(boost::json::object{{"ids", std::move(ids)}}));
    }
    return bodies;
}

std::string answer_of(const http::Client& client, std::string_view method, const std::string& target,
                      const std::string& body) {
    const http::Response response = client.request(method, target, body);
    if (response.status != 200) {
        throw std::runtime_error(target + " is answered with " + std::to_string(response.status));
    }
    return response.body;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

struct Places {
    const Service& service;
    const Service& plain;
};

void measure_full_load(const Installation& installation, const Places& places, const Fleet& fleet,
                       const LinkReadsOptions& options, Report& report) {
    std::ofstream paths(installation.file("paths"));
    for (const std::string& driver : fleet.linked_drivers) {
        paths << path_of(driver) << '\n';
    }
    paths.close();
    std::vector<double> service_figures;
    std::vector<double> plain_figures;
    std::size_t failures = 0;
    const auto run = [&](const Service& server) {
        const auto figures =
            run_wrk(server.url, Installation::bearer(), installation.file("paths"), options.wrk_seconds);
        failures += figures.failures;
        return figures.requests_per_second;
    };
    for (int round = 0; round < options.rounds; ++round) {
        plain_figures.push_back(run(places.plain));
        service_figures.push_back(run(places.service));
    }
    const double measured = median(service_figures);
    report.add({.what = "links by id, 32 connections, requests/s",
                .measured = whole(measured) + failed(failures),
                .plain = whole(median(plain_figures)),
                .to_reach = "8,000",
                .is_reached = measured >= 8'000 && failures == 0});
}

void measure_steady_pace(const Places& places, const Fleet& fleet, const LinkReadsOptions& options, Report& report) {
    const auto run = [&](const Service& server) {
        const auto client = server.client(steady_threads);
        const auto& drivers = fleet.linked_drivers;
        // A fixed stride that visits them all in no order.
        const auto send = [&](std::size_t number) {
            return client.request("GET", path_of(drivers[number * 7919 % drivers.size()])).status == 200;
        };
        static_cast<void>(closed_loop(steady_threads, 10 * steady_threads, send));
        return open_loop(steady_requests_per_second, std::chrono::seconds(options.open_loop_seconds), steady_threads,
                         send);
    };
    const LoadFigures plain = run(places.plain);
    const LoadFigures measured = run(places.service);
    const auto text = [](const LoadFigures& figures) {
        return decimal(figures.percentile_ms(0.50)) + " / " + decimal(figures.percentile_ms(0.99));
    };
    report.add({.what = "links by id at 1,000/s, p50 / p99 ms",
                .measured = text(measured) + failed(measured.failures),
                .plain = text(plain),
                .to_reach = "p99 under 5",
                .is_reached = measured.percentile_ms(0.99) < 5 && measured.failures == 0});
}

void measure_bulk(const Places& places, const std::vector<std::string>& bodies, Report& report) {
    const auto run = [&](const Service& server) {
        const auto client = server.client(bulk_clients);
        return closed_loop(bulk_clients, bulk_requests, [&](std::size_t number) {
            return client.request("POST", bulk_path, bodies[number % bodies.size()]).status == 200;
        });
    };
    const LoadFigures plain = run(places.plain);
    const LoadFigures measured = run(places.service);
    const double ids_per_second = measured.per_second() * bulk_ids;
    report.add({.what = "links in bulk of 1000, 4 clients, ids/s",
                .measured = whole(ids_per_second) + failed(measured.failures),
                .plain = whole(plain.per_second() * bulk_ids),
                .to_reach = "100,000",
                .is_reached = ids_per_second >= 100'000 && measured.failures == 0});
}

}  // namespace

void measure_link_reads(const Installation& installation, const Service& synchronizer, const Fleet& fleet,
                        const LinkReadsOptions& options, Report& report) {
    const auto bodies = bulk_bodies(fleet.linked_drivers);
    const auto client = synchronizer.client(1);
    const std::string one = answer_of(client, "GET", path_of(fleet.linked_drivers.front()), {});
    if (boost::json::parse(one).at("role") != "parent") {
        throw std::runtime_error("the drivers are not linked: " + one);
    }
    const Service plain = installation.serve_plainly(one, answer_of(client, "POST", bulk_path, bodies.front()));
    const Places places{synchronizer, plain};
    measure_full_load(installation, places, fleet, options, report);
    measure_steady_pace(places, fleet, options, report);
    measure_bulk(places, bodies, report);
}

}  // namespace twinfleet::benchmarks
