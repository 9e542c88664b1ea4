#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/sample_fleets/generator/synthetic_fleet.hpp"
#include "benchmarks/support/child_process.hpp"
#include "platform/http_client/client.hpp"

namespace twinfleet::benchmarks {

/// A program that serves on a port of 127.0.0.1.
struct Service {
    std::unique_ptr<BackgroundProgram> program;
    std::string url;
    /// Where its probes and metrics are; empty where it has none.
    std::string monitor_url = {};

    /// Calls it with the token that allows everything.
    [[nodiscard]] http::Client client(std::size_t connections_max) const;
    /// For what drivers' apps call.
    [[nodiscard]] http::Client client_without_token(std::size_t connections_max) const;
};

/// The stores of TWINFLEET_TEST_MONGO_URI, TWINFLEET_TEST_POSTGRES_DSN and TWINFLEET_TEST_REDIS_URI, which are
/// emptied, and the programs beside this one.
class Installation {
public:
    Installation();
    ~Installation();
    Installation(const Installation&) = delete;
    Installation& operator=(const Installation&) = delete;

    /// Empties the stores, makes the schemas and loads the fleet.
    void reset(const sample_fleets::SyntheticFleet& fleet) const;
    /// `fleet-synchronizer run ARGUMENT...`. Throws unless it ends with 0.
    void run_jobs(const std::vector<std::string>& arguments) const;
    /// The same, whatever it ends with; its stdout is kept.
    [[nodiscard]] Usage try_jobs(const std::vector<std::string>& arguments) const;

    /// A service answers when these return, and ends with what they return. Without fleet-synchronizer, access-control
    /// looks into MongoDB for which parks are children.
    [[nodiscard]] Service serve_access_control(bool knows_synchronizer) const;
    [[nodiscard]] Service serve_synchronizer() const;
    /// Its text messages go to file("outbox.jsonl"); one address may start as many logins as it likes.
    [[nodiscard]] Service serve_driver_protocol() const;
    /// plain_server.hpp, in a process of its own.
    [[nodiscard]] Service serve_plainly(const std::string& get_answer, const std::string& other_answer) const;

    /// What `Authorization` says.
    [[nodiscard]] static std::string bearer();
    /// A file of this run alone, removed with this object.
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }

private:
    [[nodiscard]] Service serve(const std::string& name, std::uint16_t port,
                                const std::vector<std::string>& options = {}) const;

    const std::string mongo_uri_;
    const std::string postgres_dsn_;
    const std::string redis_uri_;
    const std::filesystem::path programs_;
    const std::filesystem::path folder_;
    const std::uint16_t access_control_port_;
    const std::uint16_t synchronizer_port_;
};

}  // namespace twinfleet::benchmarks
