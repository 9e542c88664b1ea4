#include "benchmarks/api/child_creation.hpp"

#include <chrono>
#include <stdexcept>

#include "benchmarks/api/load.hpp"

namespace twinfleet::benchmarks {
namespace {

constexpr double steady_drivers_per_second = 5;
constexpr std::size_t creating_clients = 16;

}  // namespace

void measure_child_creation(const Service& synchronizer, const Fleet& fleet, int steady_seconds, Report& report) {
    const auto steady_count = static_cast<std::size_t>(steady_drivers_per_second * steady_seconds);
    const auto& drivers = fleet.unlinked_drivers;
    if (drivers.size() < steady_count + creating_clients) {
        throw std::runtime_error("too few unlinked drivers: more --drivers, or a smaller --mirrored-share");
    }
    const auto client = synchronizer.client(creating_clients);
    const auto create = [&](std::size_t number) {
        const std::string body = R"({"family":"vezet","parent_driver_id":")" + drivers[number] + R"("})";
        return client.request("POST", "/v1/children/drivers", body).status == 201;
    };
    const auto steady =
        open_loop(steady_drivers_per_second, std::chrono::seconds(steady_seconds), creating_clients, create);
    report.add({.what = "create a child driver, 5 a second, p50 / p99 ms",
                .measured = decimal(steady.percentile_ms(0.50)) + " / " + decimal(steady.percentile_ms(0.99)) +
                            failed(steady.failures),
                .plain = {},
                .to_reach = "p99 under 50",
                .is_reached = steady.percentile_ms(0.99) < 50 && steady.failures == 0});

    const auto full = closed_loop(creating_clients, drivers.size() - steady_count,
                                  [&](std::size_t number) { return create(steady_count + number); });
    report.add({.what = "create child drivers, 16 clients, drivers/s",
                .measured = whole(full.per_second()) + failed(full.failures),
                .plain = {},
                .to_reach = "200",
                .is_reached = full.per_second() >= 200 && full.failures == 0});
}

}  // namespace twinfleet::benchmarks
