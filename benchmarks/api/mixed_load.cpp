#include "benchmarks/api/mixed_load.hpp"

#include <cstdio>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "benchmarks/api/leak_watch.hpp"
#include "benchmarks/api/load.hpp"

namespace twinfleet::benchmarks {
namespace {

constexpr double requests_per_second = 400;
constexpr std::size_t threads = 8;
constexpr std::chrono::seconds warm_up{10};

/// One kind of request and what it is to be answered with.
struct Kind {
    const http::Client& client;
    std::string method;
    std::function<std::string(std::size_t number)> target;
    std::function<std::string(std::size_t number)> body;
    int status = 200;
};

std::string no_body(std::size_t) {
    return {};
}

/// The same target, or body, each time.
std::function<std::string(std::size_t)> always(std::string text) {
    return [text = std::move(text)](std::size_t) { return text; };
}

/// Makes a group and a user in the park; returns the group's id.
std::string make_group_and_user(const http::Client& access_control, const std::string& park) {
    const auto group = access_control.request("POST", "/v1/parks/" + park + "/groups", R"({"name":"Dispatchers"})");
    if (group.status != 201) {
        throw std::runtime_error("access-control answers " + std::to_string(group.status) + ": " + group.body);
    }
    std::string id(boost::json::parse(group.body).at("id").as_string());
    static_cast<void>(access_control.request("POST", "/v1/parks/" + park + "/users",
                                             R"({"login":"anna","group_id":")" + id + R"("})"));
    return id;
}

std::vector<Kind> kinds_of(const http::Client& synchronizer, const http::Client& access_control,
                           const http::Client& stranger, const Fleet& fleet) {
    const std::string park = fleet.mirrored_parks.front();
    const std::string groups = "/v1/parks/" + park + "/groups";
    const std::string group = make_group_and_user(access_control, park);
    const auto link = [&fleet](std::size_t number) {
        return "/v1/links/drivers/" + fleet.linked_drivers[number % fleet.linked_drivers.size()];
    };
    const auto hundred_ids = [&fleet](std::size_t number) {
        boost::json::array ids;
        for (std::size_t i = 0; i < 100; ++i) {
            ids.emplace_back(fleet.linked_drivers[(number + i) % fleet.linked_drivers.size()]);
        }
        return boost::json::serialize(boost::json::object{{"ids", std::move(ids)}});
    };
    const auto child_of = [&fleet](std::size_t number) {
        return R"({"family":"vezet","parent_driver_id":")" +
               fleet.linked_drivers[number % fleet.linked_drivers.size()] + R"("})";
    };
    const auto renamed = [](std::size_t number) {
        return R"({"name":"Dispatchers )" + std::to_string(number) +
               R"(","grants":["drivers_edit"],"is_super":false,"read_only":false})";
    };
    return {
        {synchronizer, "GET", link, no_body},
        {synchronizer, "GET", link, no_body},
        {synchronizer, "GET", link, no_body},
        {synchronizer, "POST", always("/v1/links/drivers"), hundred_ids},
        {synchronizer, "POST", always("/v1/children/drivers"), child_of},
        {synchronizer, "GET", always("/v1/jobs"), no_body},
        {synchronizer, "GET", always("/v1/runs?limit=10"), no_body},
        {synchronizer, "GET", always("/v1/parks/" + park + "/mirror"), no_body},
        {synchronizer, "GET", always("/v1/nothing"), no_body, 404},
        {synchronizer, "POST", always("/v1/links/drivers"), always("{"), 400},
        {stranger, "GET", link, no_body, 401},
        {access_control, "POST", always("/v1/check"),
         always(R"({"park_id":")" + park + R"(","login":"anna","grant":"drivers_edit"})")},
        {access_control, "POST", always("/v1/check"),
         always(R"({"park_id":")" + park + R"(","login":"nobody","grant":"drivers_view"})")},
        {access_control, "GET", always(groups), no_body},
        {access_control, "PUT", always(groups + "/" + group), renamed},
        {access_control, "GET", always(groups + "/nothing"), no_body, 404},
        {access_control, "POST", always("/v1/check"), always("[]"), 400},
    };
}

void print(const char* name, const LeakFigures& figures) {
    std::fprintf(stderr, "  %s: s, MiB, descriptors, connections of pools beside them\n", name);
    for (const HoldingsSample& sample : figures.samples) {
        std::fprintf(stderr, "    %.0f %.2f %.0f %.0f\n", sample.seconds, sample.resident_mib, sample.descriptors,
                     sample.pooled_connections);
    }
}

}  // namespace

void measure_leaks(const Service& synchronizer, const Service& access_control, const Fleet& fleet,
                   std::chrono::seconds duration, Report& report) {
    const auto synchronizer_client = synchronizer.client(threads);
    const auto access_control_client = access_control.client(threads);
    const http::Client stranger({.base_url = synchronizer.url, .peer_name = "fleet-synchronizer"});
    const auto kinds = kinds_of(synchronizer_client, access_control_client, stranger, fleet);
    const auto send = [&kinds](std::size_t number) {
        const Kind& kind = kinds[number % kinds.size()];
        return kind.client.request(kind.method, kind.target(number), kind.body(number)).status == kind.status;
    };
    static_cast<void>(open_loop(requests_per_second, warm_up, threads, send));
    auto load = std::async(std::launch::async, [&] { return open_loop(requests_per_second, duration, threads, send); });
    const auto watched = watch_for_leaks({&synchronizer, &access_control}, duration);
    const std::size_t failures = load.get().failures;
    const std::vector<std::string> names{"fleet-synchronizer", "access-control"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const LeakFigures& figures = watched[i];
        print(names[i].c_str(), figures);
        report.add({.what = names[i] + " under mixed load for " + decimal(static_cast<double>(duration.count()) / 60) +
                            " min: memory KiB/min, descriptors/min",
                    .measured = decimal(figures.resident_kib_per_minute) + ", " +
                                decimal(figures.descriptors_per_minute) + failed(failures) + ": " +
                                (figures.has_leak ? "grows" : "none"),
                    .plain = {},
                    .to_reach = "none",
                    .is_reached = !figures.has_leak && failures == 0});
    }
}

}  // namespace twinfleet::benchmarks
