#include "tests/support/redis_server.hpp"

#include <chrono>
#include <filesystem>
#include <vector>

namespace twinfleet::testing {
namespace {

ServerProcess::Command command_for(RedisServer::Persistence persistence) {
    const bool is_persistent = persistence == RedisServer::Persistence::append_only_file;
    const auto words = [is_persistent](std::uint16_t port, const std::filesystem::path& folder) {
        // Synced each time: while a sync of another second is under way, Redis puts off even the writing, and kill()
        // would take what has been answered.
        return std::vector<std::string>{"redis-server",
                                        "--port",
                                        std::to_string(port),
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

}  // namespace

RedisServer::RedisServer(Persistence persistence) : ServerProcess(command_for(persistence)) {}

TestRedis::TestRedis()
    : uri_(server_of_this_program().uri()),
      pool_({.uri = uri_,
             .connect_timeout = std::chrono::seconds(20),
             .command_timeout = std::chrono::seconds(20),
             .connection_wait_timeout = std::chrono::seconds(20)}) {
    static_cast<void>(pool_.call({"FLUSHALL"}));
}

}  // namespace twinfleet::testing
