#include "benchmarks/api/users_job.hpp"

#include <array>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "benchmarks/api/load.hpp"

namespace twinfleet::benchmarks {
namespace {

constexpr std::size_t filling_clients = 8;
constexpr std::size_t users_per_park = 20;
constexpr int wrong_usage = 2;

/// Users and groups of a park, which all the parks of `fleet` get.
void fill(const Service& access_control, const sample_fleets::SyntheticFleet& fleet) {
    const auto client = access_control.client(filling_clients);
    const auto make = [&](const std::string& target, const boost::json::object& fields) {
        const http::Response response = client.request("POST", target, boost::json::serialize(fields));
        if (response.status != 201) {
            throw std::runtime_error("access-control answers " + std::to_string(response.status) + ": " +
                                     response.body);
        }
        return boost::json::parse(response.body).at("id").as_string();
    };
    static_cast<void>(closed_loop(filling_clients, fleet.parks, [&](std::size_t number) {
        const std::string park = "/v1/parks/" + synthetic_park_id(fleet, static_cast<std::uint32_t>(number));
        const std::array groups{
            make(park + "/groups", {{"name", "Dispatchers"}, {"grants", {"drivers_edit", "cars_view"}}}),
            make(park + "/groups", {{"name", "Accountants"}, {"grants", {"payments_edit", "reports_view"}}})};
        for (std::size_t user = 0; user < users_per_park; ++user) {
            const std::string login = "user" + std::to_string(user);
            make(park + "/users", {{"login", login}, {"display_name", login}, {"group_id", groups.at(user % 2)}});
        }
        return true;
    }));
}

struct PassFigures {
    double seconds = 0;
    double created = 0;
    double unchanged = 0;
};

/// One full pass; the sum of what it says of its jobs (users, and groups where they are told apart).
PassFigures full_pass(const Installation& installation) {
    const Usage usage = installation.try_jobs({"users", "--full", "--json"});
    if (usage.exit_code != 0) {
        throw std::runtime_error("the users job failed with exit code " + std::to_string(usage.exit_code));
    }
    PassFigures figures;
    std::istringstream lines(usage.output);
    for (std::string line; std::getline(lines, line);) {
        const auto job = boost::json::parse(line).as_object();
        figures.seconds += job.at("duration_s").to_number<double>();
        figures.created += job.at("created").to_number<double>();
        figures.unchanged += job.at("unchanged").to_number<double>();
    }
    return figures;
}

}  // namespace

void measure_users_job(const Installation& installation, std::uint32_t parks, Report& report) {
    const sample_fleets::SyntheticFleet fleet{
        .parks = parks, .rules_per_park = 1, .cars = 0, .drivers = 0, .unique_drivers = 0};
    installation.reset(fleet);
    installation.run_jobs({"parks", "work_rules", "--full"});
    // fleet-synchronizer does not serve, so that the job is not done before it is measured.
    const Service access_control = installation.serve_access_control(false);
    if (installation.try_jobs({"users", "--dry-run"}).exit_code == wrong_usage) {
        report.leave_out("The users job is left out: this fleet-synchronizer has none.");
        return;
    }
    fill(access_control, fleet);
    const PassFigures first = full_pass(installation);
    if (first.created < static_cast<double>(parks * users_per_park)) {
        throw std::runtime_error("the users job made only " + whole(first.created) + " users and groups");
    }
    const PassFigures second = full_pass(installation);
    report.add({.what = "users job, " + whole(parks) + " parks of 20 users in two groups, first pass, s",
                .measured = decimal(first.seconds),
                .plain = {},
                .to_reach = "5",
                .is_reached = first.seconds <= 5});
    report.add({.what = "users job, full pass, nothing changed, s",
                .measured = decimal(second.seconds),
                .plain = {},
                .to_reach = "1",
                .is_reached = second.seconds <= 1 && second.unchanged == first.created});
}

}  // namespace twinfleet::benchmarks
