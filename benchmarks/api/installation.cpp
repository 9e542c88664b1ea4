#include "benchmarks/api/installation.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "apps/sample_fleets/store/fleet_loader_mongo.hpp"
#include "platform/api/testing/token_digest.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/redis/client.hpp"
#include "tests/support/loopback_port.hpp"

namespace twinfleet::benchmarks {
namespace {

/// Lets in to stores that are dropped at the end.
constexpr const char* token = "token-of-the-benchmark";
constexpr std::chrono::seconds start_timeout{30};

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') {
        throw std::runtime_error(std::string(name) + " is not set: run ./dev bench api");
    }
    return value;
}

std::filesystem::path new_folder() {
    std::string name = std::filesystem::temp_directory_path() / "bench_api-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp");
    }
    return name;
}

std::string local_url(std::uint16_t port) {
    return "http://127.0.0.1:" + std::to_string(port);
}

void set(const char* variable, const std::string& value) {
    setenv(variable, value.c_str(), 1);
}

/// Until the target is answered with 200.
void wait_until_ready(const BackgroundProgram& program, const std::string& url, const std::string& target) {
    const http::Client client({.base_url = url, .peer_name = "the program that was started"});
    for (const auto deadline = std::chrono::steady_clock::now() + start_timeout;;) {
        program.assert_running();
        try {
            if (client.request("GET", target).status == 200) {
                return;
            }
        } catch (const platform::StoreUnavailable&) {
            // It does not listen yet.
        }
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("a program does not become ready");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}  // namespace

http::Client Service::client(std::size_t connections_max) const {
    return http::Client({.base_url = url,
                         .bearer_token = token,
                         .connections_max = connections_max,
                         // A slow answer is a figure, not an error.
                         .request_timeout = std::chrono::seconds(60),
                         .peer_name = "the service"});
}

http::Client Service::client_without_token(std::size_t connections_max) const {
    return http::Client({.base_url = url,
                         .connections_max = connections_max,
                         .request_timeout = std::chrono::seconds(60),
                         .peer_name = "the service"});
}

Installation::Installation()
    : mongo_uri_(environment("TWINFLEET_TEST_MONGO_URI")),
      postgres_dsn_(environment("TWINFLEET_TEST_POSTGRES_DSN")),
      redis_uri_(environment("TWINFLEET_TEST_REDIS_URI")),
      programs_(std::filesystem::read_symlink("/proc/self/exe").parent_path()),
      folder_(new_folder()),
      access_control_port_(testing::free_loopback_port()),
      synchronizer_port_(testing::free_loopback_port()) {
    std::ofstream(file("typed_configs.yaml")) << "fleet_mirror_enabled:\n  default: {enabled: true}\n";
    std::ofstream(file("service_tokens.yaml"))
        << "tokens:\n  - {name: synchronizer, sha256: " << api::testing::token_digest(token)
        << ", endpoints: [\"*\"]}\n";
    std::filesystem::permissions(file("service_tokens.yaml"),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    set("FLEET_MONGO_URI", mongo_uri_);
    set("FLEET_POSTGRES_DSN", postgres_dsn_);
    set("FLEET_TYPED_CONFIGS", file("typed_configs.yaml"));
    set("FLEET_SERVICE_TOKENS", file("service_tokens.yaml"));
    set("FLEET_SERVICE_TOKEN", token);
    set("FLEET_ACCESS_CONTROL_URL", local_url(access_control_port_));
}

Installation::~Installation() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Installation::reset(const sample_fleets::SyntheticFleet& fleet) const {
    const mongo::Pool mongo({.uri = mongo_uri_});
    for (const auto collection : sample_fleets::collections) {
        const auto name = sample_fleets::name_of(collection);
        mongo.collection(std::string(name.database), std::string(name.name)).drop();
    }
    postgres::Pool postgres({.dsn = postgres_dsn_});
    postgres.transact([](postgres::Transaction& transaction) {
        transaction.execute("DROP SCHEMA IF EXISTS fleet_sync, access_control CASCADE");
    });
    static_cast<void>(redis::Pool({.uri = redis_uri_}).call({"FLUSHALL"}));
    for (const char* program : {"access-control", "fleet-synchronizer"}) {
        if (run_program({programs_ / program, "migrate"}).exit_code != 0) {
            throw std::runtime_error(std::string(program) + " migrate failed");
        }
    }
    const sample_fleets::FleetStore store(mongo);
    sample_fleets::FleetLoader loader(store);
    sample_fleets::generate_synthetic_fleet(
        fleet, [&](sample_fleets::Collection collection, bson::View document) { loader.add(collection, document); });
    loader.finish();
}

void Installation::run_jobs(const std::vector<std::string>& arguments) const {
    const int exit_code = try_jobs(arguments).exit_code;
    if (exit_code != 0) {
        throw std::runtime_error("fleet-synchronizer run failed with exit code " + std::to_string(exit_code));
    }
}

Usage Installation::try_jobs(const std::vector<std::string>& arguments) const {
    std::vector<std::string> command{programs_ / "fleet-synchronizer", "run"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command);
}

Service Installation::serve(const std::string& name, std::uint16_t port,
                            const std::vector<std::string>& options) const {
    const std::uint16_t monitor_port = testing::free_loopback_port();
    set("FLEET_LISTEN", "127.0.0.1:" + std::to_string(port));
    set("FLEET_MONITOR_LISTEN", "127.0.0.1:" + std::to_string(monitor_port));
    std::vector<std::string> command{programs_ / name, "serve"};
    command.insert(command.end(), options.begin(), options.end());
    Service service{std::make_unique<BackgroundProgram>(command, file(name + ".log")), local_url(port),
                    local_url(monitor_port)};
    wait_until_ready(*service.program, service.monitor_url, "/ready");
    return service;
}

Service Installation::serve_access_control(bool knows_synchronizer) const {
    set("FLEET_SYNCHRONIZER_URL", knows_synchronizer ? local_url(synchronizer_port_) : "");
    return serve("access-control", access_control_port_);
}

Service Installation::serve_synchronizer() const {
    return serve("fleet-synchronizer", synchronizer_port_);
}

Service Installation::serve_driver_protocol() const {
    std::ofstream(file("driver-protocol.yaml"))
        << "login: {starts_per_address_max: 1000000, starts_per_network_max: 1000000, starts_max: 1000000}\n"
           "text_messages: {budget: {messages_max: 1000000, per_country_max: 1000000, per_park_max: 1000000}}\n";
    set("FLEET_REDIS_URI", redis_uri_);
    set("FLEET_SYNCHRONIZER_URL", local_url(synchronizer_port_));
    set("FLEET_SMS_OUTBOX", file("outbox.jsonl"));
    set("FLEET_DATA_DIR", file("driver-protocol"));
    return serve("driver-protocol", testing::free_loopback_port(), {"--config", file("driver-protocol.yaml")});
}

Service Installation::serve_plainly(const std::string& get_answer, const std::string& other_answer) const {
    std::ofstream(file("get_answer")) << get_answer;
    std::ofstream(file("other_answer")) << other_answer;
    const std::uint16_t port = testing::free_loopback_port();
    Service service{std::make_unique<BackgroundProgram>(
                        std::vector<std::string>{std::filesystem::read_symlink("/proc/self/exe"), "--plain-server",
                                                 std::to_string(port), file("get_answer"), file("other_answer")}),
                    local_url(port)};
    wait_until_ready(*service.program, service.url, "/");
    return service;
}

std::string Installation::bearer() {
    return std::string("Bearer ") + token;
}

}  // namespace twinfleet::benchmarks
