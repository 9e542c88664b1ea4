#include "tests/support/redis_server.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "tests/support/redis_cluster.hpp"
#include "tests/support/redis_tls.hpp"

namespace twinfleet::testing {
namespace {

ServerProcess::Command command_for(const RedisServer::Options& options) {
    const bool is_persistent = options.persistence == RedisServer::Persistence::append_only_file;
    const auto words = [is_persistent, options](std::uint16_t port, const std::filesystem::path& folder) {
        const bool is_tls = options.tls != nullptr;
        // Synced each time: while a sync of another second is under way, Redis puts off even the writing, and kill()
        // would take what has been answered.
        std::vector<std::string> words{"redis-server",
                                       "--port",
                                       is_tls ? "0" : std::to_string(port),
                                       "--bind",
                                       "127.0.0.1",
                                       "--save",
                                       "",
                                       "--appendonly",
                                       is_persistent ? "yes" : "no",
                                       "--appendfsync",
                                       "always",
                                       "--dir",
                                       folder.string()};
        if (is_tls) {
            const auto more = options.tls->server_arguments(port);
            words.insert(words.end(), more.begin(), more.end());
        }
        words.insert(words.end(), options.more.begin(), options.more.end());
        return words;
    };
    return {.name = "redis-server",
            .words = words,
            .ready_text = "Ready to accept connections",
            .start_timeout = std::chrono::seconds(30)};
}

RedisServer& server_of_this_program() {
    static RedisServer server;
    return server;
}

RedisCluster& cluster_of_this_program() {
    static RedisCluster cluster({.masters = 3});
    return cluster;
}

redis::Settings settings_for(std::string uri) {
    auto settings = patient_redis_settings(std::move(uri));
    // There are none.
    settings.replica_wait_count = 0;
    return settings;
}

std::vector<std::string> uris_of_servers() {
    std::vector<std::string> uris;
    if (!TestRedis::is_cluster()) {
        return {server_of_this_program().uri()};
    }
    for (std::size_t i = 0; i < cluster_of_this_program().size(); ++i) {
        uris.push_back(cluster_of_this_program().server(i).uri());
    }
    return uris;
}

}  // namespace

redis::Settings patient_redis_settings(std::string uri) {
    constexpr std::chrono::seconds long_time(20);
    return {.uri = std::move(uri),
            .connect_timeout = long_time,
            .command_timeout = long_time,
            .connection_wait_timeout = long_time};
}

RedisServer::RedisServer(const Options& options)
    : ServerProcess(command_for(options)), is_tls_(options.tls != nullptr) {}

bool TestRedis::is_cluster() {
    const char* const kind = std::getenv("TWINFLEET_TEST_REDIS_KIND");
    return kind != nullptr && std::string_view(kind) == "cluster";
}

TestRedis::TestRedis()
    : uri_(is_cluster() ? cluster_of_this_program().uri() : server_of_this_program().uri()), pool_(settings_for(uri_)) {
    for (auto& uri : uris_of_servers()) {
        servers_.push_back(std::make_unique<redis::Pool>(patient_redis_settings(std::move(uri))));
    }
    on_every_server({"FLUSHALL"});
}

std::vector<redis::Reply> TestRedis::on_every_server(const redis::Command& command) const {
    std::vector<redis::Reply> replies;
    for (const auto& server : servers_) {
        replies.push_back(server->call(command));
    }
    return replies;
}

std::vector<std::string> TestRedis::keys(std::string_view pattern) const {
    std::vector<std::string> names;
    for (const auto& reply : on_every_server({"KEYS", pattern})) {
        for (const auto& name : reply.items()) {
            names.push_back(name.text());
        }
    }
    return names;
}

}  // namespace twinfleet::testing
